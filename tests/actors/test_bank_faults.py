"""A bank that cannot be reached, and sessions that meet a bug."""

from itertools import pairwise

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from pgw.actors.bank import Bank
from pgw.actors.supervisor import ChildSpec, Restart, RestartIntensity, Supervisor
from pgw.bank.port import Answer, Call, Doubtful, NotSent
from pgw.ports import SystemClock
from tests.actors.callers import LATER
from tests.actors.fake_bank import YES, FakeConnector, FixedRandomness, a_bank, says_in_turn
from tests.actors.orders import authorize

ENDED = Doubtful("the bank session ended before the answer came")


async def crashes_over_bugs(call: Call) -> Answer:
    """Raise after half a second for the reference that says so; take a second for the others."""
    await trio.sleep(0.5)
    if call.reference == "bug":
        raise ZeroDivisionError
    await trio.sleep(0.5)
    return YES


async def perform_all(bank: Bank, *references: str) -> list[Answer]:
    answers: dict[str, Answer] = {}

    async def perform(reference: str) -> None:
        answers[reference] = await bank.perform(authorize(reference), submit_by=LATER)

    async with trio.open_nursery() as nursery:
        for reference in references:
            nursery.start_soon(perform, reference)
            await wait_all_tasks_blocked()
    return [answers[reference] for reference in references]


async def test_a_session_that_crashes_leaves_doubt_and_the_next_call_is_well(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    connector = FakeConnector(crashes_over_bugs)
    bank = a_bank(connector, concurrency=1)
    nursery.start_soon(bank.run)
    assert await perform_all(bank, "bug") == [ENDED]
    assert await perform_all(bank, "well") == [YES]
    assert (connector.opened, connector.open, bank.sessions) == (2, 1, 1)
    assert autojump_clock.current_time() == 1.5


async def test_a_session_that_crashes_touches_no_other(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    bank = a_bank(FakeConnector(crashes_over_bugs))
    nursery.start_soon(bank.run)
    assert await perform_all(bank, "one", "bug", "two") == [YES, ENDED, YES]
    assert autojump_clock.current_time() == 1


async def test_after_a_crash_of_all_sessions_the_calls_that_wait_are_taken(
    nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    monkeypatch.setattr("pgw.actors.bank.INTENSITY", RestartIntensity(restarts=0, within=10))
    connector = FakeConnector(crashes_over_bugs)
    bank = a_bank(connector, concurrency=2)
    above = Supervisor("test", RestartIntensity(restarts=1, within=10), SystemClock())
    nursery.start_soon(above.run, ChildSpec("bank", bank.run, Restart.PERMANENT))
    answers = await perform_all(bank, "at work", "bug", "waiting", "waiting too")
    assert answers == [ENDED, ENDED, YES, YES]
    assert sorted(connector.references) == ["at work", "bug", "waiting", "waiting too"]
    assert (bank.sessions, autojump_clock.current_time()) == (2, 1.5)


@pytest.mark.parametrize(("jitter", "share"), [(0.0, 0.5), (1.0, 1.0)])
async def test_a_session_backs_off_up_to_a_cap_while_the_bank_cannot_be_reached(
    jitter: float, share: float, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    connector = FakeConnector(says_in_turn([NotSent("refused")]))
    bank = a_bank(connector, concurrency=1, randomness=FixedRandomness(jitter))
    nursery.start_soon(bank.run)
    for number in range(9):
        nursery.start_soon(perform_all, bank, f"ref_{number}")
    await trio.sleep(100)
    times = [asked.at for asked in connector.asked]
    waits = [later - earlier for earlier, later in pairwise(times)]
    assert waits == pytest.approx([step * share for step in (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0)])
    assert autojump_clock.current_time() == 100


async def test_once_the_bank_is_reached_waits_begin_anew(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    refused = NotSent("refused")
    connector = FakeConnector(says_in_turn([refused, refused, refused, YES, refused, YES]))
    bank = a_bank(connector, concurrency=1, randomness=FixedRandomness(1.0))
    nursery.start_soon(bank.run)
    answers = await perform_all(bank, *(f"ref_{number}" for number in range(6)))
    assert answers == [refused, refused, refused, YES, refused, YES]
    times = [asked.at for asked in connector.asked]
    assert times == pytest.approx([0, 0.1, 0.3, 0.7, 0.7, 0.8])
    assert autojump_clock.current_time() == pytest.approx(0.8)


async def test_a_session_that_rests_is_no_session_for_a_call(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    connector = FakeConnector(says_in_turn([NotSent("refused"), YES]))
    bank = a_bank(connector, concurrency=2, randomness=FixedRandomness(1.0))
    nursery.start_soon(bank.run)
    assert await perform_all(bank, "first") == [NotSent("refused")]
    assert await perform_all(bank, "second") == [YES]
    assert [asked.at for asked in connector.asked] == [0, 0]
    assert autojump_clock.current_time() == 0
