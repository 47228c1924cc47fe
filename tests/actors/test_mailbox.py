import pytest
import trio

from pgw.actors.mailbox import Mailbox, Reply, ReplyAbandoned
from pgw.domain.errors import Refusal
from pgw.domain.result import Err, Ok


async def test_a_mailbox_keeps_the_order_of_its_commands() -> None:
    mailbox = Mailbox[str](3)
    for command in ("a", "b", "c"):
        assert mailbox.ref.tell(command) == Ok(None)
    assert [await mailbox.receive() for _ in range(3)] == ["a", "b", "c"]


async def test_a_full_mailbox_refuses_at_once_and_takes_more_once_there_is_room() -> None:
    mailbox = Mailbox[int](2)
    told = [mailbox.ref.tell(number) for number in range(3)]
    assert told == [Ok(None), Ok(None), Err(Refusal.OVERLOADED)]
    assert await mailbox.receive() == 0
    assert mailbox.ref.tell(3) == Ok(None)
    assert [await mailbox.receive(), await mailbox.receive()] == [1, 3]


async def test_a_mailbox_outlives_the_crash_of_its_actor() -> None:
    mailbox = Mailbox[str](2)
    mailbox.ref.tell("crashes it")
    mailbox.ref.tell("stays")
    with pytest.raises(ZeroDivisionError):
        await crash_over(mailbox)
    assert await mailbox.receive() == "stays"


async def crash_over(mailbox: Mailbox[str]) -> None:
    await mailbox.receive()
    raise ZeroDivisionError


async def test_a_reply_is_waited_for(nursery: trio.Nursery) -> None:
    reply = Reply[str]()
    answers: list[str] = []

    async def waiter() -> None:
        answers.append(await reply.wait())

    nursery.start_soon(waiter)
    await trio.testing.wait_all_tasks_blocked()
    assert answers == []
    reply.answer("yes")
    await trio.testing.wait_all_tasks_blocked()
    assert answers == ["yes"]


async def test_a_reply_that_is_none_is_an_answer_too() -> None:
    reply = Reply[None]()
    reply.answer(None)
    assert await reply.wait() is None  # type: ignore[func-returns-value]


def test_a_reply_is_given_once() -> None:
    reply = Reply[str]()
    reply.answer("yes")
    with pytest.raises(AssertionError, match="a reply is given once"):
        reply.answer("no")


async def test_an_abandoned_reply_is_told_to_its_waiter() -> None:
    reply = Reply[str]()
    reply.abandon()
    with pytest.raises(ReplyAbandoned):
        await reply.wait()


async def test_a_reply_that_was_given_is_not_abandoned_any_more() -> None:
    reply = Reply[str]()
    reply.answer("yes")
    reply.abandon()
    assert await reply.wait() == "yes"
