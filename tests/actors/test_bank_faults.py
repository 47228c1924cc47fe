"""A bank that cannot be reached, and sessions that meet a bug."""

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from pgw.actors.bank import Bank
from pgw.actors.supervisor import ChildSpec, Restart, RestartIntensity, Supervisor
from pgw.bank.port import (
    Answer,
    Authorize,
    Call,
    Declined,
    Doubtful,
    LookUp,
    NeverSeen,
    NotProcessed,
    NotReversible,
    NotSent,
    Pending,
    Rejected,
    Reverse,
    Reversed,
)
from pgw.ports import SystemClock
from tests.actors.callers import LATER
from tests.actors.fake_bank import YES, FakeConnector, a_bank, says_in_turn
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


async def test_a_session_whose_call_could_not_be_sent_takes_the_next(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    connector = FakeConnector(says_in_turn([NotSent("refused"), YES]))
    bank = a_bank(connector, concurrency=1)
    nursery.start_soon(bank.run)
    assert await perform_all(bank, "first", "second") == [NotSent("refused"), YES]
    assert ([asked.at for asked in connector.asked], connector.opened) == ([0, 0], 1)
    assert autojump_clock.current_time() == 0


@pytest.mark.parametrize(
    ("call", "answers", "others"),
    [
        (
            authorize("ref"),
            [YES, Declined("x"), Rejected()],
            [Pending(), NeverSeen(), Reversed(), NotReversible()],
        ),
        (
            LookUp("ref"),
            [YES, Declined("x"), Pending(), NeverSeen(), Reversed()],
            [Rejected(), NotReversible()],
        ),
        (
            Reverse("ref"),
            [Reversed(), NotReversible()],
            [YES, Declined("x"), Rejected(), Pending(), NeverSeen()],
        ),
    ],
    ids=["Authorize", "LookUp", "Reverse"],
)
async def test_an_answer_that_the_call_cannot_have_is_doubt(
    call: Authorize | LookUp | Reverse,
    answers: list[Answer],
    others: list[Answer],
    nursery: trio.Nursery,
    autojump_clock: MockClock,
) -> None:
    no_answers: list[Answer] = [NotSent("refused"), NotProcessed(), Doubtful("reset")]
    bank = a_bank(FakeConnector(says_in_turn([*answers, *no_answers, *others])))
    nursery.start_soon(bank.run)
    for answer in [*answers, *no_answers]:
        assert answer == await perform(bank, call)
    for answer in others:
        reason = f"{type(answer).__name__} is no answer to {type(call).__name__}"
        assert Doubtful(reason) == await perform(bank, call)
    assert autojump_clock.current_time() == 0


async def perform(bank: Bank, call: Authorize | LookUp | Reverse) -> Answer:
    match call:
        case Authorize():
            return await bank.perform(call, submit_by=LATER)
        case LookUp():
            return await bank.perform(call, submit_by=LATER)
        case Reverse():
            return await bank.perform(call, submit_by=LATER)
