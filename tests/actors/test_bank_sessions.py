"""Sessions start on demand, retire when idle, and take each call at most once and in time."""

from collections.abc import Callable

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from pgw.actors.bank import Bank
from pgw.bank.port import Answer, NotSent
from tests.actors.fake_bank import YES, FakeConnector, a_bank, says_after, says_yes
from tests.actors.orders import authorize

LATER = 1000.0
"""A deadline far away, in monotonic seconds of a test."""


class Callers:
    """Callers of a bank, each in a task of its own."""

    def __init__(self, bank: Bank, nursery: trio.Nursery) -> None:
        self.answers: dict[str, tuple[float, Answer]] = {}
        self._bank = bank
        self._nursery = nursery

    def call(self, *references: str, submit_by: float = LATER) -> None:
        for reference in references:
            self._nursery.start_soon(self._call, reference, submit_by)

    async def _call(self, reference: str, submit_by: float) -> None:
        answer = await self._bank.perform(authorize(reference), submit_by=submit_by)
        self.answers[reference] = (trio.current_time(), answer)


@pytest.fixture
def start(nursery: trio.Nursery) -> Callable[[Bank], Callers]:
    def start(bank: Bank) -> Callers:
        nursery.start_soon(bank.run)
        return Callers(bank, nursery)

    return start


async def test_sessions_start_on_demand_and_one_after_the_other_needs_one(
    start: Callable[[Bank], Callers], autojump_clock: MockClock
) -> None:
    connector = FakeConnector(says_yes)
    bank = a_bank(connector)
    callers = start(bank)
    await wait_all_tasks_blocked()
    assert (bank.sessions, connector.opened) == (0, 0)
    for number in range(5):
        callers.call(f"ref_{number}")
        await wait_all_tasks_blocked()
    assert (bank.sessions, connector.opened) == (1, 1)
    assert [answer for _, answer in callers.answers.values()] == [YES] * 5
    assert autojump_clock.current_time() == 0


async def test_as_many_sessions_as_calls_up_to_the_limit_and_the_others_wait_their_turn(
    start: Callable[[Bank], Callers], autojump_clock: MockClock
) -> None:
    connector = FakeConnector(says_after(1.0))
    bank = a_bank(connector, concurrency=4)
    start(bank).call(*(f"ref_{number}" for number in range(10)))
    await trio.sleep(3.5)
    assert [asked.at for asked in connector.asked] == [0.0] * 4 + [1.0] * 4 + [2.0] * 2
    assert (bank.sessions, connector.opened) == (4, 4)
    assert autojump_clock.current_time() == 3.5


async def test_no_call_waits_behind_another_while_a_session_may_start(
    start: Callable[[Bank], Callers], autojump_clock: MockClock
) -> None:
    """The one idle session is no session for both of two calls, though it has not yet taken the first."""
    connector = FakeConnector(says_after(1.0))
    callers = start(a_bank(connector))
    callers.call("first")
    await trio.sleep(2)
    callers.call("second", "third")
    await trio.sleep(2)
    assert [asked.at for asked in connector.asked] == [0.0, 2.0, 2.0]
    assert autojump_clock.current_time() == 4


async def test_idle_sessions_retire_and_the_next_call_starts_one(
    start: Callable[[Bank], Callers], autojump_clock: MockClock
) -> None:
    connector = FakeConnector(says_yes)
    bank = a_bank(connector, retire_after=4.0)
    callers = start(bank)
    callers.call("first", "second")
    await trio.sleep(3.9)
    assert (bank.sessions, connector.open) == (2, 2)
    await trio.sleep(0.2)
    assert (bank.sessions, connector.open) == (0, 0)
    callers.call("third")
    await wait_all_tasks_blocked()
    assert callers.answers["third"] == (autojump_clock.current_time(), YES)


async def test_a_call_that_comes_while_the_last_session_retires_is_not_forgotten(
    start: Callable[[Bank], Callers], autojump_clock: MockClock
) -> None:
    connector = FakeConnector(says_yes, close_seconds=1.0)
    callers = start(a_bank(connector, retire_after=4.0))
    callers.call("first")
    await trio.sleep(4.5)
    callers.call("second")
    await trio.sleep(10)
    assert callers.answers["second"] == (5.0, YES)
    assert autojump_clock.current_time() == 14.5


async def test_a_call_that_no_session_took_in_time_is_not_sent_then_or_ever(
    start: Callable[[Bank], Callers], autojump_clock: MockClock
) -> None:
    connector = FakeConnector(says_after(10.0))
    callers = start(a_bank(connector, concurrency=1))
    callers.call("first")
    await wait_all_tasks_blocked()
    callers.call("late", submit_by=5.0)
    callers.call("patient")
    await trio.sleep(100)
    assert callers.answers["late"] == (5.0, NotSent("no session was free in time"))
    assert connector.references == ["first", "patient"]
    assert autojump_clock.current_time() == 100


async def test_a_call_that_was_taken_in_time_is_waited_for(
    start: Callable[[Bank], Callers], autojump_clock: MockClock
) -> None:
    callers = start(a_bank(FakeConnector(says_after(30.0))))
    callers.call("first", submit_by=5.0)
    await trio.sleep(100)
    assert callers.answers["first"] == (30.0, YES)
    assert autojump_clock.current_time() == 100


async def test_a_call_whose_caller_was_cancelled_is_never_sent(
    start: Callable[[Bank], Callers], autojump_clock: MockClock
) -> None:
    connector = FakeConnector(says_after(10.0))
    bank = a_bank(connector, concurrency=1)
    callers = start(bank)
    callers.call("first")
    await wait_all_tasks_blocked()
    with trio.move_on_after(1):
        await bank.perform(authorize("cancelled"), submit_by=LATER)
    callers.call("second")
    await trio.sleep(100)
    assert connector.references == ["first", "second"]
    assert autojump_clock.current_time() == 101


async def test_the_queue_is_bounded(start: Callable[[Bank], Callers], autojump_clock: MockClock) -> None:
    connector = FakeConnector(says_after(10.0))
    callers = start(a_bank(connector, concurrency=1, queue=2))
    for reference in ("at work", "waits", "waits too", "too many"):
        callers.call(reference)
        await wait_all_tasks_blocked()
    assert callers.answers == {"too many": (0.0, NotSent("the bank's queue is full"))}
    await trio.sleep(100)
    assert connector.references == ["at work", "waits", "waits too"]
    assert autojump_clock.current_time() == 100


async def test_a_call_that_came_before_the_bank_ran_is_taken(nursery: trio.Nursery) -> None:
    bank = a_bank(FakeConnector(says_yes))
    callers = Callers(bank, nursery)
    callers.call("early")
    await wait_all_tasks_blocked()
    nursery.start_soon(bank.run)
    await wait_all_tasks_blocked()
    assert callers.answers["early"][1] == YES
