"""One run: a world of its own, raw inputs, described ones, and the search through all that is left."""

import shutil
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import trio
from attrs import frozen

from tests.fuzz.described import send_described
from tests.fuzz.raw import send_raw
from tests.fuzz.tally import Tally
from tests.fuzz.world import World


@frozen
class Plan:
    """`numbers` of raw inputs, in this order; how many calls of what is described; the planted bug if any."""

    seed: int
    numbers: Sequence[int]
    described: int = 0
    bug: str | None = None

    @property
    def again(self) -> str:
        """Return the options of a run like this one."""
        part = "all" if self.described and self.numbers else "raw" if self.numbers else "described"
        return f"--inputs {len(self.numbers) + self.described} --part {part}"


def run(plan: Plan, tally: Tally) -> None:
    """Send all of it, then search what is left of the gateway, while it runs and when it has stopped."""
    folder = Path(tempfile.mkdtemp(prefix="pgw-fuzz-"))
    try:
        world = World.start(folder, plan.bug)
        try:
            trio.run(_run, world, plan, tally)
        finally:
            world.end()
        tally.add(world.what_is_kept(), plan.again)
    finally:
        shutil.rmtree(folder)


async def _run(world: World, plan: Plan, tally: Tally) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.listen)
        await send_raw(world, plan.seed, plan.numbers, tally)
        if plan.described:
            # Left behind where the run is stopped: it ends with the gateway.
            calls = partial(send_described, world, plan.seed, plan.described, tally)
            await trio.to_thread.run_sync(calls, abandon_on_cancel=True)
        tally.add(await world.look(), plan.again)
        tally.add(await trio.to_thread.run_sync(lambda: list(world.what_is_kept())), plan.again)
        nursery.cancel_scope.cancel()
