"""One endpoint: reads what is due for it and sends that, as much as there is room for."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import structlog
import trio
from attrs import frozen

from pgw.actors.known_endpoint import KnownEndpoint
from pgw.actors.supervisor import ChildSpec, Restart, RestartIntensity, Supervisor
from pgw.actors.webhook_alarms import Alarms
from pgw.actors.webhook_delivery import DeliveryActor, Disable
from pgw.actors.webhook_places import Places
from pgw.actors.webhook_ports import WebhookPorts
from pgw.domain.delivery import DueDelivery
from pgw.storage.port import StorageUnavailable
from pgw.storage.webhook_port import Due

MOST_AT_A_TIME = 16
# A delivery that crashes waits before it goes on.
INTENSITY = RestartIntensity(restarts=3 * MOST_AT_A_TIME, within=10)
_log = structlog.get_logger()


@frozen
class EndpointActor:
    """Runs while something is due or under way.

    When nothing is, it leaves to the alarms when there will be, and ends. One that crashes again and again
    backs off.
    """

    known: KnownEndpoint
    ports: WebhookPorts
    places: Places
    alarms: Alarms
    disable: Disable

    async def run(self) -> None:
        known = self.known
        # Who was about to disable it ended with a crash.
        known.at_work.clear()
        known.ending = None
        supervisor = Supervisor(f"endpoint {known.id}", INTENSITY, self.ports.clock, self.ports.measures)
        with trio.CancelScope() as scope:
            dispatch = partial(self._dispatch, supervisor, scope)
            spec = ChildSpec(f"dispatch to endpoint {known.id}", dispatch, Restart.TRANSIENT)
            await supervisor.run(spec)

    async def _dispatch(self, supervisor: Supervisor, until_idle: trio.CancelScope) -> None:
        known = self.known
        if known.crashes:
            await trio.sleep(self.ports.after_crash.delay(known.crashes))
        # What woke it before it crashed woke it for good.
        known.wake()
        while known.is_woken or known.at_work:
            await known.woken()
            known.crashes += 1
            try:
                await self._send_what_is_due(supervisor)
            except StorageUnavailable as error:
                _log.error("DueWebhooksNotRead", EndpointId=known.id, Reason=str(error))
                await trio.sleep(self.ports.backoff.delay(1))
                known.wake()
            known.crashes = 0
        # From here on whoever wakes it starts it anew.
        known.is_running = False
        until_idle.cancel()

    async def _send_what_is_due(self, supervisor: Supervisor) -> None:
        known = self.known
        room = MOST_AT_A_TIME - len(known.at_work)
        if not known.takes_deliveries or room <= 0:
            return
        endpoint = known.endpoint
        for one in await self._sendable(room):
            await self.places.take(known.id)
            if known.endpoint is not endpoint:
                # While it was disabled what was read before may have been forgotten.
                self.places.give_back(known.id)
                known.wake()
                return
            self._start(supervisor, one)

    async def _sendable(self, room: int) -> Sequence[DueDelivery]:
        """Return what is due and may be sent now, as much as there is room for."""
        # What is read is joined with its event and payment; after each try there is mostly room for one.
        due = await self._due(room)
        sendable = [one for one in due.deliveries if not self.known.is_busy_with(one)]
        if len(sendable) < len(due.deliveries):
            # Others of payments that are under way are due by request: they take up no room.
            due = await self._due(room + len(self.known.at_work))
            sendable = [one for one in due.deliveries if not self.known.is_busy_with(one)]
        return sendable[:room]

    async def _due(self, most: int) -> Due:
        """Return what is due, and let the alarms know when more will be."""
        known, now = self.known, self.ports.clock.now()
        due = await self.ports.storage.due_deliveries(
            known.id,
            now,
            self.ports.horizon(now),
            limit=most,
            but_not=list(known.at_work),
        )
        if due.next_due_at is not None:
            self.alarms.set(known.id, seconds_until(due.next_due_at, now, self.ports.longest_wait))
        return due

    def _start(self, supervisor: Supervisor, due: DueDelivery) -> None:
        key = due.delivery.key
        delivery = DeliveryActor(self.ports, self.known, due, self.disable)
        self.known.at_work[key.seq] = due.delivery.payment_id
        has_place = True

        async def run() -> None:
            nonlocal has_place
            try:
                await delivery.run()
            finally:
                if has_place:
                    has_place = False
                    self.places.give_back(self.known.id)
            del self.known.at_work[key.seq]
            self.known.wake()

        supervisor.start_child(ChildSpec(f"delivery {key.id}", run, Restart.TRANSIENT))


def seconds_until(at: datetime, now: datetime, longest: float) -> float:
    """Return how long to wait for a time that is to come: never longer than the longest wait."""
    return min(max(0.0, (at - now).total_seconds()), longest)
