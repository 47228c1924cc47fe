"""What must be true of webhooks, by the database, what merchants did, and what their servers were told."""

from collections.abc import Iterator, Mapping, Sequence

from pgw.domain.delivery import DeliveryKey, DeliveryStatus
from pgw.domain.webhook import ENDPOINT_DISABLED, DisabledBecause
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
    tries: int,
) -> Iterator[str]:
    """Yield what was not told, or what was told and should not have been; it is given up after so many."""
    yield from webhooks_at_start(deliveries, log, kept)
    for delivery in deliveries:
        if delivery.status != DeliveryStatus.DELIVERED:
            yield f"webhooks: {delivery} is not delivered"
    for one in kept:
        if one.history is not None:
            forgotten = forgotten_seqs[one.receiver.merchant_id]
            yield from _of_endpoint(one.receiver, one.history, log, forgotten, tries)
    yield from _disabled(log, kept)


def _of_endpoint(
    receiver: Receiver, history: EndpointHistory, log: EventLog, forgotten: int, tries: int
) -> Iterator[str]:
    """Judge it by what its merchant wanted; what is forgotten may have been given up, or waited in vain."""
    events = log.of(receiver.merchant_id)
    acknowledged = {one.key.seq for one in receiver.tellings if one.was_acknowledged}
    told = {one.key.seq for one in receiver.tellings}
    yield from history.violations(events)
    for seq in history.wanted(events):
        was_given_up = receiver.sent[DeliveryKey(seq, history.endpoint_id)] >= tries
        is_excused = seq <= forgotten and (was_given_up or history.was_ever_disabled)
        if seq not in acknowledged and not is_excused:
            yield f"webhooks: event {seq} was never delivered to {history.endpoint_id}"
    for seq in history.unwanted(events):
        if seq in told:
            yield f"webhooks: event {seq} was told to {history.endpoint_id}, which does not want it"
    for again in receiver.redeliveries:
        if again.key.seq > forgotten and receiver.sent[again.key] <= again.tries_before:
            yield f"webhooks: {again.key} was to be sent again, and was not"


def _disabled(log: EventLog, kept: Sequence[Kept]) -> Iterator[str]:
    """Each event of a disabled endpoint is about one that there is, and that gave reason for it."""
    known = {one.history.endpoint_id: one.receiver for one in kept if one.history is not None}
    for merchant_id in dict.fromkeys(one.receiver.merchant_id for one in kept):
        for event in log.of(merchant_id):
            if event.type != ENDPOINT_DISABLED:
                continue
            receiver = known.get(event.subject_id)
            if receiver is None:
                yield f"webhooks: {event} is of no endpoint"
            elif event.says.endswith(DisabledBecause.GONE) and not receiver.has_said_gone:
                yield f"webhooks: {event} is of an endpoint that never said so"
