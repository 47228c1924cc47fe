"""One try to bring an event to an endpoint, and what becomes of it."""

from collections.abc import Awaitable, Callable
from datetime import datetime

import trio
from attrs import define

from pgw.actors.known_endpoint import KnownEndpoint
from pgw.actors.webhook_ports import LONGEST_ASKED_FOR, WebhookPorts
from pgw.domain.delivery import DeliveryStatus, DeliveryTry, DueDelivery, TriedDelivery
from pgw.domain.job import JobEvent
from pgw.domain.webhook import DisabledBecause
from pgw.webhooks.port import Answered, NotAnswered, SendOutcome

GONE = 410  # RFC 9110, section 15.5.11
CRASHED = NotAnswered("The gateway failed over it.")
Disable = Callable[[KnownEndpoint, DisabledBecause], Awaitable[None]]


@define(eq=False)
class DeliveryActor:
    """Makes one try and writes what it came to; nothing of it is made again but the writing.

    Where the gateway itself fails over it, that is a try in vain like any other.
    """

    ports: WebhookPorts
    known: KnownEndpoint
    due: DueDelivery
    disable: Disable
    _tried: TriedDelivery | None = None
    _runs: int = 0

    async def run(self) -> None:
        self._runs += 1
        if self._runs > 1:
            await trio.sleep(self.ports.after_crash.delay(self._runs - 1))
        if self._tried is None:
            self._tried = await self._try()
        if self._tried is not None:
            await self.ports.record(self._tried)
            await self._follow(self._tried)

    async def _try(self) -> TriedDelivery | None:
        clock, known = self.ports.clock, self.known
        at, began = clock.now(), clock.monotonic()
        if self._runs > 1:
            return self._judged(CRASHED, at, 0.0)
        # It may have waited long for its place.
        if not known.takes_deliveries:
            return None
        endpoint = known.endpoint
        outcome = await self.ports.sender.send(endpoint, self.due)
        seconds = clock.monotonic() - began
        self.ports.measures.webhook_tried(_status_class(outcome), seconds)
        is_gone = isinstance(outcome, Answered) and outcome.status_code == GONE
        if is_gone and endpoint.url == known.endpoint.url:
            known.ending = DisabledBecause.GONE
        return self._judged(outcome, at, seconds)

    def _judged(self, outcome: SendOutcome, at: datetime, seconds: float) -> TriedDelivery:
        delivery, number = self.due.delivery, self.due.delivery.tries + 1
        match outcome:
            case Answered(code, snippet, retry_after):
                made = DeliveryTry(number, at, _milliseconds(seconds), code, snippet=snippet)
                wait = min(max(retry_after or 0.0, 0.0), LONGEST_ASKED_FOR)
            case NotAnswered(reason):
                made, wait = DeliveryTry(number, at, _milliseconds(seconds), error=reason), 0.0
        status, failures, due_at = DeliveryStatus.DELIVERED, delivery.failures, None
        if _status_class(outcome) != "2xx":
            failures += 1
            due_at = self._due_after(failures, wait)
            status = DeliveryStatus.GIVEN_UP if due_at is None else DeliveryStatus.PENDING
        event = self.due.event
        return TriedDelivery(
            *(delivery.key, delivery.merchant_id, status, failures, due_at, made),
            redeliveries=delivery.redeliveries,
            payment_id=delivery.payment_id,
            job_id=event.job.id if isinstance(event, JobEvent) else None,
        )

    def _due_after(self, failures: int, at_least: float) -> datetime | None:
        ports = self.ports
        return ports.schedule.due_after(
            failures, ports.clock.now(), ports.randomness.fraction(), at_least=at_least
        )

    async def _follow(self, tried: TriedDelivery) -> None:
        """Do to the endpoint what the try, which is written, gives reason for."""
        known = self.known
        if tried.succeeded:
            known.succeeded()
            return
        known.failed()
        if tried.status is DeliveryStatus.GIVEN_UP:
            self.ports.measures.webhook_given_up()
        if known.ending is DisabledBecause.GONE:
            await self.disable(known, DisabledBecause.GONE)
        elif known.failing_for >= self.ports.disable_after.total_seconds():
            await self.disable(known, DisabledBecause.FAILING)


def _milliseconds(seconds: float) -> int:
    return max(0, round(seconds * 1000))


def _status_class(outcome: SendOutcome) -> str:
    """Return `2xx` and the like (RFC 9110, section 15), or `none` where there was no such answer."""
    code = outcome.status_code if isinstance(outcome, Answered) else 0
    return f"{code // 100}xx" if 200 <= code <= 599 else "none"  # noqa: PLR2004
