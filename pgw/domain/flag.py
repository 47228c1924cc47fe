from datetime import datetime
from enum import StrEnum

from attrs import frozen


class FlagCode(StrEnum):
    """Why a person must look at a payment."""

    LATE_DECISION = "LateDecision"
    REVERSAL_REFUSED = "ReversalRefused"
    STILL_UNKNOWN = "StillUnknown"
    EXPIRY_REFUSED = "ExpiryRefused"


@frozen
class Flag:
    """A payment flagged for attention, once for each code, until an operator acknowledges it."""

    job_id: str
    code: FlagCode
    detail: str
    raised_at: datetime
