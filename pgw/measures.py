"""What is measured of a gateway at work. Who measures knows nothing of how it is shown."""

from collections.abc import Awaitable, Callable
from typing import Protocol

import trio
from attrs import frozen

from pgw.bank.port import Answer, Call
from pgw.domain.job import JobStatus
from pgw.domain.payment import PaymentStatus


class Measures(Protocol):
    """Told of what happens, when it does; times are in seconds. It never waits and never fails.

    A call costs a microsecond or so. Nothing of a merchant, a payment or a card is handed over.
    """

    def request_answered(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """Count an answer, or a stream (`WS`) that ended, by its route's template, if it has one."""

    def refused(self, code: str) -> None:
        """Count an answer that is a problem of this code."""

    def payment_became(self, status: PaymentStatus) -> None:
        """Count a payment whose change to this status was committed."""

    def expiry_became(self, status: JobStatus) -> None:
        """Count a job that voids what expired, which was committed as begun, completed or failed."""

    def bank_called(self, kind: type[Call], outcome: type[Answer], seconds: float) -> None:
        """Count a call that a session performed, connecting included, and what it was answered."""

    def group_committed(self, changes: int, seconds: float) -> None:
        """Count a group of so many changes that storage committed together."""

    def restarted(self, actor: str) -> None:
        """Count a child of this kind that is started again."""

    def webhook_tried(self, outcome: str, seconds: float) -> None:
        """Count a try to deliver a webhook, by its answer: `2xx`, `3xx`, `4xx`, `5xx`, or `none`."""

    def webhook_given_up(self) -> None:
        """Count a delivery whose last try was in vain."""

    def webhook_endpoint_disabled(self) -> None:
        """Count an endpoint that the gateway disabled."""

    def loop_lagged(self, seconds: float) -> None:
        """Take note of how much later than it was due the event loop ran a task."""


class _Unmeasured:
    """Measures nothing."""

    def request_answered(self, method: str, route: str | None, status: int, seconds: float) -> None:
        pass

    def refused(self, code: str) -> None:
        pass

    def payment_became(self, status: PaymentStatus) -> None:
        pass

    def expiry_became(self, status: JobStatus) -> None:
        pass

    def bank_called(self, kind: type[Call], outcome: type[Answer], seconds: float) -> None:
        pass

    def group_committed(self, changes: int, seconds: float) -> None:
        pass

    def restarted(self, actor: str) -> None:
        pass

    def webhook_tried(self, outcome: str, seconds: float) -> None:
        pass

    def webhook_given_up(self) -> None:
        pass

    def webhook_endpoint_disabled(self) -> None:
        pass

    def loop_lagged(self, seconds: float) -> None:
        pass


UNMEASURED: Measures = _Unmeasured()


@frozen
class Scraped:
    """All that was measured so far, as text of a media type."""

    text: bytes
    content_type: str


Scrape = Callable[[str], Awaitable[Scraped]]
"""Shows what was measured, in a form that suits the `Accept` header."""


async def scrape_nothing(_accept: str) -> Scraped:
    await trio.lowlevel.checkpoint()
    return Scraped(b"", "text/plain")
