"""One bank: a bounded queue of calls, and as many sessions as the work needs."""

import trio

from pgw.actors.backoff import Backoff
from pgw.actors.bank_session import PendingCall, Sessions, bank_session
from pgw.actors.supervisor import ChildSpec, Restart, RestartIntensity, Supervisor
from pgw.bank.port import Answer, BankConnector, BankFeature, Call, NotSent
from pgw.ports import Clock, Randomness

# A session that meets a bug is one of up to hundreds.
INTENSITY = RestartIntensity(restarts=100, within=10)
RECONNECT_FIRST_SECONDS = 0.1
RECONNECT_LONGEST_SECONDS = 5.0


class Bank:
    """Spreads calls over sessions, which start on demand up to `concurrency` and retire when idle.

    Many sessions receive from one channel: whichever is free takes the next call.
    """

    def __init__(
        self,
        connector: BankConnector,
        *,
        concurrency: int,
        queue: int,
        retire_after: float,
        clock: Clock,
        randomness: Randomness,
    ) -> None:
        self._connector = connector
        self._concurrency = concurrency
        self._retire_after = retire_after
        self._clock = clock
        self._backoff = Backoff(RECONNECT_FIRST_SECONDS, RECONNECT_LONGEST_SECONDS, randomness)
        self._send, self._receive = trio.open_memory_channel[PendingCall](queue)
        self._supervisor: Supervisor | None = None
        self._sessions = Sessions()

    @property
    def name(self) -> str:
        return self._connector.name

    @property
    def features(self) -> frozenset[BankFeature]:
        return self._connector.features

    @property
    def sessions(self) -> int:
        """How many sessions there are, at work or idle."""
        return self._sessions.running

    async def run(self) -> None:
        """Supervise the sessions; after a crash, start those that the calls still waiting need."""
        waiting = self._send.statistics().current_buffer_used
        running = min(waiting, self._concurrency)
        self._sessions = Sessions(running=running, calls=waiting)
        self._supervisor = Supervisor(f"bank {self.name}", INTENSITY, self._clock)
        await self._supervisor.run(*[self._session_spec() for _ in range(running)])

    async def perform(self, call: Call, *, submit_by: float) -> Answer:
        """Perform a call that a session takes by `submit_by` (monotonic seconds), else it is `NotSent`."""
        pending = PendingCall(call)
        try:
            self._send.send_nowait(pending)
        except trio.WouldBlock:
            return NotSent("the bank's queue is full")
        self._sessions.calls += 1
        self._start_session_on_demand()
        try:
            with trio.move_on_after(max(0.0, submit_by - self._clock.monotonic())):
                return await pending.reply_to.wait()
            if not pending.taken:
                return NotSent("no session was free in time")
            # Bounded by the connector's own time limits.
            return await pending.reply_to.wait()
        finally:
            pending.withdrawn = True

    def _start_session_on_demand(self) -> None:
        sessions, supervisor = self._sessions, self._supervisor
        if sessions.are_enough or sessions.running >= self._concurrency:
            return
        if supervisor is not None and supervisor.is_running:
            sessions.running += 1
            supervisor.start_child(self._session_spec())

    def _session_spec(self) -> ChildSpec:
        return ChildSpec(f"session of bank {self.name}", self._session, Restart.TRANSIENT)

    async def _session(self) -> None:
        await bank_session(
            self._connector,
            self._receive,
            self._sessions,
            backoff=self._backoff,
            retire_after=self._retire_after,
        )
        self._sessions.running -= 1
        # A call may have come while the retiring session, which counted, closed its connection.
        self._start_session_on_demand()
