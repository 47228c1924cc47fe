from datetime import datetime
from enum import StrEnum

from attrs import evolve, frozen


class AttemptOutcome(StrEnum):
    """What is known of a call to the bank."""

    INTENDED = "Intended"
    ANSWERED = "Answered"
    NOT_PROCESSED = "NotProcessed"
    DOUBTFUL = "Doubtful"


@frozen
class Attempt:
    """The intent to call a bank under a reference of our own, on disk before a byte leaves.

    Every try of one attempt carries the same reference. Once one of them is doubtful the reference is
    tainted for good and never sent again.
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

    @staticmethod
    def intended(reference: str, payment_id: str, job_id: str, bank: str, at: datetime) -> "Attempt":
        return Attempt(reference, payment_id, job_id, bank, AttemptOutcome.INTENDED, 0, None, at, at)

    def ended(
        self, outcome: AttemptOutcome, tries: int, at: datetime, authorization_code: str | None = None
    ) -> "Attempt":
        return evolve(
            self, outcome=outcome, tries=tries, authorization_code=authorization_code, updated_at=at
        )
