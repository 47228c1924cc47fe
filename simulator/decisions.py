"""Who decides on payments and operations, and puts it in a booking."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from simulator.account import Account
from simulator.behaviour import Behaviour
from simulator.booking import OperationBooking, PaymentBooking
from simulator.ledger import Ledger
from simulator.operation import Operation
from simulator.operation_cards import CARDS, declines
from simulator.operation_rules import Verdict, judge
from simulator.payment import Payment
from simulator.profiles import Profile, decline_code

NO_CURRENCY = "XXX"
"""ISO 4217's code for no currency."""


class Decisions:
    def __init__(
        self, behaviour: Behaviour, ledger: Ledger, random: Random, now: Callable[[], datetime]
    ) -> None:
        self._behaviour = behaviour
        self._ledger = ledger
        self._random = random
        self._now = now

    def on_payment(self, payment: Payment, reference: str | None) -> PaymentBooking:
        now = self._now()
        profile = self._behaviour.profile
        declined = decline_code(profile, payment, now)
        code = uuid.UUID(int=self._random.getrandbits(128), version=4)
        return PaymentBooking(
            number=self._ledger.count + 1,
            reference=reference,
            last_four=payment.last_four,
            currency=payment.currency.code,
            amount=payment.amount,
            captured_amount=payment.amount if payment.capture and not declined else 0,
            authorization_code="" if declined else str(code),
            decline_code=declined,
            booked_at=now,
            misbehaviour=CARDS.get(payment.card_number) if profile is Profile.MAGIC else None,
        )

    def on_operation(self, operation: Operation, reference: str | None) -> OperationBooking:
        """Decide by what the payment's operations moved until now."""
        now = self._now()
        account = self._ledger.account(operation.payment_reference)
        verdict = self._verdict(operation, account, now)
        return OperationBooking(
            kind=operation.kind,
            number=self._ledger.count + 1,
            reference=reference,
            payment_reference=operation.payment_reference,
            currency=account.payment.currency if account else NO_CURRENCY,
            amount=verdict.amount,
            final=operation.final,
            released_amount=verdict.released_amount,
            decline_code=verdict.decline_code,
            booked_at=now,
        )

    def _verdict(self, operation: Operation, account: Account | None, now: datetime) -> Verdict:
        if account is None:
            return judge(operation, None, is_expired=False)
        verdict = judge(operation, account.standing(), is_expired=self._is_expired(account, now))
        if verdict.decline_code is None and declines(account.payment.misbehaviour, operation.kind):
            return Verdict(verdict.amount, decline_code="processing_error")
        return verdict

    def _is_expired(self, account: Account, now: datetime) -> bool:
        seconds = self._behaviour.authorization_seconds
        return seconds is not None and now - account.payment.booked_at >= timedelta(seconds=seconds)
