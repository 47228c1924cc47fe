"""Bugs in when a webhook is sent, and in what is written of it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from unittest.mock import patch

from pgw.actors import webhook_delivery
from pgw.actors.endpoint_changes import EndpointChanges
from pgw.actors.known_endpoint import KnownEndpoint
from pgw.actors.webhook_delivery import DeliveryActor
from pgw.actors.webhooks import Webhooks
from pgw.domain.delivery import Delivery, DeliveryKey, DeliveryStatus, DueDelivery, TriedDelivery
from pgw.domain.webhook import DisabledBecause, WebhookEndpoint
from pgw.storage import reading, webhooks
from pgw.storage.port import Change
from pgw.storage.rows import event_of
from pgw.storage.sqlite import SqliteStorage
from pgw.webhooks.port import Answered, SendOutcome


@contextmanager
def told_before_commit() -> Iterator[None]:
    """A change's webhooks are sent when it is about to be written, and not when it is committed."""
    commit, run, known_by = SqliteStorage._commit, Webhooks.run, dict[Any, Webhooks]()

    async def _run(actor: Webhooks) -> None:
        known_by[actor._ports.storage] = actor
        await run(actor)

    async def _commit(storage: SqliteStorage, changes: Sequence[Any]) -> Sequence[Any]:
        actor = known_by.get(storage)
        for change in changes if actor is not None else ():
            if isinstance(change, Change) and change.is_told:
                await _send(storage, actor, change)
        return await commit(storage, changes)

    async def _send(storage: SqliteStorage, actor: Any, change: Change) -> None:
        seq = await storage._reader.run(reading.last_seq, change.job.merchant_id) + 1
        event, at = event_of(seq, change), change.job.updated_at
        for known in actor._known.concerned(event):
            key, status = DeliveryKey(seq, known.id), DeliveryStatus.PENDING
            delivery = Delivery(
                *(key, change.job.merchant_id, event.type, change.payment.id, status, 0, 0, at, at, at),
                redeliveries=0,
            )
            await actor._ports.sender.send(known.endpoint, DueDelivery(delivery, event, change.payment))

    with patch.object(SqliteStorage, "_commit", _commit), patch.object(Webhooks, "run", _run):
        yield


@contextmanager
def delivered_before_sent() -> Iterator[None]:
    """A delivery is written as delivered, and then sent."""

    async def _try(actor: DeliveryActor) -> TriedDelivery | None:
        if actor.known.takes_deliveries:
            await actor.ports.record(actor._judged(Answered(200), actor.ports.clock.now(), 0.0))
            await actor.ports.sender.send(actor.known.endpoint, actor.due)
        return None

    with patch.object(DeliveryActor, "_try", _try):
        yield


@contextmanager
def next_not_waiting() -> Iterator[None]:
    """What waits for the one before it of its payment is due like any other."""
    condition = "due_at <= ?2"
    assert condition in webhooks._DUE
    waiting_too = webhooks._DUE.replace(condition, "status = 'Pending' AND coalesce(due_at, 0) <= ?2")

    def is_busy_with(known: KnownEndpoint, due: DueDelivery) -> bool:
        return due.delivery.key.seq in known.at_work

    with (
        patch.object(webhooks, "_DUE", waiting_too),
        patch.object(KnownEndpoint, "is_busy_with", is_busy_with),
    ):
        yield


@contextmanager
def failed_is_delivered() -> Iterator[None]:
    """Any answer is taken for an acknowledgement."""

    def status_class(outcome: SendOutcome) -> str:
        return "2xx" if isinstance(outcome, Answered) else "none"

    with patch.object(webhook_delivery, "_status_class", status_class):
        yield


@contextmanager
def not_taken_up() -> Iterator[None]:
    """What was under way, or due, when the process ended is not looked for by the next one."""

    async def first_due_at(
        _storage: SqliteStorage, _endpoint_ids: Sequence[str], _horizon: datetime
    ) -> Mapping[str, datetime]:
        return {}

    with patch.object(SqliteStorage, "first_due_at", first_due_at):
        yield


@contextmanager
def disabled_without_a_word() -> Iterator[None]:
    """The gateway disables an endpoint as its merchant would, and no event says so."""

    async def _disable(changes: EndpointChanges, known: KnownEndpoint, because: DisabledBecause) -> bool:
        def disabled(endpoint: WebhookEndpoint) -> WebhookEndpoint:
            return endpoint.disabled(because, changes._ports.clock.now())

        merchant_id = known.endpoint.merchant_id
        changes._take(disabled(known.endpoint))
        await changes._ports.storage.change_endpoint(merchant_id, known.id, disabled)
        return True

    with patch.object(EndpointChanges, "_disable", _disable):
        yield
