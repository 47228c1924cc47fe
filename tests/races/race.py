"""Operations that race for one payment, through the gateway's actors, on a real database."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import trio
from attrs import frozen

from pgw.actors.gateway import Gateway, submit_operation, submit_payment
from pgw.actors.mailbox import ReplyAbandoned
from pgw.domain.event import Event
from pgw.domain.job import Job, JobEvent
from pgw.domain.money import Currency, Money
from pgw.domain.operation import CaptureOrder, OperationOrder, OperationRefusal, RefundOrder, VoidOrder
from pgw.domain.payment import Payment, PaymentOrder, VoidReason
from pgw.domain.result import Err, Ok
from pgw.storage.sqlite import SqliteStorage
from tests.actors.orders import CARD
from tests.races.bank import LedgerBank

AMOUNT = Money(10_000, Currency("EUR", 2))
MERCHANT = "mer_a"
PATIENCE = 60.0
LOST = {
    OperationRefusal.AMOUNT_TOO_LARGE,
    OperationRefusal.OPERATION_IN_PROGRESS,
}
"""Why one that races with another is refused."""


@frozen
class Race:
    """Who races for a payment of 100.00, and how many of them win. Some operations went `before`."""

    contenders: tuple[OperationOrder, ...]
    winners: int = 1
    capture: bool = False
    before: tuple[OperationOrder, ...] = ()


SIXTY, FORTY = RefundOrder(6000), RefundOrder(4000)
RACES = {
    "refund and refund": Race((SIXTY, SIXTY), capture=True),
    "three refunds of which two fit": Race((FORTY, FORTY, FORTY), winners=2, capture=True),
    "eleven refunds of which ten fit": Race((RefundOrder(1000),) * 11, winners=10, capture=True),
    "capture and void": Race((CaptureOrder(), VoidOrder())),
    "capture and capture": Race((CaptureOrder(), CaptureOrder())),
    "captures that would both fit": Race((CaptureOrder(4000), CaptureOrder(4000, is_final=True))),
    "void and void": Race((VoidOrder(), VoidOrder())),
    "refund and capture": Race((FORTY, CaptureOrder()), before=(CaptureOrder(4000),)),
    "capture and expiry": Race((CaptureOrder(), VoidOrder(VoidReason.EXPIRED))),
    "void and expiry": Race((VoidOrder(), VoidOrder(VoidReason.EXPIRED))),
}


@frozen
class Finish:
    """How each contender was answered: accepted, refused, or by an error."""

    payment: Payment
    accepted: int
    refusals: tuple[OperationRefusal, ...]
    errors: int


class Endings:
    """Tells when a job has ended, by what was committed."""

    def __init__(self) -> None:
        self._ended: dict[str, trio.Event] = {}

    def of(self, job_id: str) -> trio.Event:
        return self._ended.setdefault(job_id, trio.Event())

    def tell(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, JobEvent) and event.is_last:
                self.of(event.job.id).set()


@frozen
class Track:
    """Where races are run."""

    gateway: Gateway
    storage: SqliteStorage
    bank: LedgerBank
    endings: Endings

    async def run(self, race: Race) -> Finish:
        """Pay, let all contenders go at once, and let the bank answer when each of them was answered."""
        payment = await self.pay(race)
        for order in race.before:
            self.bank.hold(payment.authorization_reference).set()
            job = await self.submit(payment, order)
            assert isinstance(job, Job), job
            await self._ended(job)
        self.bank.reopen(payment.authorization_reference)
        answers: list[Job | OperationRefusal | None] = []

        async def contend(order: OperationOrder) -> None:
            answers.append(await self.submit(payment, order))

        async with trio.open_nursery() as nursery:
            for order in race.contenders:
                nursery.start_soon(contend, order)
        self.bank.hold(payment.authorization_reference).set()
        jobs = [answer for answer in answers if isinstance(answer, Job)]
        for job in jobs:
            await self._ended(job)
        refusals = tuple(answer for answer in answers if isinstance(answer, OperationRefusal))
        return Finish(payment, len(jobs), refusals, answers.count(None))

    async def pay(self, race: Race) -> Payment:
        order = PaymentOrder(AMOUNT, CARD, capture=race.capture)
        match await submit_payment(self.gateway, MERCHANT, order, "req_1"):
            case Ok(Job() as job):
                await self._ended(job)
            case refused:
                raise AssertionError(refused)
        payment = await self.storage.payment(MERCHANT, job.payment_id)
        assert payment is not None
        return payment

    async def submit(self, payment: Payment, order: OperationOrder) -> Job | OperationRefusal | None:
        try:
            match await submit_operation(self.gateway, MERCHANT, payment.id, order, "req_2"):
                case Ok(Job() as job):
                    return job
                case Err(OperationRefusal() as refusal):
                    return refusal
                case other:
                    raise AssertionError(other)
        except ReplyAbandoned:
            return None

    async def _ended(self, accepted: Job) -> None:
        with trio.fail_after(PATIENCE):
            await self.endings.of(accepted.id).wait()

    async def rows(self, statement: str) -> Sequence[tuple[Any, ...]]:
        def read(connection: sqlite3.Connection) -> Sequence[tuple[Any, ...]]:
            return connection.execute(statement).fetchall()

        return await self.storage._writer.run(read)

    async def check_books(self) -> None:
        """Hold what is stored against itself, and against the bank's ledger to the cent."""
        assert [] == await self.rows("SELECT id FROM payments_amiss"), "payments are not as their jobs are"
        assert [] == await self.rows("SELECT id FROM jobs WHERE status = 'Created'"), "some never ended"
        assert [] == await self.rows("PRAGMA foreign_key_check")
        books = await self.rows(
            "SELECT authorization_reference, amount, capture, captured, refunded, status FROM payments"
        )
        for reference, amount, capture, captured, refunded, status in books:
            assert 0 <= refunded <= captured <= amount
            at_the_bank = amount if capture else self.bank.captured[reference]
            assert (captured, refunded) == (at_the_bank, self.bank.refunded[reference])
            assert (status == "Voided") == bool(self.bank.voided[reference])
            assert self.bank.voided[reference] <= 1
            assert not (self.bank.voided[reference] and captured)
