"""Changes of endpoints, in storage and in memory, both in one order."""

from collections.abc import Callable, Sequence
from itertools import count
from urllib.parse import urlsplit

import structlog
import trio

from pgw.actors.known_endpoint import KnownEndpoint
from pgw.actors.known_endpoints import KnownEndpoints
from pgw.actors.webhook_ports import WebhookPorts
from pgw.domain.idempotency import Claim, ClaimOnce
from pgw.domain.result import Err, Ok, Result
from pgw.domain.webhook import DisabledBecause, EndpointRefusal, WebhookEndpoint
from pgw.storage.port import StorageUnavailable
from pgw.storage.webhook_port import EndpointChange

_log = structlog.get_logger()


class EndpointChanges:
    """One change at a time, and none that is cut short between storage and memory.

    One of which storage does not know whether it took place leaves its endpoint in doubt: nothing is sent to
    it until that was read.
    """

    def __init__(
        self, ports: WebhookPorts, known: KnownEndpoints, wake: Callable[[KnownEndpoint], None]
    ) -> None:
        self._ports = ports
        self._known = known
        self._wake = wake
        self._lock = trio.Lock()
        # Merchants by the endpoints that are in doubt.
        self._doubts: dict[str, str] = {}
        self._has_doubts = trio.Event()

    async def add(
        self, endpoint: WebhookEndpoint, claim: Claim | None
    ) -> Result[None, EndpointRefusal | Claim]:
        with trio.CancelScope(shield=True):
            async with self._lock:
                try:
                    added = await self._ports.storage.add_endpoint(endpoint, claim)
                except StorageUnavailable:
                    self._doubt(endpoint.merchant_id, endpoint.id)
                    raise
                if isinstance(added, Ok):
                    self._take(endpoint)
        return added

    async def change(
        self,
        merchant_id: str,
        endpoint_id: str,
        change: EndpointChange,
        claim: ClaimOnce[WebhookEndpoint] | None,
    ) -> Result[WebhookEndpoint, EndpointRefusal | Claim]:
        with trio.CancelScope(shield=True):
            async with self._lock:
                try:
                    changed = await self._ports.storage.change_endpoint(
                        merchant_id, endpoint_id, change, claim
                    )
                except StorageUnavailable:
                    self._doubt(merchant_id, endpoint_id)
                    raise
                if isinstance(changed, Ok):
                    self._take(changed.value)
        return changed

    async def read_page(self, after: str, limit: int) -> Sequence[WebhookEndpoint]:
        """Take a page of what is stored into memory; no change comes in between."""
        async with self._lock:
            page = await self._ports.storage.enabled_endpoints(after, limit)
            for endpoint in page:
                self._known.take(endpoint)
        return page

    async def disable(self, known: KnownEndpoint, because: DisabledBecause) -> None:
        """Disable an endpoint that is to be told of nothing more, however long storage takes no writes.

        Unless its merchant did before, or it was well meanwhile.
        """
        if known.endpoint.is_enabled:
            known.ending = because
        for tries in count(1):
            with trio.CancelScope(shield=True):
                async with self._lock:
                    if not known.is_to_be_disabled:
                        return
                    if not known.in_doubt and await self._disable(known, because):
                        return
            _log.error("WebhookEndpointNotDisabled", EndpointId=known.id, Tries=tries)
            await trio.sleep(self._ports.backoff.delay(tries))

    async def resolve_doubts(self) -> None:
        """Read what became of changes that storage was not sure of, until cancelled."""
        for tries in count(1):
            await self._has_doubts.wait()
            try:
                async with self._lock:
                    for endpoint_id, merchant_id in list(self._doubts.items()):
                        await self._resolve(merchant_id, endpoint_id)
                    self._has_doubts = trio.Event()
            except StorageUnavailable as error:
                _log.error("WebhookEndpointInDoubt", EndpointIds=list(self._doubts)[:10], Reason=str(error))
                await trio.sleep(self._ports.backoff.delay(tries))

    async def _resolve(self, merchant_id: str, endpoint_id: str) -> None:
        endpoint = await self._ports.storage.endpoint(merchant_id, endpoint_id)
        known = self._known.find(endpoint_id)
        if endpoint is None and known is not None:
            endpoint = known.endpoint.deleted(self._ports.clock.now())
        if endpoint is not None:
            self._take(endpoint)
        del self._doubts[endpoint_id]

    def _doubt(self, merchant_id: str, endpoint_id: str) -> None:
        known = self._known.find(endpoint_id)
        if known is not None:
            known.in_doubt = True
        self._doubts[endpoint_id] = merchant_id
        self._has_doubts.set()

    async def _disable(self, known: KnownEndpoint, because: DisabledBecause) -> bool:
        endpoint = known.endpoint.disabled(because, self._ports.clock.now())
        if isinstance(await self._ports.storage.disable_endpoint(endpoint), Err):
            return False
        self._take(endpoint)
        self._ports.measures.webhook_endpoint_disabled()
        _log.warning(
            "WebhookEndpointDisabled",
            EndpointId=endpoint.id,
            MerchantId=endpoint.merchant_id,
            Host=urlsplit(endpoint.url).hostname,
            Because=because,
        )
        return True

    def _take(self, endpoint: WebhookEndpoint) -> None:
        known = self._known.take(endpoint)
        if known is not None:
            self._wake(known)
