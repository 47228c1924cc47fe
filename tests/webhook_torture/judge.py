"""Compares what the gateway's log holds, what it says it delivered, and what was received."""

from collections.abc import Iterator, Sequence

from tests.webhook_torture import signatures
from tests.webhook_torture.evidence import Event, Evidence, Received, Stored
from tests.webhook_torture.told import Told, told_at, wanted_by
from tests.webhook_torture.tries import faults_of_tries, faults_of_waits
from tests.webhook_torture.world import Endpoint

ENDS = frozenset({"job.completed", "job.failed"})


def findings_of(evidence: Evidence) -> Iterator[str]:
    """Yield a sentence for whatever is wrong."""
    yield from (f"the gateway logged a bug: {line}" for line in evidence.bugs)
    yield from (f"a request is malformed: {text}" for text in evidence.malformed)
    yield from _forgotten(evidence)
    for endpoint in evidence.endpoints:
        told = told_at(endpoint, evidence.events, evidence.requests)
        for finding in _of_endpoint(told, evidence):
            yield f"{endpoint.path}: {finding}"


def _forgotten(evidence: Evidence) -> Iterator[str]:
    events = evidence.events.values()
    begun = {event.reference for event in events if event.type == "job.created"}
    ended = {event.reference for event in events if event.type in ENDS}
    for reference in sorted(evidence.accepted - (begun & ended)):
        yield f"{reference} was accepted, and the log does not hold its beginning and its end"


def _of_endpoint(told: Told, evidence: Evidence) -> Iterator[str]:
    """Yield what is worst first."""
    wanted = list(wanted_by(told.endpoint, told.events))
    yield from _losses(wanted, told)
    yield from _disorder(wanted, told)
    yield from told.strange
    yield from _signatures(told.endpoint, evidence.requests)
    stored = {one.seq: one for one in evidence.deliveries if one.endpoint_id == told.endpoint.id}
    unwanted = stored.keys() - {event.seq for event in wanted}
    yield from (f"{seq} has a delivery and is not wanted" for seq in sorted(unwanted))
    for event in wanted:
        yield from _of_delivery(event, told, stored.get(event.seq), evidence.kills)


def _losses(wanted: Sequence[Event], told: Told) -> Iterator[str]:
    for event in wanted:
        if told.success(event.seq) is None:
            answers = [one.status for one in told.tries.get(event.seq, ())]
            yield f"{event.seq} ({event.type}) is lost: its tries were answered {answers}"


def _signatures(endpoint: Endpoint, requests: Sequence[Received]) -> Iterator[str]:
    own = [request for request in requests if request.path == endpoint.path]
    for request in own:
        for fault in signatures.faults_of(endpoint.secret, request):
            yield f"{request.id} {fault}"
    yield from signatures.refused_by_the_package(endpoint.secret, own)


def _of_delivery(event: Event, told: Told, stored: Stored | None, kills: Sequence[int]) -> Iterator[str]:
    if stored is None:
        yield f"{event.seq} ({event.type}) has no delivery"
        return
    if stored.status != "Delivered":
        yield f"{event.seq} ({event.type}) is {stored.status} after {stored.count} tries"
    tries = told.tries.get(event.seq, [])
    for fault in (*faults_of_tries(stored, tries, kills), *faults_of_waits(tries, kills)):
        yield f"{event.seq} {fault}"


def _disorder(wanted: Sequence[Event], told: Told) -> Iterator[str]:
    """Of a payment nothing is sent before what comes before it was answered 2xx."""
    before: dict[str, int] = {}
    for event in wanted:
        earlier, before[event.payment_id] = before.get(event.payment_id), event.seq
        tries = told.tries.get(event.seq)
        if earlier is None or not tries:
            continue
        success = told.success(earlier)
        if success is None or success.place > tries[0].place:
            yield f"{event.seq} was sent before {earlier} of the same payment was delivered"
