"""What must be true of webhooks, by the database, what merchants did, and what their servers were told."""

from collections.abc import Iterator, Mapping, Sequence

from pgw.domain.delivery import DeliveryStatus
from pgw.domain.webhook import ENDPOINT_DISABLED
from tests.simulation.endpoint_history import EndpointHistory, Kept
from tests.simulation.event_log import EventLog
from tests.simulation.receiver import Receiver
from tests.simulation.webhook_books import BookedDelivery


def webhooks_at_start(
    deliveries: Sequence[BookedDelivery], log: EventLog, kept: Sequence[Kept]
) -> Iterator[str]:
    """Yield what was told and is not committed, and what is noted and did not happen."""
    receivers = {one.history.endpoint_id: one.receiver for one in kept if one.history is not None}
    for receiver in receivers.values():
        events = log.of(receiver.merchant_id)
        for telling in receiver.tellings:
            if telling.event not in events[telling.key.seq - 1 : telling.key.seq]:
                yield f"webhooks: {telling.key} told {telling.event}, which is not in the log"
    for delivery in deliveries:
        receiver = receivers[delivery.key.endpoint_id]
        if delivery.status == DeliveryStatus.DELIVERED and not receiver.has_acknowledged(delivery.key):
            yield f"webhooks: {delivery.key} is recorded as delivered, and nobody acknowledged it"


def webhooks_at_the_end(
    deliveries: Sequence[BookedDelivery],
    log: EventLog,
    kept: Sequence[Kept],
    forgotten_seqs: Mapping[str, int],
) -> Iterator[str]:
    """Yield what was not told, or what was told and should not have been."""
    yield from webhooks_at_start(deliveries, log, kept)
    for delivery in deliveries:
        if delivery.status != DeliveryStatus.DELIVERED:
            yield f"webhooks: {delivery} is not delivered"
    for one in kept:
        if one.history is not None:
            forgotten = forgotten_seqs[one.receiver.merchant_id]
            yield from _of_endpoint(one.receiver, one.history, log, forgotten)
    yield from _disabled(log, kept)


def _of_endpoint(
    receiver: Receiver, history: EndpointHistory, log: EventLog, forgotten: int
) -> Iterator[str]:
    """Judge it by what its merchant wanted; what was forgotten waited for nobody, or for who was disabled."""
    events = log.of(receiver.merchant_id)
    acknowledged = {one.key.seq for one in receiver.tellings if one.was_acknowledged}
    told = {one.key.seq for one in receiver.tellings}
    yield from history.violations(events)
    for seq in history.wanted(events):
        if seq not in acknowledged and (seq > forgotten or not history.was_ever_disabled):
            yield f"webhooks: event {seq} was never delivered to {history.endpoint_id}"
    for seq in history.unwanted(events):
        if seq in told:
            yield f"webhooks: event {seq} was told to {history.endpoint_id}, which does not want it"
    for again in receiver.redeliveries:
        if again.key.seq > forgotten and receiver.sent[again.key] <= again.tries_before:
            yield f"webhooks: {again.key} was to be sent again, and was not"


def _disabled(log: EventLog, kept: Sequence[Kept]) -> Iterator[str]:
    """Each event of a disabled endpoint is about one that there is."""
    known = {one.history.endpoint_id for one in kept if one.history is not None}
    for merchant_id in dict.fromkeys(one.receiver.merchant_id for one in kept):
        for event in log.of(merchant_id):
            if event.type == ENDPOINT_DISABLED and event.subject_id not in known:
                yield f"webhooks: {event} is of no endpoint"
