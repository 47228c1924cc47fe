"""The timeline: what happened to a payment, when, why, and from whom."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from attrs import field, frozen

Fact = str | int | bool | None


class Happening(StrEnum):
    """What kind of thing happened."""

    REQUESTED = "requested"
    INTENDED = "intended"
    SUBMITTED = "submitted"
    LOOKED_UP = "lookedUp"
    REVERSAL_INTENDED = "reversalIntended"
    REVERSED = "reversed"
    SETTLED = "settled"
    FLAGGED = "flagged"
    WEBHOOK_TRIED = "webhookTried"


class By(StrEnum):
    """From whom it came."""

    MERCHANT = "merchant"
    GATEWAY = "gateway"
    BANK = "bank"
    OPERATOR = "operator"


@frozen
class TimelineEntry:
    """One thing that happened, with its facts. Never a card number, and no CVV.

    What was asked of a bank or of an endpoint is one entry with its answer, at the time it was asked.
    """

    what: Happening
    by: By
    at: datetime
    facts: Mapping[str, Fact] = field(factory=dict)
