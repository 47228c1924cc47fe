"""A child that ends as a test says, and a supervisor for it."""

from collections.abc import Callable

import trio

from pgw.actors.supervisor import RestartIntensity, Supervisor
from pgw.ports import SystemClock

GENEROUS = RestartIntensity(restarts=100, within=10)


class Child:
    """Counts its starts; each life ends as `lives` says, and one after those goes on until cancelled."""

    def __init__(self, *lives: Callable[[], None], every: float = 0.0) -> None:
        self.starts = 0
        self._lives = list(lives)
        self._every = every

    async def run(self) -> None:
        self.starts += 1
        await trio.sleep(self._every)
        if self._lives:
            self._lives.pop(0)()
        else:
            await trio.sleep_forever()


def crashes() -> None:
    raise ZeroDivisionError("a bug")


def ends() -> None:
    pass


def a_supervisor(intensity: RestartIntensity = GENEROUS) -> Supervisor:
    return Supervisor("test", intensity, SystemClock())
