"""Many races, some at a time, over one gateway."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import trio
from attrs import evolve

from pgw.storage.port import OnCommitted
from pgw.storage.sqlite import SqliteStorage
from tests.actors.tree import ports_with, start_gateway
from tests.merchants import a_merchant
from tests.races.bank import LedgerBank
from tests.races.race import MERCHANT, Endings, Finish, Race, Track
from tests.timeline import TIMELINE_KEY

AT_A_TIME = 40
Open = Callable[[Path, OnCommitted], AbstractAsyncContextManager[SqliteStorage]]


@asynccontextmanager
async def open_track(open_storage: Open, path: Path) -> AsyncIterator[Track]:
    """Run a gateway over a database and a bank until the block ends."""
    bank, endings = LedgerBank(), Endings()
    async with open_storage(path, endings.tell) as storage, trio.open_nursery() as nursery:
        await storage.resume_timeline(TIMELINE_KEY)
        await storage.add_merchant(a_merchant(MERCHANT))
        ports = ports_with(storage, bank, first_inquiry=0.02, concurrency=500)
        # So that what expires races too.
        ports = evolve(ports, authorized_for=timedelta())
        gateway = await start_gateway(nursery, ports, in_flight=1000, in_flight_a_merchant=1000)
        yield Track(gateway, storage, bank, endings)
        nursery.cancel_scope.cancel()


async def run_races(track: Track, race: Race, times: int) -> list[Finish]:
    """Run a race so many times, and return how each of them ended."""
    finishes: list[Finish] = []
    lanes = trio.CapacityLimiter(AT_A_TIME)

    async def run() -> None:
        async with lanes:
            finishes.append(await track.run(race))

    async with trio.open_nursery() as nursery:
        for _ in range(times):
            nursery.start_soon(run)
    return finishes
