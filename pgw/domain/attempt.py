"""An attempt: one reference at a bank, from the intent to what is known for good."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from attrs import evolve, frozen

from pgw.domain.errors import FailureCode


class AttemptOutcome(StrEnum):
    """What is known of a request to the bank.

    `Doubtful` is looked up. Once `Reversing` is on disk the only outcome is that it was `Reversed`; where the
    bank refuses that, it is `NotReversible` until an operator settles it.
    """

    INTENDED = "Intended"
    ANSWERED = "Answered"
    NOT_PROCESSED = "NotProcessed"
    DOUBTFUL = "Doubtful"
    REVERSING = "Reversing"
    REVERSED = "Reversed"
    NOT_REVERSIBLE = "NotReversible"
    SETTLED = "Settled"


OUTCOMES_AFTER: Mapping[AttemptOutcome, frozenset[AttemptOutcome]] = {
    AttemptOutcome.INTENDED: frozenset(
        {
            AttemptOutcome.ANSWERED,
            AttemptOutcome.NOT_PROCESSED,
            AttemptOutcome.DOUBTFUL,
            AttemptOutcome.REVERSING,
        }
    ),
    AttemptOutcome.DOUBTFUL: frozenset(
        {AttemptOutcome.ANSWERED, AttemptOutcome.REVERSING, AttemptOutcome.SETTLED}
    ),
    AttemptOutcome.REVERSING: frozenset({AttemptOutcome.REVERSED, AttemptOutcome.NOT_REVERSIBLE}),
    AttemptOutcome.NOT_REVERSIBLE: frozenset({AttemptOutcome.SETTLED}),
}


@frozen
class Attempt:
    """The intent to call a bank under a reference of our own, on disk before a byte leaves.

    Every try of one attempt carries the same reference. Once one of them is doubtful the reference is
    tainted for good and never sent again; it rests in storage and is asked about when `due_at` has come.
    `inquiries` counts what was asked in vain since the outcome is what it is. `failure` is what the payment
    fails with once the reversal is acknowledged, `settled_because` the operator's reason.
    """

    reference: str
    payment_id: str
    job_id: str
    bank: str
    outcome: AttemptOutcome
    tries: int
    authorization_code: str | None
    created_at: datetime
    updated_at: datetime
    due_at: datetime | None = None
    inquiries: int = 0
    failure: FailureCode | None = None
    settled_because: str | None = None

    @staticmethod
    def intended(reference: str, payment_id: str, job_id: str, bank: str, at: datetime) -> "Attempt":
        return Attempt(reference, payment_id, job_id, bank, AttemptOutcome.INTENDED, 0, None, at, at)

    def ended(
        self, outcome: AttemptOutcome, tries: int, at: datetime, authorization_code: str | None = None
    ) -> "Attempt":
        return self._become(outcome, at, tries=tries, authorization_code=authorization_code)

    def doubted(self, tries: int, at: datetime, due_at: datetime | None) -> "Attempt":
        """Follow an answer of doubt; None is for a bank that cannot be asked."""
        return self._become(AttemptOutcome.DOUBTFUL, at, tries=tries, due_at=due_at)

    def to_be_reversed(self, failure: FailureCode, tries: int, at: datetime) -> "Attempt":
        """Intend the reversal: once this is on disk no approval is taken over."""
        return self._become(AttemptOutcome.REVERSING, at, tries=tries, due_at=at, failure=failure)

    def asked_in_vain(self, at: datetime, due_at: datetime) -> "Attempt":
        """Follow a look-up or a reversal that brought nothing."""
        return evolve(self, inquiries=self.inquiries + 1, due_at=due_at, updated_at=at)

    def settled(self, because: str, at: datetime, due_at: datetime | None) -> "Attempt":
        """Follow an operator's word; `due_at` where it is still to be watched for a late charge."""
        return self._become(AttemptOutcome.SETTLED, at, due_at=due_at, settled_because=because)

    def put_to_rest(self, at: datetime) -> "Attempt":
        """Ask no more."""
        return evolve(self, due_at=None, updated_at=at)

    def _become(self, outcome: AttemptOutcome, at: datetime, **changes: Any) -> "Attempt":
        allowed = OUTCOMES_AFTER.get(self.outcome, frozenset())
        assert outcome in allowed, f"{self.outcome} never becomes {outcome}"
        return evolve(self, **({"due_at": None, "inquiries": 0} | changes), outcome=outcome, updated_at=at)
