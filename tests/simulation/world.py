"""The world of one seed: disk, bank and clients, and one life of the gateway after the other."""

from collections.abc import MutableMapping, Sequence
from typing import Any

import trio
from attrs import define, field

from tests.simulation.actor_client import ActorClient
from tests.simulation.bank import SimulatedBank
from tests.simulation.clients import Client, Instruction, Order, Wanted
from tests.simulation.crashes import unexpected
from tests.simulation.disk import Disk
from tests.simulation.endpoint_history import Kept
from tests.simulation.event_log import EventLog
from tests.simulation.http_client import HttpClient
from tests.simulation.life import Life
from tests.simulation.oracle_of_events import Polled, Stream
from tests.simulation.plan import Plan
from tests.simulation.process import Process
from tests.simulation.receiver_faults import NO_RECEIVER_FAULTS
from tests.simulation.seeded import Simulation
from tests.simulation.storage import books_of
from tests.simulation.tally import Tally


@define(eq=False)
class World:
    """Outlives each life. `process` is what can be reached now; `is_calm` is the second phase."""

    simulation: Simulation
    plan: Plan
    disk: Disk
    bank: SimulatedBank
    nursery: trio.Nursery
    orders: list[Order]
    streams: list[Stream]
    kept: list[Kept]
    instructions: list[Instruction] = field(factory=list)
    """What merchants want to be done with what was paid, as they come to want it."""
    life: Life | None = None
    process: Process | None = None
    is_calm: bool = False
    is_over: bool = False
    calm: trio.Event = field(factory=trio.Event)
    found: list[str] = field(factory=list)
    tally: Tally = field(factory=Tally)
    log: EventLog = field(factory=EventLog)
    polls: list[Polled] = field(factory=list)
    settled: dict[str, None] = field(factory=dict)
    """The jobs that an operator settled."""
    late: dict[str, None] = field(factory=dict)
    """The references of which a life saw a late approval, and outlived it."""
    actors: dict[trio.CancelScope, tuple[Life | None, str]] = field(factory=dict)
    """Each supervised actor by what cancels it, with the life it belongs to and its name."""
    _ready: trio.Event = field(factory=trio.Event, init=False)

    def report(self, violation: str) -> None:
        """Keep what was found wrong on the way, once."""
        if violation not in self.found:
            self.found.append(violation)
            self.simulation.trace.event(f"violated: {violation}")

    @property
    def wanted(self) -> Sequence[Wanted]:
        return [*self.orders, *self.instructions]

    @property
    def merchant_ids(self) -> Sequence[str]:
        return [one.merchant_id for one in self.streams if one.job_id is None]

    def read_log(self, process: Process) -> None:
        """Take in what is in the log now."""
        books = books_of(process.storage)
        for finding in self.log.take(books.events, books.forgotten_seqs):
            self.report(finding)

    def begin(self, process: Process) -> None:
        """Let clients reach a life that takes payments."""
        self.process = process
        self._ready.set()

    def end(self, life: Life, how: str, *, power_cut: bool) -> None:
        """End a life, in the midst of anything; once it has ended this does nothing."""
        if life.is_over:
            return
        self.simulation.trace.event(f"life {life.number} ends: {how}")
        self.tally.count("lives ended by", how)
        life.kill()
        self.disk.crash(power_cut=power_cut)
        self.process = None
        if self._ready.is_set():
            self._ready = trio.Event()

    def become_calm(self) -> None:
        """Let there be no more faults from now on."""
        self.is_calm = True
        self.disk.heal()
        self.bank.faults = self.bank.faults.healed()
        for one in self.kept:
            one.receiver.faults, one.receiver.down_until = NO_RECEIVER_FAULTS, 0.0
        self.simulation.trace.event("no more faults")
        self.calm.set()

    async def reached(self) -> Process:
        """Return the life that takes payments now, or wait for the next."""
        while self.process is None:
            await self._ready.wait()
        return self.process

    async def client(self) -> Client:
        process = await self.reached()
        return ActorClient(process) if process.http is None else HttpClient(process, process.http)

    def hear(self, life: Life, line: MutableMapping[str, Any]) -> None:
        """Take in a line of the log of a life that is not over."""
        about = " ".join(str(line[name]) for name in ("JobId", "Actor", "Flag") if name in line)
        self.simulation.trace.event(f"life {life.number} logs {line['event']} {about}")
        crash = unexpected(line.get("exc_info")) if line["event"] == "ActorCrashed" else None
        if crash is not None:
            self.report(f"crashed: {about} of {crash}")
