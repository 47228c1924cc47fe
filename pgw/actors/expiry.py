"""Voids authorizations that nobody captured in time, each by a job of its own."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import structlog
import trio

from pgw.actors.circuit import CircuitState
from pgw.actors.in_flight import InFlight
from pgw.actors.mailbox import Reply
from pgw.actors.operation import Accepted, OperationActor, SubmitOperation
from pgw.actors.payment_ports import PaymentPorts
from pgw.actors.supervisor import ChildSpec, Restart, RestartIntensity, Supervisor
from pgw.actors.trusted_time import TrustedTime
from pgw.bank.port import BankFeature
from pgw.domain.operation import VoidOrder
from pgw.domain.payment import VoidReason
from pgw.storage.expiry_port import Expired
from pgw.storage.port import StorageUnavailable

LOOK_EVERY_SECONDS = 5.0
PAUSE_SECONDS = 0.2
MOST_AT_A_TIME = 16
PROBE_EVERY_SECONDS = 3600.0
SHARE_OF_THE_BANK = 8
"""One in so many of the bank's sessions at most, so that payments have the others."""
PUT_BACK_A_LOOK = 100
# Twice what can be begun in that time, if each of them crashes.
INTENSITY = RestartIntensity(restarts=2 * MOST_AT_A_TIME * 50 + 10, within=10)
_log = structlog.get_logger()


class Expiry:
    """Looks for what has expired, and supervises one job for each void that it began.

    They are none of their merchants' in flight, and some at a time with a pause behind each time, so that a
    hundred thousand that expire at once take up neither a merchant's places nor the bank's. A void is begun
    in the payment's turn, as a merchant's own: what the merchant does first is done.

    It waits before it begins, so that a bug in it alone never brings the gateway down.
    """

    def __init__(self, ports: PaymentPorts, time: TrustedTime, bank_concurrency: int) -> None:
        self._ports = ports
        self._time = time
        self._at_a_time = min(MOST_AT_A_TIME, max(1, bank_concurrency // SHARE_OF_THE_BANK))
        self._in_flight = InFlight(self._at_a_time)
        # The payment of each job.
        self._at_work: dict[str, str] = {}
        # Where to go on: one whose void cannot be begun is in nobody's way.
        self._after: Expired | None = None
        self._next_probe_at = 0.0
        self._has_told_of_clock = False
        self._is_draining = False
        self.seconds_behind = 0.0
        """How long ago the longest expired one had its time, at the newest look that began with it."""

    async def run(self) -> None:
        """Supervise until cancelled; after a crash, let the jobs rest that it ended, to be taken up."""
        await self._ports.let_rest(list(self._at_work))
        self._at_work.clear()
        supervisor = Supervisor("expiry", INTENSITY, self._ports.clock, self._ports.measures)
        looking = partial(self._keep_looking, supervisor)
        await supervisor.run(ChildSpec("lookout for what expires", looking, Restart.PERMANENT))

    def begin_no_more(self) -> None:
        """Begin no void from now on, before the process ends."""
        self._is_draining = True

    async def drained(self) -> None:
        """Wait until no void that was begun here awaits the bank's first answer."""
        await self._in_flight.emptied()

    async def _keep_looking(self, supervisor: Supervisor) -> None:
        while True:
            await trio.sleep(LOOK_EVERY_SECONDS)
            try:
                await self._look(supervisor)
            except StorageUnavailable as error:
                _log.error("ExpiredNotRead", Reason=error)

    async def _look(self, supervisor: Supervisor) -> None:
        """Begin the voids of what has expired, as long as the clock is believed and there is room."""
        is_to_put_back = True
        while not self._is_draining and BankFeature.CAPTURE_LATER in self._ports.bank.features:
            now = self._time.now()
            if now is None:
                await self._tell_what_waits()
                return
            self._has_told_of_clock = False
            if is_to_put_back:
                await self._put_back(now)
                is_to_put_back = False
            room = self._take_room()
            expired = await self._expired(now, room)
            if self._is_draining:
                # Since they were asked for: nobody waits for what would be begun now.
                return
            for one in expired:
                self._begin(supervisor, one)
            if not room or self._after is None:
                return
            await trio.sleep(PAUSE_SECONDS)

    def _take_room(self) -> int:
        """Return how many more to begin. While the bank fails they wait, and a capture may still come first.

        Then one at most now and then, where nobody else asks whether the bank is back.
        """
        bank, now = self._ports.bank, self._ports.clock.monotonic()
        room = max(0, self._at_a_time - len(self._at_work))
        if bank.circuit_state is CircuitState.CLOSED:
            return room
        if now < self._next_probe_at or not bank.room:
            return 0
        self._next_probe_at = now + PROBE_EVERY_SECONDS
        return min(room, 1)

    async def _expired(self, now: datetime, room: int) -> Sequence[Expired]:
        """Return what has expired next, as much as there is room for; once that was all, begin anew."""
        if not room:
            return []
        is_from_the_first = self._after is None
        expired = await self._ports.storage.expired(now, limit=room, after=self._after)
        if is_from_the_first:
            self.seconds_behind = (now - expired[0].expires_at).total_seconds() if expired else 0.0
        self._after = expired[-1] if len(expired) == room else None
        at_work = self._at_work.values()
        return [one for one in expired if one.payment_id not in at_work]

    def _begin(self, supervisor: Supervisor, expired: Expired) -> None:
        ids = self._ports.ids
        job_id, reply = ids.new("job"), Reply[Accepted]()
        void = VoidOrder(VoidReason.EXPIRED)
        command = SubmitOperation(expired.merchant_id, expired.payment_id, void, ids.new("req"), reply)
        actor = OperationActor(self._ports, job_id, self._in_flight, command)

        async def run() -> None:
            await actor.run()
            del self._at_work[job_id]

        is_admitted = self._in_flight.admit()
        assert is_admitted, "what is in flight is at work"
        self._at_work[job_id] = expired.payment_id
        supervisor.start_child(ChildSpec(f"operation {job_id}", run, Restart.TRANSIENT))

    async def _put_back(self, now: datetime) -> None:
        """Let nothing be reserved for ever that was authorized while the clock was ahead."""
        latest = now + self._ports.authorized_for
        count = await self._ports.storage.put_back_expiries(now, latest, limit=PUT_BACK_A_LOOK)
        if count:
            _log.warning("ExpiriesPutBack", Count=count, ExpiresAt=latest.isoformat())

    async def _tell_what_waits(self) -> None:
        """Say, once, that what seems to have expired waits until the clock is believed."""
        if self._has_told_of_clock:
            return
        waiting = await self._ports.storage.expired(self._ports.clock.now(), limit=1)
        if waiting:
            self._has_told_of_clock = True
            _log.warning(
                "ExpiriesWaitForClock",
                SecondsLeft=round(self._time.seconds_left),
                LongestExpired=waiting[0].payment_id,
                ExpiresAt=waiting[0].expires_at.isoformat(),
                Effect="Nothing is voided until the wall clock has kept time for that long. Is it right?",
            )
