"""One bank: its circuit, a bounded queue of calls, and as many sessions as the work needs."""

from typing import overload

import trio

from pgw.actors.bank_session import PendingCall, Sessions, bank_session
from pgw.actors.circuit import Circuit, CircuitState
from pgw.actors.supervisor import ChildSpec, Restart, RestartIntensity, Supervisor
from pgw.bank.port import (
    Answer,
    Authorization,
    Authorize,
    BankConnector,
    BankFeature,
    Call,
    Finding,
    LookUp,
    NotSent,
    Operation,
    OperationAnswer,
    Reversal,
    Reverse,
)
from pgw.measures import UNMEASURED, Measures
from pgw.ports import Clock, Randomness

# A session that meets a bug is one of up to hundreds.
INTENSITY = RestartIntensity(restarts=100, within=10)


class Bank:
    """Spreads calls over sessions, which start on demand up to `concurrency` and retire when idle.

    Many sessions receive from one channel: whichever is free takes the next call. The circuit and the queue
    outlive a crash.
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
        measures: Measures = UNMEASURED,
    ) -> None:
        self._connector = connector
        self._concurrency = concurrency
        self._retire_after = retire_after
        self._clock = clock
        self._measures = measures
        self._circuit = Circuit(connector.name, clock, randomness)
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

    @property
    def depth(self) -> int:
        """How many calls wait for a session."""
        return self._send.statistics().current_buffer_used

    @property
    def circuit_state(self) -> CircuitState:
        return self._circuit.state

    @property
    def circuit_openings(self) -> int:
        """How many times the circuit has opened so far."""
        return self._circuit.openings

    @property
    def room(self) -> int:
        """How many calls are worth beginning now, which is few while the circuit is not closed."""
        room = self._circuit.room
        return self._concurrency if room is None else room

    async def run(self) -> None:
        """Supervise the sessions; after a crash, start those that the calls still waiting need."""
        waiting = self.depth
        running = min(waiting, self._concurrency)
        self._sessions = Sessions(running=running, calls=waiting)
        self._supervisor = Supervisor(f"bank {self.name}", INTENSITY, self._clock, self._measures)
        await self._supervisor.run(*[self._session_spec() for _ in range(running)])

    @overload
    async def perform(self, call: Authorize, *, submit_by: float) -> Authorization: ...

    @overload
    async def perform(self, call: Operation, *, submit_by: float) -> OperationAnswer: ...

    @overload
    async def perform(self, call: LookUp, *, submit_by: float) -> Finding: ...

    @overload
    async def perform(self, call: Reverse, *, submit_by: float) -> Reversal: ...

    async def perform(self, call: Call, *, submit_by: float) -> Answer:
        """Perform a call that a session takes by `submit_by` (monotonic seconds), else it is `NotSent`.

        While the circuit is open it is `NotSent` at once.
        """
        permit = self._circuit.ask()
        if permit is None:
            await trio.lowlevel.checkpoint()
            return self._circuit.refusal
        pending = PendingCall(call, permit)
        try:
            self._send.send_nowait(pending)
        except trio.WouldBlock:
            self._circuit.give_back(permit)
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
            if not pending.taken:
                pending.withdrawn = True
                self._circuit.give_back(permit)

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
            self._circuit,
            retire_after=self._retire_after,
            clock=self._clock,
            measures=self._measures,
        )
        self._sessions.running -= 1
        # A call may have come while the retiring session, which counted, closed its connection.
        self._start_session_on_demand()
