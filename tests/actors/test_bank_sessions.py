"""Sessions start on demand, and retire when idle."""

import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.actors.callers import Callers
from tests.actors.conftest import StartBank
from tests.actors.fake_bank import YES, FakeConnector, a_bank, says_after, says_yes


async def test_sessions_start_on_demand_and_one_after_the_other_needs_one(
    start_bank: StartBank, autojump_clock: MockClock
) -> None:
    connector = FakeConnector(says_yes)
    bank = a_bank(connector)
    callers = start_bank(bank)
    await wait_all_tasks_blocked()
    assert (bank.sessions, connector.opened) == (0, 0)
    for number in range(5):
        callers.call(f"ref_{number}")
        await wait_all_tasks_blocked()
    assert (bank.sessions, connector.opened) == (1, 1)
    assert [answer for _, answer in callers.answers.values()] == [YES] * 5
    assert autojump_clock.current_time() == 0


async def test_as_many_sessions_as_calls_up_to_the_limit_and_the_others_wait_their_turn(
    start_bank: StartBank, autojump_clock: MockClock
) -> None:
    connector = FakeConnector(says_after(1.0))
    bank = a_bank(connector, concurrency=4)
    start_bank(bank).call(*(f"ref_{number}" for number in range(10)))
    await trio.sleep(3.5)
    assert [asked.at for asked in connector.asked] == [0.0] * 4 + [1.0] * 4 + [2.0] * 2
    assert (bank.sessions, connector.opened) == (4, 4)
    assert autojump_clock.current_time() == 3.5


async def test_no_call_waits_behind_another_while_a_session_may_start(
    start_bank: StartBank, autojump_clock: MockClock
) -> None:
    """The one idle session is no session for both of two calls, though it has not yet taken the first."""
    connector = FakeConnector(says_after(1.0))
    callers = start_bank(a_bank(connector))
    callers.call("first")
    await trio.sleep(2)
    callers.call("second", "third")
    await trio.sleep(2)
    assert [asked.at for asked in connector.asked] == [0.0, 2.0, 2.0]
    assert autojump_clock.current_time() == 4


async def test_idle_sessions_retire_and_the_next_call_starts_one(
    start_bank: StartBank, autojump_clock: MockClock
) -> None:
    connector = FakeConnector(says_yes)
    bank = a_bank(connector, retire_after=4.0)
    callers = start_bank(bank)
    callers.call("first", "second")
    await trio.sleep(3.9)
    assert (bank.sessions, connector.open) == (2, 2)
    await trio.sleep(0.2)
    assert (bank.sessions, connector.open) == (0, 0)
    callers.call("third")
    await wait_all_tasks_blocked()
    assert callers.answers["third"] == (autojump_clock.current_time(), YES)


async def test_a_call_that_comes_while_the_last_session_retires_is_not_forgotten(
    start_bank: StartBank, autojump_clock: MockClock
) -> None:
    connector = FakeConnector(says_yes, close_seconds=1.0)
    callers = start_bank(a_bank(connector, retire_after=4.0))
    callers.call("first")
    await trio.sleep(4.5)
    callers.call("second")
    await trio.sleep(10)
    assert callers.answers["second"] == (5.0, YES)
    assert autojump_clock.current_time() == 14.5


async def test_a_call_that_came_before_the_bank_ran_is_taken(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    bank = a_bank(FakeConnector(says_yes))
    callers = Callers(bank, nursery)
    callers.call("early")
    await wait_all_tasks_blocked()
    nursery.start_soon(bank.run)
    await wait_all_tasks_blocked()
    assert callers.answers["early"] == (autojump_clock.current_time(), YES)


async def test_a_call_that_comes_between_two_runs_of_the_bank_is_taken_by_the_second(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    bank = a_bank(FakeConnector(says_yes))
    with trio.move_on_after(1):
        await bank.run()
    callers = Callers(bank, nursery)
    callers.call("between")
    await trio.sleep(1)
    nursery.start_soon(bank.run)
    await wait_all_tasks_blocked()
    assert callers.answers["between"] == (autojump_clock.current_time(), YES)
