"""An operator settles an unknown outcome, and what became of it at the bank is still watched."""

import pytest
import trio
from trio.testing import MockClock

from pgw.actors.mailbox import ReplyAbandoned
from pgw.actors.settlement import CannotSettle, Verdict
from pgw.bank.port import Authorize, BankFeature, LookUp, NotReversible
from pgw.domain.attempt import AttemptOutcome
from pgw.domain.errors import FailureCode
from pgw.domain.flag import FlagCode
from pgw.domain.result import Err, Ok
from pgw.storage.port import Change, StorageUnavailable
from tests.actors.fake_bank import YES, says_after
from tests.actors.knowing_bank import DOUBT, EVERYTHING, NEVER_SEEN, PENDING, KnowingBank, says
from tests.actors.memory_storage import REFUSED, Written
from tests.actors.scene import LONG, start_scene

DOUBTING = says(DOUBT)
VERDICTS = [
    (Verdict.SUCCEEDED, "Approved", "Completed", None),
    (Verdict.DECLINED, "Declined", "Completed", None),
    (Verdict.FAILED, "Failed", "Failed", FailureCode.SETTLED_BY_OPERATOR),
]


@pytest.mark.parametrize(("verdict", "status", "job_status", "code"), VERDICTS)
@pytest.mark.parametrize(
    "bank",
    [
        pytest.param(lambda: KnowingBank(DOUBTING, features=frozenset()), id="no look-up"),
        pytest.param(lambda: KnowingBank(DOUBTING, says(PENDING)), id="pending"),
        pytest.param(lambda: KnowingBank(DOUBTING, reverse=says(NotReversible())), id="reversal refused"),
        pytest.param(
            lambda: KnowingBank(DOUBTING, says(NEVER_SEEN), features=EVERYTHING - {BankFeature.REVERSE}),
            id="no reversal",
        ),
    ],
)
async def test_what_is_unknown_becomes_what_an_operator_says(  # noqa: PLR0917
    bank: type[KnowingBank],
    verdict: Verdict,
    status: str,
    job_status: str,
    code: FailureCode | None,
    nursery: trio.Nursery,
    autojump_clock: MockClock,
) -> None:
    scene = await start_scene(nursery, bank())
    job = await scene.pay()
    await trio.sleep(100)
    settled = await scene.settle(job.id, verdict)
    change = scene.newest(job.id)
    assert Ok(change) == settled
    assert (status, job_status) == (change.payment.status, change.job.status)
    assert code == (change.job.failure and change.job.failure.code)
    assert ("Settled", "the bank's statement says so") == (
        change.attempt.outcome,
        change.attempt.settled_because,
    )
    assert (change.is_told, 100) == (True, autojump_clock.current_time())


