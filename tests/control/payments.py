"""Payments in storage, brought there as the actors bring them."""

from datetime import UTC, datetime, timedelta
from itertools import count

from attrs import evolve

from pgw.actors.outcome import failing, following
from pgw.domain.attempt import Attempt, AttemptOutcome
from pgw.domain.card import Brand, Card, CardNumber, Cvv, Expiry
from pgw.domain.errors import FailureCode
from pgw.domain.flag import Flag, FlagCode
from pgw.domain.job import Job
from pgw.domain.money import Currency, Money
from pgw.domain.payment import Payment, PaymentOrder
from pgw.domain.result import Ok
from pgw.storage.port import Change, Storage

NOW = datetime(2026, 11, 22, 12, 30, 15, 123_000, UTC)
MERCHANT = "mer_a"
CARD = Card(CardNumber("4242424242424242", Brand.VISA), Cvv("123"), Expiry(11, 2034))


class Payments:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._numbers = count(1)

    async def accepted(self, minor_units: int = 1050) -> Change:
        number = f"{next(self._numbers):06}"
        order = PaymentOrder(Money(minor_units, Currency("EUR", 2)), CARD)
        payment = Payment.ordered(f"pay_{number}", MERCHANT, order, "bank", NOW, reference="ref_1")
        job = Job.opened(f"job_{number}", payment, "req_1")
        return await self._write(
            Change(payment, job, Attempt.intended(f"ref_{number}", payment.id, job.id, "bank", NOW))
        )

    async def approved(self) -> Change:
        change = await self.accepted()
        attempt = change.attempt.ended(AttemptOutcome.ANSWERED, 1, NOW, "code")
        return await self._write(following(change, change.payment.authorized(NOW), attempt))

    async def unknown(self, *flags: FlagCode, due_in: float | None = None) -> Change:
        change = await self.accepted()
        due_at = None if due_in is None else NOW + timedelta(seconds=due_in)
        attempt = change.attempt.doubted(1, NOW, due_at)
        change = await self._write(following(change, change.payment.doubted(NOW), attempt))
        return await self.flagged(change, *flags)

    async def reversing(self) -> Change:
        change = await self.unknown(due_in=2)
        attempt = change.attempt.to_be_reversed(FailureCode.INTERRUPTED, 1, NOW)
        return await self._write(evolve(change, attempt=attempt, is_told=False))

    async def settled_as_failed(self) -> Change:
        change = await self.unknown(due_in=2)
        attempt = change.attempt.settled("seen on the statement", NOW, None)
        return await self._write(failing(change, FailureCode.SETTLED_BY_OPERATOR, attempt, NOW))

    async def flagged(self, change: Change, *flags: FlagCode) -> Change:
        for code in flags:
            flag = Flag(change.job.id, code, f"detail of {code}", NOW)
            await self._write(evolve(change, flag=flag, is_told=False))
        return change

    async def _write(self, change: Change) -> Change:
        assert Ok(None) == await self._storage.write(change)
        return change
