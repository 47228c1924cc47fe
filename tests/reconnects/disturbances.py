"""Who is disturbed when: at shares of all payments, drawn from the seed, all over the run."""

from collections.abc import Callable, Sequence
from random import Random

import trio
from attrs import define

from tests.reconnects.connection import Leaving
from tests.reconnects.follower import Follower
from tests.reconnects.world import KilledWorld

LOOK_EVERY_SECONDS = 0.005
FIRST, LAST = 0.02, 0.97
MOMENT_SECONDS = 0.06


def moments(times: int, random: Random) -> Sequence[float]:
    """Return when something is to happen so many times, as shares of the run: one in each of equal parts."""
    return [FIRST + (LAST - FIRST) * (part + random.random()) / times for part in range(times)]


@define(eq=False)
class Disturbances:
    """`progress` is the share of the payments that is accepted."""

    world: KilledWorld
    followers: Sequence[Follower]
    progress: Callable[[], float]
    random: Random
    kills: int = 0
    reconnects: int = 0

    async def kill_gateway(self, times: int) -> None:
        """Kill the gateway so many times, and start it again at once."""
        for moment in moments(times, self.random):
            await self._until(moment)
            assert self.world.gateway is not None
            await self.world.gateway.killed_after(0)
            self.kills += 1
            await self.world.gateway_ready()

    async def reconnect(self, times: int) -> None:
        """Let followers leave and resume so many times: now this one, now that one, now so, now so."""
        for moment in moments(times, self.random):
            await self._until(moment)
            follower, how = self.random.choice(self.followers), self.random.choice(list(Leaving))
            while not follower.leave(how):
                if follower.has_ended:
                    return
                await trio.sleep(LOOK_EVERY_SECONDS)
                follower = self.random.choice(self.followers)
            self.reconnects += 1

    async def _until(self, moment: float) -> None:
        while self.progress() < moment:  # noqa: ASYNC110 - a run ends within its bound
            await trio.sleep(LOOK_EVERY_SECONDS)

    async def disturb_soon(self, follower: Follower) -> None:
        """Let a job's follower leave and resume after a moment, which some jobs end before."""
        await trio.sleep(self.random.random() * MOMENT_SECONDS)
        follower.leave(self.random.choice(list(Leaving)))
