"""Supervision after OTP: one-for-one restarts, and an end where they come too often."""

from collections import deque
from collections.abc import Awaitable, Callable
from enum import Enum, auto

import structlog
import trio
from attrs import frozen

from pgw.measures import UNMEASURED, Measures
from pgw.ports import Clock

_log = structlog.get_logger()


class Restart(Enum):
    """When a child that ended is started again."""

    PERMANENT = auto()  # always
    TRANSIENT = auto()  # after a crash
    TEMPORARY = auto()  # never


@frozen
class ChildSpec:
    """How to start a child, and when to start it again. The first word of its name is its kind."""

    name: str
    start: Callable[[], Awaitable[None]]
    restart: Restart

    @property
    def kind(self) -> str:
        return self.name.partition(" ")[0]


@frozen
class RestartIntensity:
    """At most so many restarts within so many seconds; one more ends the supervisor."""

    restarts: int
    within: float


class RestartIntensityExceeded(Exception):
    """Restarting did not help, so the supervisor gives up and lets its own decide."""


class Supervisor:
    """Owns its children's tasks and restarts each one that crashes, by itself (one-for-one).

    It is for bugs: what is expected, such as a bank that is down, the actor handles itself.
    """

    def __init__(
        self, name: str, intensity: RestartIntensity, clock: Clock, measures: Measures = UNMEASURED
    ) -> None:
        self._name = name
        self._intensity = intensity
        self._clock = clock
        self._measures = measures
        self._restarts: deque[float] = deque(maxlen=intensity.restarts + 1)
        self._nursery: trio.Nursery | None = None
        self._is_running = False

    async def run(self, *children: ChildSpec) -> None:
        """Start the children and supervise them, and those that come later, until cancelled.

        Raises `RestartIntensityExceeded` inside an exception group, after all children were ended.
        """
        async with trio.open_nursery() as self._nursery:
            for child in children:
                self.start_child(child)
            self._is_running = True
            try:
                await trio.sleep_forever()
            finally:
                self._is_running = False

    @property
    def is_running(self) -> bool:
        """Whether a child that is started now is not ended at once: it is over before the nursery closes."""
        return self._is_running

    def start_child(self, child: ChildSpec) -> None:
        assert self._nursery is not None, "a supervisor runs before it starts children"
        self._nursery.start_soon(self._supervise, child, name=child.name)

    async def _supervise(self, child: ChildSpec) -> None:
        while True:
            crashed = False
            # A bug that is raised while being cancelled comes in one group with the cancellation, which goes
            # on its way from here: what is to be done about the bug is done in the clause.
            try:
                await child.start()
            except* Exception as crash:  # noqa: BLE001 - any bug of a child ends here
                crashed = True
                _log.error("ActorCrashed", Actor=child.name, Supervisor=self._name, exc_info=crash)
            if child.restart is not Restart.PERMANENT and not (
                crashed and child.restart is Restart.TRANSIENT
            ):
                return
            self._count_restart(child)
            self._measures.restarted(child.kind)

    def _count_restart(self, child: ChildSpec) -> None:
        now = self._clock.monotonic()
        self._restarts.append(now)
        too_many = len(self._restarts) > self._intensity.restarts
        if too_many and now - self._restarts[0] <= self._intensity.within:
            _log.error("RestartIntensityExceeded", Supervisor=self._name, Actor=child.name)
            raise RestartIntensityExceeded(f"{self._name} gave up restarting {child.name}")
