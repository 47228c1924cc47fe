"""A merchant's program that keeps an endpoint for webhooks, and changes its mind about it."""

from collections.abc import Sequence

import trio
from attrs import frozen

from pgw.domain.delivery import DeliveryKey, DeliveryStatus
from pgw.domain.result import Err, Ok
from pgw.domain.webhook import DisabledBecause, EndpointRefusal, EndpointStatus, WebhookEndpoint
from pgw.storage.port import StorageUnavailable
from pgw.storage.webhook_port import DeliveryFilter, EndpointChange
from tests.simulation.endpoint_history import EndpointHistory, Kept, Seen, look_at
from tests.simulation.life import ProcessDied
from tests.simulation.log_lines import LIFE
from tests.simulation.process import Process
from tests.simulation.receiver import Redelivery
from tests.simulation.storage import connection_of
from tests.simulation.world import World

LONGEST_WAIT_SECONDS = 12.0
LONGEST_WAIT_IN_CALM_SECONDS = 3.0
FILTERS: Sequence[tuple[str, ...] | None] = (
    *(None, None, None),
    ("job.completed", "job.failed"),
    ("job.created", "webhook_endpoint.disabled"),
)


@frozen
class EndpointKeeper:
    world: World
    kept: Kept

    async def keep(self) -> None:
        """Act now and then, in whatever life there is."""
        random = self.world.simulation.random
        await trio.sleep(random.choice((0.0, random.random() * LONGEST_WAIT_SECONDS)))
        while True:
            process = await self.world.reached()
            LIFE.set(process.life)
            with process.life.guest():
                try:
                    await self._act(process)
                except (ProcessDied, StorageUnavailable):
                    self.kept.is_content = False
            longest = LONGEST_WAIT_IN_CALM_SECONDS if self.world.is_calm else LONGEST_WAIT_SECONDS
            await trio.sleep(random.random() * longest)

    async def _act(self, process: Process) -> None:
        seen = self._look(process)
        if self.kept.history is None or seen is None:
            await self._add(process)
            return
        self.kept.history.close(seen)
        if self.world.is_calm:
            await self._make_whole(process, seen)
        elif self.world.plan.webhooks.is_restless:
            await self._change_its_mind(process, seen)

    def _look(self, process: Process) -> Seen | None:
        history = self.kept.history
        if history is None:
            return None
        return look_at(connection_of(process.storage), history.merchant_id, history.endpoint_id)

    async def _add(self, process: Process) -> None:
        merchant_id, url = self.kept.receiver.merchant_id, self.kept.receiver.url
        if self.kept.history is not None and self.kept.history.since is not None:
            self.world.report(f"webhooks: {self.kept.history.endpoint_id} was added and is lost")
        endpoint_id = self.world.simulation.ids.new("whe")
        last_seq = await process.storage.last_seq(merchant_id)
        self.kept.history = EndpointHistory(merchant_id, endpoint_id, last_seq)
        event_types = self.world.simulation.random.choice(FILTERS)
        endpoint = WebhookEndpoint.added(
            endpoint_id, merchant_id, url, self.world.simulation.clock.now(), event_types=event_types
        )
        match await process.webhooks.add(endpoint):
            case Ok() if not process.life.is_over:
                self.kept.history.since = self._look(process)
            case Err(refusal):
                self.world.report(f"webhooks: {url} was not added: {refusal}")

    async def _change_its_mind(self, process: Process, seen: Seen) -> None:
        random, now = self.world.simulation.random, self.world.simulation.clock.now()
        draw = random.random()
        if not seen.state.is_enabled:
            if draw < 0.5:
                await self._enable(process)
        elif draw < 0.1:
            await self._change(process, lambda one: one.disabled(DisabledBecause.ASKED, now))
        elif draw < 0.2:
            await self._change(process, lambda one: one.rotated(now))
        elif draw < 0.3:
            event_types = random.choice(FILTERS)
            await self._change(process, lambda one: one.changed({"event_types": event_types}, now))
        elif draw < 0.5:
            await self._send_again(process, random.choice((None, *DeliveryStatus)), most=2)

    async def _make_whole(self, process: Process, seen: Seen) -> None:
        """Let it be enabled, and sent again what was given up."""
        self.kept.is_content = False
        if not seen.state.is_enabled:
            await self._enable(process)
        elif not await self._send_again(process, DeliveryStatus.GIVEN_UP, most=50):
            self.kept.is_content = True

    async def _enable(self, process: Process) -> None:
        now = self.world.simulation.clock.now()
        self.kept.receiver.wants_nothing = False
        await self._change(process, lambda one: one.enabled(now))

    async def _change(self, process: Process, change: EndpointChange) -> None:
        history = self.kept.history
        assert history is not None
        history.since = None  # until its outcome is known
        answer = await process.webhooks.change(history.merchant_id, history.endpoint_id, change)
        self.world.simulation.trace.event(f"merchant: {answer}")
        match answer:
            case Ok(WebhookEndpoint() as endpoint) if not process.life.is_over:
                history.since = self._look(process)
                self.kept.receiver.secret_version = endpoint.secret_version
                self.kept.receiver.wants_nothing = endpoint.status is EndpointStatus.DISABLED
            case Err(EndpointRefusal() as refusal):
                self.world.report(f"webhooks: {history.endpoint_id} was not changed: {refusal}")
            case _:
                pass

    async def _send_again(self, process: Process, status: DeliveryStatus | None, *, most: int) -> int:
        """Ask for so many deliveries anew; return of how many it was promised."""
        history, storage = self.kept.history, process.storage
        assert history is not None
        wanted = DeliveryFilter(endpoint_id=history.endpoint_id, status=status)
        found = await storage.deliveries(history.merchant_id, wanted, None, most)
        for told in found:
            await self._redeliver(process, told.delivery.key)
        return len(found)

    async def _redeliver(self, process: Process, key: DeliveryKey) -> None:
        before = self.kept.receiver.sent[key]
        answer = await process.webhooks.redeliver(self.kept.receiver.merchant_id, key)
        self.world.simulation.trace.event(f"merchant: {answer}")
        if isinstance(answer, Ok) and not process.life.is_over:
            self.kept.receiver.redeliveries.append(Redelivery(key, before))
            self.world.tally.count("webhooks", "redeliveries")
