"""What ends an operation is dated in the payment's turn: no payment changes before it last did."""

from datetime import timedelta

import trio
from attrs import evolve
from trio.testing import MockClock

from pgw.domain.attempt import AttemptOutcome
from pgw.domain.errors import FailureCode
from pgw.domain.job import JobType
from pgw.domain.money import Money
from pgw.domain.payment import PaymentStatus
from pgw.storage.port import Change
from tests.actors.knowing_bank import REVERSED, KnowingBank, says
from tests.actors.resting import at_rest
from tests.actors.scene import start_scene


async def test_a_reversal_is_dated_when_the_payment_can_be_changed(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    """The bank acknowledges while another job has the turn, which changes the payment half a minute later."""
    bank = KnowingBank()
    bank.reverse = says(REVERSED)
    scene = await start_scene(nursery, bank)
    began = scene.clock.now()
    refund = _refund_to_be_reversed(at_rest(AttemptOutcome.REVERSING, began))
    async with scene.ports.turns.of(refund.payment.id):
        scene.storage.newest[refund.job.id] = refund
        await trio.sleep(30)
    await trio.sleep(5)
    ended = scene.newest(refund.job.id)
    assert 35 == autojump_clock.current_time()
    assert ("Failed", 0) == (ended.job.status, ended.payment.refunding)
    assert ended.payment.updated_at >= began + timedelta(seconds=30)


def _refund_to_be_reversed(change: Change) -> Change:
    amount = change.payment.amount
    payment = evolve(change.payment, status=PaymentStatus.APPROVED, captured=amount.minor_units, refunding=50)
    job = evolve(change.job, type=JobType.REFUND, amount=Money(50, amount.currency))
    return Change(payment, job, evolve(change.attempt, failure=FailureCode.INTERRUPTED))
