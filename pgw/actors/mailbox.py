from typing import Generic, TypeVar

import trio

from pgw.domain.errors import Refusal
from pgw.domain.result import Err, Ok, Result

Message = TypeVar("Message")
Answer = TypeVar("Answer")


class ActorRef(Generic[Message]):
    """Where to send an actor its commands. It stays good when the actor restarts."""

    def __init__(self, channel: trio.MemorySendChannel[Message]) -> None:
        self._channel = channel

    def tell(self, message: Message) -> Result[None, Refusal]:
        """Send without waiting; a full mailbox refuses, so that nothing waits without a bound."""
        try:
            self._channel.send_nowait(message)
        except trio.WouldBlock:
            return Err(Refusal.OVERLOADED)
        return Ok(None)


class Mailbox(Generic[Message]):
    """A bounded queue of commands. It outlives its actor's crash, but for the message that was taken."""

    def __init__(self, capacity: int) -> None:
        send, self._receive = trio.open_memory_channel[Message](capacity)
        self.ref = ActorRef(send)

    async def receive(self) -> Message:
        return await self._receive.receive()


class ReplyAbandoned(Exception):
    """The actor that was to answer crashed or was stopped; what it did by then is not known."""


class Reply(Generic[Answer]):
    """Where one answer is awaited; sent along with a command (`reply_to`)."""

    def __init__(self) -> None:
        self._arrived = trio.Event()
        self._answers: list[Answer] = []

    def answer(self, answer: Answer) -> None:
        assert not self._arrived.is_set(), "a reply is given once"
        self._answers.append(answer)
        self._arrived.set()

    def abandon(self) -> None:
        """Tell the waiter that no answer will come, unless it has one."""
        self._arrived.set()

    async def wait(self) -> Answer:
        """Wait for the answer, or raise `ReplyAbandoned`."""
        await self._arrived.wait()
        if not self._answers:
            raise ReplyAbandoned
        return self._answers[0]
