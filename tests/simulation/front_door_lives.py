"""Lives of a gateway behind its front door, each ended by a kill, a power cut, a stop, or by itself."""

import traceback
from collections.abc import MutableMapping
from typing import Any

import trio
from attrs import define, field

from pgw.http.call import Parts
from pgw.storage.port import StorageCannotOpen, StorageLost, StorageUnavailable
from pgw.storage.sqlite import SqliteStorage
from tests.simulation.bank import SimulatedBank
from tests.simulation.disk import Disk, Operation
from tests.simulation.front_door import HASTY, NO_CLIENT_FAULTS, Client, ClientFaults, front_door
from tests.simulation.front_door_gateway import open_gateway
from tests.simulation.life import Life, ProcessDied
from tests.simulation.log_lines import LIFE
from tests.simulation.seeded import Simulation

LONGEST_LIFE_SECONDS = (3.0, 8.0, 30.0)
LONGEST_LIFE_OPERATIONS = 150
GRACE_SECONDS = 1.0
ENDS = (ProcessDied, StorageCannotOpen, StorageLost, StorageUnavailable)
# What is logged of an error that nobody expected.
BUGS = frozenset({"ConnectionFailed", "RequestFailed", "ActorCrashed", "RestartIntensityExceeded"})


@define(eq=False)
class Lives:
    """One life after the other on one disk, with one bank. `client` is of the present one while it lasts."""

    simulation: Simulation
    disk: Disk
    bank: SimulatedBank
    client: Client | None = None
    stored_payments: int = 0
    findings: list[str] = field(factory=list)

    async def live_badly(self, life: Life) -> None:
        """Live until a moment, or an operation of the disk, that the seed decides."""
        random, stopping = self.simulation.random, trio.Event()
        ends_at_an_operation, stops = random.random() < 0.5, random.random() < 0.2
        if ends_at_an_operation:
            self._end_at_an_operation(life)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._live, life, stopping, HASTY)
            with trio.move_on_after(random.random() * random.choice(LONGEST_LIFE_SECONDS)):
                await life.ended.wait()
            if stops:
                stopping.set()
            else:
                self._end(life)
        self.disk.on_operation = lambda _operation, _name: None
        await trio.sleep(random.random())

    async def live_well(self, stopping: trio.Event) -> None:
        """Live until told to stop, and count what is stored then."""
        await self._live(Life(-1), stopping, NO_CLIENT_FAULTS)

    async def _live(self, life: Life, stopping: trio.Event, faults: ClientFaults) -> None:
        LIFE.set(life)
        try:
            with life.scope:
                async with (
                    open_gateway(self.simulation, life, self.disk, self.bank) as parts,
                    front_door(parts, self.simulation, life, faults=faults) as self.client,
                ):
                    await stopping.wait()
                    await self._stop(parts)
        except* ENDS as ends:
            self.simulation.trace.event(f"life {life.number} ends: {ends!r}")
        self._end(life)

    async def _stop(self, parts: Parts) -> None:
        """Stop as after SIGTERM; leaving the front door waits for what it is at."""
        assert isinstance(parts.storage, SqliteStorage)
        self.stored_payments = await parts.storage._writer.run(
            lambda connection: connection.execute("SELECT count(*) FROM payments").fetchone()[0]
        )
        parts.gateway.admit_no_more()
        parts.stopping.set()
        with trio.move_on_after(GRACE_SECONDS):
            await parts.gateway.drained()

    def _end(self, life: Life) -> None:
        if not life.is_over:
            self.client = None
            life.kill()
            self.disk.crash(power_cut=self.simulation.random.random() < 0.5)

    def _end_at_an_operation(self, life: Life) -> None:
        last = self.disk.operations + self.simulation.random.randint(1, LONGEST_LIFE_OPERATIONS)

        def on_operation(operation: Operation, name: str) -> None:
            self.simulation.trace.event(f"disk: {operation} {name}")
            if self.disk.operations == last:
                self._end(life)

        self.disk.on_operation = on_operation

    def hear(self, life: Life, line: MutableMapping[str, Any]) -> None:
        """Take in a line of the log of a life that is not over."""
        if line["event"] in BUGS:
            error = line.get("exc_info")
            shown = "".join(traceback.format_exception(error)) if isinstance(error, BaseException) else ""
            self.findings.append(f"life {life.number} logged {line} {shown}")
