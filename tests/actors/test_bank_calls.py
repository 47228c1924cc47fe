"""A call is taken at most once, and in time or never; no more wait than the queue holds."""

import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from pgw.bank.port import NotSent
from tests.actors.callers import LATER
from tests.actors.conftest import StartBank
from tests.actors.fake_bank import YES, FakeConnector, a_bank, says_after
from tests.actors.orders import authorize


async def test_a_call_that_no_session_took_in_time_is_not_sent_then_or_ever(
    start_bank: StartBank, autojump_clock: MockClock
) -> None:
    connector = FakeConnector(says_after(10.0))
    callers = start_bank(a_bank(connector, concurrency=1))
    callers.call("first")
    await wait_all_tasks_blocked()
    callers.call("late", submit_by=5.0)
    callers.call("patient")
    await trio.sleep(100)
    assert callers.answers["late"] == (5.0, NotSent("no session was free in time"))
    assert connector.references == ["first", "patient"]
    assert autojump_clock.current_time() == 100


async def test_a_call_that_was_taken_in_time_is_waited_for(
    start_bank: StartBank, autojump_clock: MockClock
) -> None:
    callers = start_bank(a_bank(FakeConnector(says_after(30.0))))
    callers.call("first", submit_by=5.0)
    await trio.sleep(100)
    assert callers.answers["first"] == (30.0, YES)
    assert autojump_clock.current_time() == 100


async def test_a_call_whose_caller_was_cancelled_is_never_sent(
    start_bank: StartBank, autojump_clock: MockClock
) -> None:
    connector = FakeConnector(says_after(10.0))
    bank = a_bank(connector, concurrency=1)
    callers = start_bank(bank)
    callers.call("first")
    await wait_all_tasks_blocked()
    with trio.move_on_after(1):
        await bank.perform(authorize("cancelled"), submit_by=LATER)
    callers.call("second")
    await trio.sleep(100)
    assert connector.references == ["first", "second"]
    assert autojump_clock.current_time() == 101


async def test_a_withdrawn_call_leaves_no_demand_for_sessions_behind(
    start_bank: StartBank, autojump_clock: MockClock
) -> None:
    bank = a_bank(FakeConnector(says_after(10.0)), concurrency=2)
    callers = start_bank(bank)
    callers.call("first", "second")
    await wait_all_tasks_blocked()
    callers.call("late", submit_by=5.0)
    await trio.sleep(100)
    assert bank.sessions == 0
    for reference in ("third", "fourth"):
        callers.call(reference)
        await trio.sleep(11)
    assert bank.sessions == 1
    assert autojump_clock.current_time() == 122


async def test_the_queue_is_bounded(start_bank: StartBank, autojump_clock: MockClock) -> None:
    connector = FakeConnector(says_after(10.0))
    callers = start_bank(a_bank(connector, concurrency=1, queue=2))
    for reference in ("at work", "waits", "waits too", "too many"):
        callers.call(reference)
        await wait_all_tasks_blocked()
    assert callers.answers == {"too many": (0.0, NotSent("the bank's queue is full"))}
    await trio.sleep(100)
    assert connector.references == ["at work", "waits", "waits too"]
    assert autojump_clock.current_time() == 100
