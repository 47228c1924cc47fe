"""What the bank never saw is reversed until it acknowledges that, and only then has the payment failed."""

from collections.abc import Sequence

import pytest
import trio
from trio.testing import MockClock

from pgw.bank.port import Answer, Authorize, BankFeature, Call, LookUp, NotReversible, Rejected, Reverse
from pgw.domain.attempt import AttemptOutcome
from pgw.domain.errors import FailureCode
from pgw.domain.flag import FlagCode
from pgw.domain.result import Ok
from pgw.storage.port import Change
from tests.actors.fake_bank import YES
from tests.actors.knowing_bank import (
    DOUBT,
    EVERYTHING,
    NEVER_SEEN,
    PENDING,
    REFUSED_PORT,
    REVERSED,
    UNAVAILABLE,
    KnowingBank,
    says,
)
from tests.actors.memory_storage import REFUSED, MemoryStorage, Written
from tests.actors.scene import LONG, start_scene

DOUBTING = says(DOUBT)


async def test_the_reversals_intent_is_on_disk_before_the_reversal_is_sent(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    """Storage refuses the intent for a minute: until it is written the bank is asked for nothing."""
    storage, bank = MemoryStorage(), KnowingBank(DOUBTING)
    stored: list[tuple[float, AttemptOutcome]] = []

    def refuses_the_intent_for_a_minute(change: Change) -> Written:
        is_intent = change.attempt.outcome is AttemptOutcome.REVERSING
        return REFUSED if is_intent and trio.current_time() < 60 else Ok(None)

    async def looks_into_storage(call: Call) -> Answer:
        [change] = storage.newest.values()
        assert change.attempt.reference == call.reference
        stored.append((trio.current_time(), change.attempt.outcome))
        return REVERSED

    storage.judge, bank.reverse = refuses_the_intent_for_a_minute, looks_into_storage
    scene = await start_scene(nursery, bank, storage)
    job = await scene.pay()
    await trio.sleep(59)
    assert ([Authorize, LookUp], "Unknown") == (bank.calls, scene.newest(job.id).payment.status)
    await trio.sleep(20)
    [(at, outcome)] = stored
    assert (True, AttemptOutcome.REVERSING) == (60 <= at < 65, outcome)
    assert "Failed" == scene.newest(job.id).payment.status
    outcomes = [change.attempt.outcome.value for change in storage.written]
    assert ["Intended", "Doubtful", "Reversing", "Reversed"] == outcomes
    assert 79 == autojump_clock.current_time()


@pytest.mark.parametrize(
    "answers",
    [[REVERSED], [REFUSED_PORT, REVERSED], [UNAVAILABLE, DOUBT, YES, PENDING, NEVER_SEEN, DOUBT, REVERSED]],
)
async def test_it_is_reversed_until_that_is_acknowledged_and_failed_then(
    answers: Sequence[Answer], nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    scene = await start_scene(nursery, KnowingBank(DOUBTING, reverse=says(*answers)))
    job = await scene.pay()
    await trio.sleep(LONG)
    change, calls = scene.newest(job.id), scene.bank.calls
    assert change.job.failure is not None
    assert ("Failed", FailureCode.INTERRUPTED) == (change.payment.status, change.job.failure.code)
    assert ("Reversed", None) == (change.attempt.outcome, change.attempt.due_at)
    assert (1, len(answers), Reverse) == (calls.count(Authorize), calls.count(Reverse), calls[-1])
    assert ([], 1, LONG) == (scene.flags, len(set(scene.bank.references)), autojump_clock.current_time())


async def test_an_unanswered_reversal_is_tried_for_ever_and_a_late_approval_is_flagged_and_not_applied(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    bank = KnowingBank(DOUBTING, says(NEVER_SEEN, YES), says(DOUBT))
    scene = await start_scene(nursery, bank)
    job = await scene.pay()
    await trio.sleep(LONG)
    change, times = scene.newest(job.id), bank.times_of(Reverse)
    assert ("Unknown", "Reversing") == (change.payment.status, change.attempt.outcome)
    assert {FlagCode.STILL_UNKNOWN, FlagCode.LATE_DECISION} == scene.flag_codes
    assert (True, change.attempt.inquiries) == (times[-1] > LONG / 2, len(times))
    bank.reverse = says(REVERSED)
    await trio.sleep(4000)
    change = scene.newest(job.id)
    assert ("Failed", "Reversed", 0) == (
        change.payment.status,
        change.attempt.outcome,
        change.payment.captured,
    )
    assert LONG + 4000 == autojump_clock.current_time()


async def test_a_refused_reversal_leaves_the_payment_unknown_flagged_with_what_the_bank_tells(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    bank = KnowingBank(DOUBTING, says(NEVER_SEEN, YES), says(NotReversible()))
    scene = await start_scene(nursery, bank)
    job = await scene.pay()
    await trio.sleep(LONG)
    change, [flag] = scene.newest(job.id), scene.flags
    assert ("Unknown", "Created") == (change.payment.status, change.job.status)
    assert ("NotReversible", None) == (change.attempt.outcome, change.attempt.due_at)
    assert (FlagCode.REVERSAL_REFUSED, True) == (flag.code, "code-1" in flag.detail)
    assert [Authorize, LookUp, Reverse, LookUp] == bank.calls
    assert LONG == autojump_clock.current_time()


async def test_what_was_reversed_at_the_bank_already_is_reversed_by_us_too(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    scene = await start_scene(nursery, KnowingBank(DOUBTING, says(REVERSED)))
    job = await scene.pay()
    await trio.sleep(10)
    assert ("Failed", [Authorize, LookUp, Reverse]) == (
        scene.newest(job.id).payment.status,
        scene.bank.calls,
    )
    assert 10 == autojump_clock.current_time()


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([UNAVAILABLE], FailureCode.BANK_UNAVAILABLE),
        ([REFUSED_PORT, UNAVAILABLE, REFUSED_PORT], FailureCode.BANK_UNAVAILABLE),
        ([UNAVAILABLE, Rejected()], FailureCode.BANK_REJECTED),
    ],
)
@pytest.mark.parametrize("offers_reversal", [True, False])
async def test_where_the_bank_refused_a_try_it_is_reversed_before_it_failed(
    answers: Sequence[Answer],
    code: FailureCode,
    offers_reversal: bool,
    nursery: trio.Nursery,
    autojump_clock: MockClock,
) -> None:
    """Who answered 503 need not be who would process what was on its way behind it."""
    features = EVERYTHING if offers_reversal else EVERYTHING - {BankFeature.REVERSE}
    bank = KnowingBank(says(*answers), reverse=says(DOUBT, REVERSED), features=features)
    scene = await start_scene(nursery, bank)
    job = await scene.pay()
    await trio.sleep(100)
    change = scene.newest(job.id)
    assert change.job.failure is not None
    assert ("Failed", code) == (change.payment.status, change.job.failure.code)
    after = [call for call in bank.calls if call is not Authorize]
    assert ([Reverse, LookUp, Reverse] if offers_reversal else []) == after
    told = [change.payment.status.value for change in scene.storage.written if change.is_told]
    assert (["Created", "Unknown", "Failed"] if offers_reversal else ["Created", "Failed"]) == told
    assert (0, 100) == (scene.gateway.in_flight, autojump_clock.current_time())


async def test_a_connection_refused_at_every_try_needs_no_reversal(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    scene = await start_scene(nursery, KnowingBank(says(REFUSED_PORT)))
    job = await scene.pay()
    await trio.sleep(100)
    change = scene.newest(job.id)
    assert change.job.failure is not None
    assert FailureCode.BANK_UNAVAILABLE == change.job.failure.code
    assert ("NotProcessed", {Authorize}) == (change.attempt.outcome, set(scene.bank.calls))
    assert 100 == autojump_clock.current_time()
