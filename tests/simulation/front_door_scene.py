"""One life that serves, for tests of the front door itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio
from attrs import frozen

from pgw.http.call import Parts
from tests.simulation.bank import SimulatedBank
from tests.simulation.disk import Disk, Operation
from tests.simulation.front_door import Client, front_door
from tests.simulation.front_door_gateway import open_gateway
from tests.simulation.life import Life, ProcessDied
from tests.simulation.seeded import Simulation


@frozen
class Scene:
    life: Life
    disk: Disk
    parts: Parts
    client: Client

    def kill(self) -> None:
        self.life.kill()
        self.disk.crash(power_cut=False)

    def kill_at_the_next_sync(self) -> None:
        """Kill in the midst of a commit."""

        def kill(operation: Operation, _name: str) -> None:
            if operation is Operation.SYNC:
                self.kill()

        self.disk.on_operation = kill


@asynccontextmanager
async def open_scene(simulation: Simulation) -> AsyncIterator[Scene]:
    """Serve until the life ends; what is done here goes on until then, or is cancelled by it."""
    life, disk = Life(), Disk(simulation.random, trio.current_time)
    async with trio.open_nursery() as world:
        bank = SimulatedBank(simulation.random, world)
        try:
            with life.scope:
                async with (
                    open_gateway(simulation, life, disk, bank) as parts,
                    front_door(parts, simulation, life) as client,
                ):
                    yield Scene(life, disk, parts, client)
        except* ProcessDied:
            pass
        world.cancel_scope.cancel()