@pytest.mark.parametrize("verdict", [Verdict.SUCCEEDED, Verdict.DECLINED])
async def test_what_was_settled_otherwise_than_failed_is_asked_about_no_more(
    verdict: Verdict, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    scene = await start_scene(nursery, KnowingBank(DOUBTING, says(PENDING)))
    job = await scene.pay()
    await trio.sleep(10)
    await scene.settle(job.id, verdict)
    asked = len(scene.bank.asked)
    await trio.sleep(LONG)
    assert (asked, LONG + 10) == (len(scene.bank.asked), autojump_clock.current_time())


async def test_after_it_was_settled_as_failed_a_late_charge_is_flagged_and_never_applied(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    scene = await start_scene(nursery, KnowingBank(DOUBTING, says(PENDING)))
    job = await scene.pay()
    await trio.sleep(10)
    await scene.settle(job.id, Verdict.FAILED)
    scene.bank.forget()
    scene.bank.look_up = says(NEVER_SEEN, DOUBT, PENDING, YES)
    await trio.sleep(LONG)
    change, [flag] = scene.newest(job.id), scene.flags
    assert (FlagCode.LATE_DECISION, True) == (flag.code, "code-1" in flag.detail)
    assert ("Failed", "Failed", 0) == (change.payment.status, change.job.status, change.payment.captured)
    assert ([LookUp] * 4, LONG + 10) == (scene.bank.calls, autojump_clock.current_time())


async def test_nothing_is_settled_once_a_reversal_has_begun(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    scene = await start_scene(nursery, KnowingBank(DOUBTING, reverse=says(DOUBT)))
    job = await scene.pay()
    await trio.sleep(100)
    for verdict in Verdict:
        assert Err(CannotSettle.BEING_REVERSED) == await scene.settle(job.id, verdict)
    assert ("Reversing", 100) == (scene.newest(job.id).attempt.outcome, autojump_clock.current_time())


@pytest.mark.parametrize("bank", [KnowingBank, lambda: KnowingBank(says_after(50.0))])
async def test_nothing_is_settled_whose_outcome_is_known_or_whose_first_answer_is_awaited(
    bank: type[KnowingBank], nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    scene = await start_scene(nursery, bank())
    job = await scene.pay()
    await trio.sleep(1)
    assert Err(CannotSettle.NOT_UNKNOWN) == await scene.settle(job.id, Verdict.FAILED)
    await trio.sleep(100)
    assert ("Approved", [Authorize]) == (scene.newest(job.id).payment.status, scene.bank.calls)
    assert 101 == autojump_clock.current_time()


async def test_a_job_that_is_not_there_is_not_settled(nursery: trio.Nursery) -> None:
    scene = await start_scene(nursery)
    assert Err(CannotSettle.UNKNOWN_JOB) == await scene.settle("job_x", Verdict.FAILED)


async def test_an_outcome_is_settled_once(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    scene = await start_scene(nursery, KnowingBank(DOUBTING, features=frozenset()))
    job = await scene.pay()
    await trio.sleep(1)
    answers = []

    async def settle(verdict: Verdict) -> None:
        answers.append(await scene.settle(job.id, verdict))

    async with trio.open_nursery() as operators:
        for verdict in Verdict:
            operators.start_soon(settle, verdict)
    assert [Err(CannotSettle.NOT_UNKNOWN)] * 2 == [one for one in answers if isinstance(one, Err)]
    assert (3, 1) == (len(scene.storage.written), autojump_clock.current_time())


async def test_storage_that_takes_no_writes_or_answers_no_reads_settles_nothing(
    nursery: trio.Nursery, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = await start_scene(nursery, KnowingBank(DOUBTING, features=frozenset()))
    job = await scene.pay()
    await trio.sleep(1)
    unknown = scene.newest(job.id)
    scene.storage.judge = lambda _change: REFUSED
    assert Err(CannotSettle.STORAGE_UNAVAILABLE) == await scene.settle(job.id, Verdict.SUCCEEDED)

    async def fails(_job_id: str) -> Change | None:
        raise StorageUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(scene.storage, "change_of", fails)
        assert Err(CannotSettle.STORAGE_UNAVAILABLE) == await scene.settle(job.id, Verdict.SUCCEEDED)
    assert unknown == scene.newest(job.id)
    scene.storage.judge = lambda _change: Ok(None)
    assert isinstance(await scene.settle(job.id, Verdict.SUCCEEDED), Ok)
    assert 1 == autojump_clock.current_time()


async def test_a_bug_while_settling_abandons_the_operator_and_lets_the_next_settle(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    scene = await start_scene(nursery, KnowingBank(DOUBTING, features=frozenset()))
    job = await scene.pay()
    await trio.sleep(1)

    def has_a_bug(_change: Change) -> Written:
        raise ZeroDivisionError

    scene.storage.judge = has_a_bug
    with pytest.raises(ReplyAbandoned):
        await scene.settle(job.id, Verdict.DECLINED)
    scene.storage.judge = lambda _change: Ok(None)
    assert isinstance(await scene.settle(job.id, Verdict.DECLINED), Ok)
    assert (AttemptOutcome.SETTLED, 1) == (
        scene.newest(job.id).attempt.outcome,
        autojump_clock.current_time(),
    )
