"""What one endpoint was told, by the `sequence` that each webhook names."""

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from attrs import define, field

from tests.webhook_torture.evidence import Event, Received
from tests.webhook_torture.world import Endpoint


@define(eq=False)
class Told:
    """`tries` are those of each event in the order in which they came; `strange` is what should not be."""

    endpoint: Endpoint
    events: Mapping[int, Event]
    tries: dict[int, list[Received]] = field(factory=dict)
    strange: list[str] = field(factory=list)
    _firsts: dict[str, Received] = field(factory=dict)
    _seqs: dict[str, int] = field(factory=dict)

    def take(self, request: Received) -> None:
        first = self._firsts.setdefault(request.id, request)
        if first is request:
            self._take_first(request)
        elif request.body != first.body:
            self.strange.append(f"{request.id} has another body than at its first try: {request.body}")
        if request.id in self._seqs:
            self.tries.setdefault(self._seqs[request.id], []).append(request)

    def success(self, seq: int) -> Received | None:
        """Return the first try of an event that was answered 2xx."""
        return next((one for one in self.tries.get(seq, ()) if is_success(one.status)), None)

    def _take_first(self, request: Received) -> None:
        document = _document(request.body)
        seq = None if document is None else document["data"]["sequence"]
        event = self.events.get(seq) if isinstance(seq, int) else None
        if event is None or not wants(self.endpoint, event):
            self.strange.append(f"{request.id} tells what the log does not hold for it: {request.body}")
            return
        self._seqs[request.id] = event.seq
        if document != event.document:
            self.strange.append(f"{request.id} says {request.body} where the log says {event.document}")
        if event.seq in self.tries:
            self.strange.append(f"{event.seq} is told as {self.tries[event.seq][0].id} and as {request.id}")


def told_at(endpoint: Endpoint, events: Mapping[int, Event], requests: Sequence[Received]) -> Told:
    told = Told(endpoint, events)
    for request in requests:
        if request.path == endpoint.path:
            told.take(request)
    return told


def wanted_by(endpoint: Endpoint, events: Mapping[int, Event]) -> Iterator[Event]:
    """Yield them in the order of the log."""
    return (events[seq] for seq in sorted(events) if wants(endpoint, events[seq]))


def wants(endpoint: Endpoint, event: Event) -> bool:
    return endpoint.event_types is None or event.type in endpoint.event_types


def is_success(status: int | None) -> bool:
    return status is not None and 200 <= status < 300


def _document(body: str) -> dict[str, Any] | None:
    """Read a body with its amounts exact; None where it is not of the shape that all have."""
    try:
        document = json.loads(body, parse_float=Decimal)
        return document if isinstance(document["data"], dict) and "sequence" in document["data"] else None
    except (ValueError, KeyError, TypeError):
        return None
