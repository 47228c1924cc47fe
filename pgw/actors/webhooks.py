"""Brings committed events to the endpoints that want them, however often the gateway starts anew."""

from collections.abc import Sequence

import structlog
import trio

from pgw.actors.endpoint_changes import EndpointChanges
from pgw.actors.known_endpoint import KnownEndpoint
from pgw.actors.known_endpoints import KnownEndpoints
from pgw.actors.supervisor import ChildSpec, Restart, RestartIntensity, Supervisor
from pgw.actors.webhook_alarms import Alarms
from pgw.actors.webhook_endpoint import EndpointActor, seconds_until
from pgw.actors.webhook_places import Places
from pgw.actors.webhook_ports import WebhookPorts
from pgw.domain.delivery import DeliveryKey, DeliveryTold
from pgw.domain.event import Event
from pgw.domain.idempotency import Claim, ClaimOnce
from pgw.domain.result import Result
from pgw.domain.webhook import EndpointRefusal, RedeliveryRefusal, WebhookEndpoint
from pgw.storage.port import StorageUnavailable
from pgw.storage.webhook_port import EndpointChange

ENDPOINTS_A_PAGE = 500
# Endpoints back off when they crash, and there may be thousands of them.
INTENSITY = RestartIntensity(restarts=1000, within=10)
_log = structlog.get_logger()


class Webhooks:
    """Supervises an actor for each endpoint that something is due or under way to.

    What it knows of endpoints is what storage knows, also where a change was cut short.
    """

    def __init__(self, ports: WebhookPorts) -> None:
        self._ports = ports
        self._known = KnownEndpoints(ports.clock)
        self._changes = EndpointChanges(ports, self._known, self._wake)
        self._places = Places(ports.concurrency)
        self._alarms = Alarms(ports.clock, self._ring)
        self._supervisor: Supervisor | None = None
        self._runs = 0

    @property
    def spec(self) -> ChildSpec:
        return ChildSpec("webhooks", self.run, Restart.PERMANENT)

    @property
    def under_way(self) -> int:
        """How many tries are under way."""
        return self._places.taken

    async def run(self) -> None:
        """Supervise until cancelled. After a crash it backs off, so that it never brings the gateway down."""
        if self._runs:
            await trio.sleep(self._ports.after_crash.delay(self._runs))
        self._runs += 1
        for known in self._known:
            known.is_running = False
            known.wake()
        await self._read_all()
        self._supervisor = Supervisor("webhooks", INTENSITY, self._ports.clock, self._ports.measures)
        await self._supervisor.run(
            ChildSpec("schedule of webhooks", self._keep_schedule, Restart.PERMANENT),
            ChildSpec("doubts about endpoints", self._changes.resolve_doubts, Restart.PERMANENT),
        )

    def on_committed(self, events: Sequence[Event]) -> None:
        """Wake the endpoints that want committed events; storage holds what is to be delivered of them."""
        for event in events:
            for known in self._known.concerned(event):
                self._wake(known)

    async def add(
        self, endpoint: WebhookEndpoint, claim: Claim | None = None
    ) -> Result[None, EndpointRefusal | Claim]:
        """Add an endpoint, durably. Raises `StorageUnavailable`: whether it was added is not known then."""
        return await self._changes.add(endpoint, claim)

    async def change(
        self,
        merchant_id: str,
        endpoint_id: str,
        change: EndpointChange,
        claim: ClaimOnce[WebhookEndpoint] | None = None,
    ) -> Result[WebhookEndpoint, EndpointRefusal | Claim]:
        """Change an endpoint, durably, and what is sent to it from then on. Raises `StorageUnavailable`."""
        return await self._changes.change(merchant_id, endpoint_id, change, claim)

    async def redeliver(
        self, merchant_id: str, key: DeliveryKey, claim: ClaimOnce[DeliveryTold] | None = None
    ) -> Result[DeliveryTold, RedeliveryRefusal | Claim]:
        """Send a delivery again, at once. Raises `StorageUnavailable`."""
        try:
            return await self._ports.storage.redeliver(merchant_id, key, self._ports.clock.now(), claim)
        finally:
            # Also where it may have taken place.
            self._ring(key.endpoint_id)

    def begin_no_more(self) -> None:
        """Let no try begin from now on, before the process ends; the next start takes up what is due."""
        self._places.close()

    async def drained(self) -> None:
        """Wait until no try is under way."""
        await self._places.emptied()

    async def _read_all(self) -> None:
        """Learn of all endpoints, and when something is due for each; only then is anything sent."""
        ports, after = self._ports, ""
        while True:
            try:
                page = await self._changes.read_page(after, ENDPOINTS_A_PAGE)
                now = ports.clock.now()
                ids = [endpoint.id for endpoint in page]
                first = await ports.storage.first_due_at(ids, ports.horizon(now))
            except StorageUnavailable as error:
                _log.error("WebhookEndpointsNotRead", Reason=str(error))
                await trio.sleep(ports.backoff.delay(1))
                continue
            for endpoint_id, due_at in first.items():
                self._alarms.set(endpoint_id, seconds_until(due_at, now, ports.longest_wait))
            if len(page) < ENDPOINTS_A_PAGE:
                return
            after = page[-1].id

    async def _keep_schedule(self) -> None:
        for known in self._known:
            if known.is_woken:
                self._wake(known)
        await self._alarms.run()

    def _ring(self, endpoint_id: str) -> None:
        known = self._known.find(endpoint_id)
        if known is not None:
            self._wake(known)

    def _wake(self, known: KnownEndpoint) -> None:
        """Let the endpoint's actor look for what is due; start it where there is none."""
        known.wake()
        supervisor = self._supervisor
        if known.is_running or supervisor is None or not supervisor.is_running:
            return
        known.is_running = True
        actor = EndpointActor(known, self._ports, self._places, self._alarms, self._changes.disable)

        async def run() -> None:
            await actor.run()
            if not known.endpoint.is_enabled and not known.is_running and not known.in_doubt:
                self._known.forget(known)
                self._alarms.clear(known.id)

        supervisor.start_child(ChildSpec(f"endpoint {known.id}", run, Restart.TRANSIENT))
