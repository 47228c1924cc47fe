from collections.abc import Callable
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

    @property
    def depth(self) -> int:
        """How many commands wait."""
        return self._receive.statistics().current_buffer_used

    async def receive(self) -> Message:
        return await self._receive.receive()


class ReplyAbandoned(Exception):
    """The actor that was to answer crashed or was stopped; what it did by then is not known."""


class Reply(Generic[Answer]):
    """Where one answer is awaited; sent along with a command (`reply_to`)."""

    def __init__(self) -> None:
        self._arrived = trio.Event()
        self._answers: list[Answer] = []
        self._on_end: Callable[[], None] | None = None

    def on_end(self, callback: Callable[[], None]) -> None:
        """Call back, once, when an answer is given or none will come."""
        assert self._on_end is None, "one actor is in charge of a command"
        self._on_end = callback

    def answer(self, answer: Answer) -> None:
        assert not self._arrived.is_set(), "a reply is given once"
        self._answers.append(answer)
        self._end()

    def abandon(self) -> None:
        """Tell the waiter that no answer will come, unless it has one."""
        if not self._arrived.is_set():
            self._end()

    def _end(self) -> None:
        self._arrived.set()
        if self._on_end is not None:
            self._on_end()

    async def wait(self) -> Answer:
        """Wait for the answer, or raise `ReplyAbandoned`."""
        await self._arrived.wait()
        if not self._answers:
            raise ReplyAbandoned
        return self._answers[0]
