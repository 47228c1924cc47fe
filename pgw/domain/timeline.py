"""The timeline: what happened to a payment, when, why, and from whom."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from attrs import field, frozen

Fact = str | int | bool | None


class Happening(StrEnum):
    """What kind of thing happened."""

    REQUESTED = "requested"
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


@frozen
class RecordedEntry:
    """An entry of a payment's timeline as it was stored; `number` counts the payment's own, from 1."""

    number: int
    job_id: str
    entry: TimelineEntry


@frozen
class SealedEntry:
    """An entry as it stands in the one chain of all payments' entries, in the order of commits.

    `document` is its JSON, to the letter. `hash` is over it and the hash before it, under the key that
    `sealed_by` names.
    """

    number: int
    payment_id: str
    job_id: str
    document: str
    sealed_by: str
    hash: str


@frozen
class ChainHead:
    """The number and the hash of the newest entry, sealed so that no older ones can be put in their place."""

    number: int
    hash: str
    sealed_by: str
    seal: str


@frozen
class ChainPage:
    """Entries in the order of their numbers, with what was so at the same moment.

    `newest` is the greatest number of all, 0 before the first; the head is None where it is gone.
    """

    entries: Sequence[SealedEntry]
    newest: int
    head: ChainHead | None
