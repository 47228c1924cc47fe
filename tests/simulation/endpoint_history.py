"""What a merchant knows of its endpoint, and so which events it must have been told, and which not."""

import json
import sqlite3
from collections.abc import Iterator, Sequence

from attrs import define, evolve, field, frozen

from pgw.domain.webhook import ENDPOINT_DISABLED, DisabledBecause, EndpointStatus, WebhookEndpoint
from tests.simulation.books import Told
from tests.simulation.receiver import Receiver

_STATE = """
    SELECT status, coalesce(disabled_because, ''), event_types, secret_version FROM webhook_endpoints
    WHERE id = ?
"""
_LAST_SEQ = "SELECT last_seq FROM merchants WHERE id = ?"


@frozen
class State:
    status: str
    disabled_because: str
    event_types: tuple[str, ...] | None
    secret_version: int

    @staticmethod
    def of(endpoint: WebhookEndpoint) -> "State":
        because = endpoint.disabled_because or ""
        return State(endpoint.status, because, endpoint.event_types, endpoint.secret_version)

    @property
    def is_enabled(self) -> bool:
        return self.status == EndpointStatus.ENABLED

    def wants(self, event: Told) -> bool:
        return self.is_enabled and (self.event_types is None or event.type in self.event_types)


@frozen
class Seen:
    """How an endpoint was, when so many of its merchant's events were committed."""

    state: State
    seq: int


@frozen
class Span:
    """Nobody but the gateway changed the endpoint between two looks at it."""

    since: Seen
    until: Seen


def look_at(connection: sqlite3.Connection, merchant_id: str, endpoint_id: str) -> Seen | None:
    """Read an endpoint between two steps, when no transaction is open; None where there is none."""
    found = connection.execute(_STATE, [endpoint_id]).fetchone()
    if found is None:
        return None
    status, because, types, version = found
    state = State(status, because, None if types is None else tuple(json.loads(types)), version)
    (last_seq,) = connection.execute(_LAST_SEQ, [merchant_id]).fetchone()
    return Seen(state, int(last_seq))


@define(eq=False)
class EndpointHistory:
    """`since` is the last look, or None where a change is under way or its outcome is not known.

    Up to `added_after` no event can be wanted.
    """

    merchant_id: str
    endpoint_id: str
    added_after: int
    since: Seen | None = None
    spans: list[Span] = field(factory=list)

    @property
    def was_ever_disabled(self) -> bool:
        return not all(seen.state.is_enabled for span in self.spans for seen in (span.since, span.until))

    def close(self, now: Seen) -> None:
        """Note how the endpoint is now."""
        if self.since is not None:
            self.spans.append(Span(self.since, now))
        self.since = now

    def violations(self, log: Sequence[Told]) -> Iterator[str]:
        """Yield where the endpoint changed without its merchant or an event, or the other way round."""
        for span in self.spans:
            disabling = self._disabling(span, log)
            expected = span.since.state
            if disabling:
                words = disabling[0].says.split()
                expected = evolve(expected, status=words[0], disabled_because=words[1])
            if len(disabling) > 1 or (disabling and not span.since.state.is_enabled):
                yield f"webhooks: {self.endpoint_id} was disabled {len(disabling)} times in {span}"
            if expected != span.until.state:
                yield f"webhooks: {self.endpoint_id} is {span.until.state} where it should be {expected}"
            if any(one.says.endswith(DisabledBecause.ASKED) for one in disabling):
                yield f"webhooks: there is an event of {self.endpoint_id}, which its merchant disabled"

    def wanted(self, log: Sequence[Told]) -> list[int]:
        """Return the `seq`s of all events that the endpoint must be told."""
        return self._within_spans(log, is_wanted=True)

    def unwanted(self, log: Sequence[Told]) -> list[int]:
        """Return the `seq`s of all events that it must not be told."""
        return [*range(1, self.added_after + 1), *self._within_spans(log, is_wanted=False)]

    def _within_spans(self, log: Sequence[Told], *, is_wanted: bool) -> list[int]:
        found: list[int] = []
        for span in self.spans:
            # What says that it was disabled is not told to itself.
            disabled_at = min([one.seq for one in self._disabling(span, log)], default=span.until.seq + 1)
            found += [
                event.seq
                for event in log[span.since.seq : span.until.seq]
                if (span.since.state.wants(event) and event.seq < disabled_at) == is_wanted
            ]
        return found

    def _disabling(self, span: Span, log: Sequence[Told]) -> list[Told]:
        return [
            one
            for one in log[span.since.seq : span.until.seq]
            if one.type == ENDPOINT_DISABLED and one.subject_id == self.endpoint_id
        ]


@define(eq=False)
class Kept:
    """A receiver with its endpoint's history, which begins with the first request to add it.

    Its merchant `is_content` when it has nothing left to ask for, in the second phase.
    """

    receiver: Receiver
    history: EndpointHistory | None = None
    is_content: bool = False
