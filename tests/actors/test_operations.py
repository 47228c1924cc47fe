"""Operations of one payment over time: unknown ones, restarts, crashes, outages, an operator's word."""

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from pgw.actors.mailbox import ReplyAbandoned
from pgw.actors.settlement import CannotSettle, Verdict
from pgw.actors.supervisor import RestartIntensity
from pgw.bank.port import Answer, Call, LookUp, Refund, Reverse, Void
from pgw.domain.errors import FailureCode, Refusal
from pgw.domain.flag import FlagCode
from pgw.domain.job import JobType
from pgw.domain.operation import CaptureOrder, OperationRefusal, RefundOrder, VoidOrder
from pgw.domain.payment import VoidReason
from pgw.domain.result import Err, Ok
from pgw.storage.port import Change
from tests.actors.knowing_bank import DOUBT, NEVER_SEEN, PENDING, KnowingBank, says
from tests.actors.memory_storage import REFUSED, MemoryStorage, Written
from tests.actors.operations import CALLS, DECLINED_AS, ORDERS, YES, operate, paid_for, submit
from tests.actors.scene import start_scene
from tests.actors.test_operation_matrix import KINDS, holds

HOURS = 3 * 3600.0


async def hangs(_call: Call) -> Answer:
    await trio.sleep_forever()
    raise AssertionError


