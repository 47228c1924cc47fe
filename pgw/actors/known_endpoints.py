from collections import defaultdict
from collections.abc import Iterator

from pgw.actors.known_endpoint import KnownEndpoint
from pgw.domain.event import Event
from pgw.domain.webhook import WebhookEndpoint
from pgw.ports import Clock


class KnownEndpoints:
    """All endpoints that are enabled, and those others that something is still under way to."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_id: dict[str, KnownEndpoint] = {}
        self._of_merchant: defaultdict[str, dict[str, KnownEndpoint]] = defaultdict(dict)

    def __iter__(self) -> Iterator[KnownEndpoint]:
        return iter(list(self._by_id.values()))

    def find(self, endpoint_id: str) -> KnownEndpoint | None:
        return self._by_id.get(endpoint_id)

    def concerned(self, event: Event) -> Iterator[KnownEndpoint]:
        """Return who may have something due by an event. For a merchant without endpoints it is a look-up."""
        of_merchant = self._of_merchant.get(event.merchant_id)
        if of_merchant:
            yield from [known for known in of_merchant.values() if known.endpoint.wants(event.type)]

    def take(self, endpoint: WebhookEndpoint) -> KnownEndpoint | None:
        """Know an endpoint as it is stored from now on; None where it is not enabled, and was not known."""
        known = self._by_id.get(endpoint.id)
        if known is not None:
            known.become(endpoint)
        elif endpoint.is_enabled:
            known = self._by_id[endpoint.id] = KnownEndpoint(endpoint, self._clock)
            self._of_merchant[endpoint.merchant_id][endpoint.id] = known
        return known

    def forget(self, known: KnownEndpoint) -> None:
        self._by_id.pop(known.id, None)
        of_merchant = self._of_merchant[known.endpoint.merchant_id]
        of_merchant.pop(known.id, None)
        if not of_merchant:
            del self._of_merchant[known.endpoint.merchant_id]
