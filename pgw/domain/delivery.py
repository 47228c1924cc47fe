"""A webhook delivery: one event for one endpoint, and each try to bring it there."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from attrs import frozen

from pgw.domain.event import Event
from pgw.domain.letters import LETTERS, from_letters, in_letters
from pgw.domain.payment import Payment

_SEQ_LETTERS = 13
_ID_PREFIX, _ENDPOINT_PREFIX = "whd_", "whe_"


class DeliveryStatus(StrEnum):
    PENDING = "Pending"  # to be sent, or sent again; also while it waits for the one before it
    DELIVERED = "Delivered"
    GIVEN_UP = "GivenUp"  # after the last try of the schedule; it can be sent again by request


@frozen(order=True)
class DeliveryKey:
    """Which event, by its merchant's `seq`, for which endpoint. It is told as one opaque id."""

    seq: int
    endpoint_id: str

    @property
    def id(self) -> str:
        """The id, which sorts by `seq`. It is the `webhook-id` of each try (Standard Webhooks 1.0.0)."""
        seq = in_letters(self.seq, _SEQ_LETTERS)
        return f"{_ID_PREFIX}{seq}{self.endpoint_id.removeprefix(_ENDPOINT_PREFIX)}"

    @staticmethod
    def of(delivery_id: str) -> "DeliveryKey | None":
        """Read an id; None for what can be none."""
        text = delivery_id.removeprefix(_ID_PREFIX)
        seq, endpoint = text[:_SEQ_LETTERS], text[_SEQ_LETTERS:]
        if len(text) == len(delivery_id) or not endpoint or not set(seq) <= LETTERS:
            return None
        return DeliveryKey(from_letters(seq), f"{_ENDPOINT_PREFIX}{endpoint}")


@frozen
class DeliveryTry:
    """One request to an endpoint, and what became of it.

    `status_code` is that of its answer; without one `error` says why there was none. `snippet` is the
    beginning of the answer's body, card numbers redacted.
    """

    number: int
    at: datetime
    milliseconds: int
    status_code: int | None = None
    error: str | None = None
    snippet: str | None = None


@frozen
class Delivery:
    """How far an event is on its way to an endpoint.

    `tries` are all so far, `failures` those in vain since it was last begun, by the event or by a request to
    send it again. `due_at` is None while it waits for the one before it, and once it is over. `redeliveries`
    are the times that it was asked for again.
    """

    key: DeliveryKey
    merchant_id: str
    type: str
    payment_id: str | None
    status: DeliveryStatus
    tries: int
    failures: int
    due_at: datetime | None
    created_at: datetime
    updated_at: datetime
    redeliveries: int = 0


@frozen
class DueDelivery:
    """A delivery with what is told: the event, and its payment as it was then, if it is about one."""

    delivery: Delivery
    event: Event
    payment: Payment | None


@frozen
class TriedDelivery:
    """What one try came to: how the delivery stands from then on.

    Unless it was asked for again since the try began: `redeliveries` are the times until then. Payment and
    job are those that it is about, if it is about any.
    """

    key: DeliveryKey
    merchant_id: str
    status: DeliveryStatus
    failures: int
    due_at: datetime | None
    made: DeliveryTry
    redeliveries: int = 0
    payment_id: str | None = None
    job_id: str | None = None

    @property
    def succeeded(self) -> bool:
        return self.status is DeliveryStatus.DELIVERED


@frozen
class DeliveryTold:
    """A delivery as its merchant sees it, with its latest tries, the newest last."""

    delivery: Delivery
    tries: Sequence[DeliveryTry]


@frozen
class RetrySchedule:
    """Seconds to wait before each try: the first wait is from the event on, each other from a failure."""

    waits: tuple[float, ...]

    def due_after(
        self, failures: int, now: datetime, fraction: float, *, at_least: float = 0
    ) -> datetime | None:
        """Return when to try again after so many failures, or None where that was the last try.

        `fraction`, from 0 to 1, spreads a wait over its second half; `at_least` is what the endpoint asked
        for, in seconds.
        """
        if failures >= len(self.waits):
            return None
        wait = self.waits[failures] * (0.5 + fraction / 2)
        return now + timedelta(seconds=max(wait, at_least))

    @property
    def longest(self) -> float:
        return max(self.waits)