async def test_of_two_open_refunds_one_may_be_unknown_for_hours(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    scene = await start_scene(nursery, KnowingBank(look_up=says(PENDING), operate=says(DOUBT, YES)))
    payment = await paid_for(scene, JobType.REFUND)
    unknown = await operate(scene, payment, RefundOrder(3000))
    await trio.sleep(1)
    known = await operate(scene, payment, RefundOrder(5000))
    await trio.sleep(HOURS)
    assert ("Created", "Completed") == (
        scene.newest(unknown.id).job.status,
        scene.newest(known.id).job.status,
    )
    now = scene.storage.payments[payment.id]
    assert ("PartiallyRefunded", 5000, 3000) == (now.status, now.refunded, now.refunding)
    too_large = await submit(scene.gateway, payment.id, RefundOrder(2001))
    assert Err(OperationRefusal.AMOUNT_TOO_LARGE) == too_large
    third = await operate(scene, payment, RefundOrder())
    assert 2000 == third.amount.minor_units
    scene.bank.look_up = says(YES)
    await trio.sleep(HOURS)
    now = scene.storage.payments[payment.id]
    assert ("Refunded", 10_000, 0) == (now.status, now.refunded, now.refunding)
    assert {FlagCode.STILL_UNKNOWN} == scene.flag_codes
    statuses = [change.payment.status for change in scene.storage.written if change.is_told]
    assert "Unknown" not in statuses, "an operation never makes the payment unknown"
    assert 2 * HOURS <= autojump_clock.current_time()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("verdict", Verdict)
async def test_what_is_unknown_becomes_what_an_operator_says(
    kind: JobType, verdict: Verdict, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    scene = await start_scene(nursery, KnowingBank(look_up=says(PENDING), operate=says(DOUBT)))
    payment = await paid_for(scene, kind)
    job = await operate(scene, payment, ORDERS[kind])
    await trio.sleep(50)
    settled = await scene.settle(job.id, verdict)
    change = scene.newest(job.id)
    assert Ok(change) == settled
    codes = {Verdict.FAILED: FailureCode.SETTLED_BY_OPERATOR, Verdict.DECLINED: DECLINED_AS[kind]}
    status = "Completed" if verdict is Verdict.SUCCEEDED else "Failed"
    holds(kind, change, status, codes.get(verdict))
    scene.bank.forget()
    scene.bank.look_up = says(YES)
    await trio.sleep(HOURS)
    if verdict is Verdict.FAILED:
        assert {FlagCode.LATE_DECISION} == scene.flag_codes - {FlagCode.STILL_UNKNOWN}
        assert {LookUp} == set(scene.bank.calls), "not even a void is repeated any more"
    else:
        assert [] == scene.bank.calls
    holds(kind, scene.newest(job.id), status, codes.get(verdict))
    assert HOURS < autojump_clock.current_time()


@pytest.mark.parametrize("verdict", Verdict)
async def test_an_expired_authorization_that_an_operator_found_not_voided_is_flagged(
    verdict: Verdict, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    """It is not voided again, so what was to be free by now stays reserved."""
    scene = await start_scene(nursery, KnowingBank(look_up=says(PENDING), operate=says(DOUBT)))
    payment = await paid_for(scene, JobType.VOID)
    scene.clock.jump(scene.ports.authorized_for.total_seconds())
    job = await operate(scene, payment, VoidOrder(VoidReason.EXPIRED))
    await trio.sleep(50)
    assert isinstance(await scene.settle(job.id, verdict), Ok)
    is_voided = verdict is Verdict.SUCCEEDED
    assert (set() if is_voided else {FlagCode.EXPIRY_REFUSED}) == scene.flag_codes
    now = scene.newest(job.id).payment
    assert ("Voided" if is_voided else "Authorized", None) == (now.status, now.expires_at)
    assert autojump_clock.current_time() < 100


@pytest.mark.parametrize("kind", KINDS)
async def test_a_restart_takes_up_what_the_bank_was_being_asked(
    kind: JobType, autojump_clock: MockClock
) -> None:
    storage = MemoryStorage()
    async with trio.open_nursery() as nursery:
        scene = await start_scene(nursery, KnowingBank(operate=hangs), storage)
        payment = await paid_for(scene, kind)
        job = await operate(scene, payment, ORDERS[kind])
        await trio.sleep(5)
        nursery.cancel_scope.cancel()
    holds(kind, storage.newest[job.id], "Created")
    async with trio.open_nursery() as nursery:
        scene = await start_scene(nursery, KnowingBank(look_up=says(YES)), storage)
        await scene.gateway.recover()
        await trio.sleep(60)
        holds(kind, storage.newest[job.id], "Completed")
        assert [Void if kind is JobType.VOID else LookUp] == scene.bank.calls
        nursery.cancel_scope.cancel()
    assert autojump_clock.current_time() < 100


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("restarts", [50, 0], ids=["the operation's actor", "its merchant"])
async def test_a_crash_while_the_bank_is_asked_leaves_it_to_be_taken_up(
    kind: JobType,
    restarts: int,
    nursery: trio.Nursery,
    autojump_clock: MockClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pgw.actors.merchant.INTENSITY", RestartIntensity(restarts, within=10))
    scene = await start_scene(nursery, KnowingBank(look_up=says(NEVER_SEEN)))
    payment = await paid_for(scene, kind)
    perform = scene.ports.bank.perform

    async def buggy(call: Call, *, submit_by: float) -> Answer:
        monkeypatch.setattr(scene.ports.bank, "perform", perform)
        await perform(call, submit_by=submit_by)
        raise ZeroDivisionError

    monkeypatch.setattr(scene.ports.bank, "perform", buggy)
    job = await operate(scene, payment, ORDERS[kind])
    await trio.sleep(60)
    if kind is JobType.VOID:
        assert [Void, Void] == scene.bank.calls
        holds(kind, scene.newest(job.id), "Completed")
    else:
        assert [CALLS[kind], LookUp, Reverse] == scene.bank.calls
        holds(kind, scene.newest(job.id), "Failed", FailureCode.INTERRUPTED)
    assert (0, 0) == (scene.gateway.in_flight, len(scene.ports.turns._turns))
    assert autojump_clock.current_time() < 100


async def test_a_crash_while_it_is_accepted_leaves_the_turn_to_the_next(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    def crashes_once(change: Change) -> Written:
        if change.job.type is JobType.REFUND:
            scene.storage.judge = lambda _change: Ok(None)
            raise ZeroDivisionError
        return Ok(None)

    scene = await start_scene(nursery)
    payment = await paid_for(scene, JobType.REFUND)
    scene.storage.judge = crashes_once
    with pytest.raises(ReplyAbandoned):
        await submit(scene.gateway, payment.id, RefundOrder(6000))
    await operate(scene, payment, RefundOrder(6000))
    await trio.sleep(1)
    assert 6000 == scene.storage.payments[payment.id].refunded
    assert (0, {}) == (scene.gateway.in_flight, scene.ports.turns._turns)
    assert autojump_clock.current_time() < 10


async def test_while_storage_takes_no_writes_who_waits_for_a_turn_is_refused_in_time(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    """A refund's end keeps its turn for as long as it cannot be written; then all goes on."""

    def takes_no_ends_for_minutes(change: Change) -> Written:
        return REFUSED if not change.job.is_open and trio.current_time() < 300 else Ok(None)

    scene = await start_scene(nursery)
    payment = await paid_for(scene, JobType.REFUND)
    scene.storage.judge = takes_no_ends_for_minutes
    first = await operate(scene, payment, RefundOrder(1000))
    await trio.sleep(1)
    began = trio.current_time()
    assert Err(Refusal.STORAGE_UNAVAILABLE) == await submit(scene.gateway, payment.id, RefundOrder(1000))
    assert 10 == pytest.approx(trio.current_time() - began)
    assert 1 == scene.gateway.in_flight, "the first one, whose end is known nowhere else"
    assert Err(CannotSettle.BUSY) == await scene.settle(first.id, Verdict.FAILED)
    await trio.sleep_until(310)
    await operate(scene, payment, RefundOrder(1000))
    await trio.sleep(1)
    assert 2000 == scene.storage.payments[payment.id].refunded
    assert (0, {}) == (scene.gateway.in_flight, scene.ports.turns._turns)
    assert 300 < autojump_clock.current_time()


async def test_who_lost_patience_at_the_moment_of_its_turn_has_written_nothing(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    scene = await start_scene(nursery)
    payment = await paid_for(scene, JobType.REFUND)
    answers: list[object] = []

    async def refund() -> None:
        answers.append(await submit(scene.gateway, payment.id, RefundOrder(1000)))

    async with scene.ports.turns.of(payment.id):
        nursery.start_soon(refund)
        await trio.sleep(10)
    await trio.sleep(1)
    [answer] = answers
    now = scene.storage.payments[payment.id]
    assert (1000 if isinstance(answer, Ok) else 0, 0) == (now.refunded, now.refunding)
    assert {} == scene.ports.turns._turns
    assert autojump_clock.current_time() < 20


async def test_the_money_is_right_whichever_of_many_refunds_end_when(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    """Each told change is judged on the payment as the others left it."""
    delays = [5.0, 1.0, 3.0, 1.0, 0.0, 5.0, 2.0, 0.0, 4.0, 3.0]

    async def in_its_time(call: Call) -> Answer:
        assert isinstance(call, Refund)
        await trio.sleep(delays[call.amount.minor_units % 10])
        return YES if call.amount.minor_units % 3 else DOUBT

    scene = await start_scene(nursery, KnowingBank(operate=in_its_time))
    payment = await paid_for(scene, JobType.REFUND)
    jobs = [await operate(scene, payment, RefundOrder(100 + number)) for number in range(10)]
    await trio.sleep(60)
    newest = [scene.newest(job.id) for job in jobs]
    assert ["Completed" if (100 + n) % 3 else "Failed" for n in range(10)] == [
        one.job.status for one in newest
    ]
    expected = sum(100 + number for number in range(10) if (100 + number) % 3)
    now = scene.storage.payments[payment.id]
    assert (expected, 0) == (now.refunded, now.refunding)
    assert autojump_clock.current_time() < 100


async def test_there_is_no_operation_on_what_is_not_the_merchants(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    scene = await start_scene(nursery)
    payment = await paid_for(scene, JobType.CAPTURE)
    unknown = Err(OperationRefusal.UNKNOWN_PAYMENT)
    assert unknown == await submit(scene.gateway, payment.id, CaptureOrder(), "mer_b")
    assert unknown == await submit(scene.gateway, "pay_x", VoidOrder())
    await wait_all_tasks_blocked()
    assert ([], 0) == (scene.bank.calls, scene.gateway.in_flight)
    assert autojump_clock.current_time() < 10
