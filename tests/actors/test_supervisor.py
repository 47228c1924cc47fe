from collections.abc import Callable

import pytest
import structlog
import trio
from structlog.testing import LogCapture
from trio.testing import MockClock, wait_all_tasks_blocked

from pgw.actors.supervisor import (
    ChildSpec,
    Restart,
    RestartIntensity,
    RestartIntensityExceeded,
    Supervisor,
)
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


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> LogCapture:
    capture = LogCapture()
    monkeypatch.setattr("pgw.actors.supervisor._log", structlog.wrap_logger(None, processors=[capture]))
    return capture


def a_supervisor(intensity: RestartIntensity = GENEROUS) -> Supervisor:
    return Supervisor("test", intensity, SystemClock())


@pytest.mark.parametrize(
    ("restart", "end", "starts"),
    [
        (Restart.PERMANENT, crashes, 2),
        (Restart.PERMANENT, ends, 2),
        (Restart.TRANSIENT, crashes, 2),
        (Restart.TRANSIENT, ends, 1),
        (Restart.TEMPORARY, crashes, 1),
        (Restart.TEMPORARY, ends, 1),
    ],
)
async def test_who_is_started_again(
    restart: Restart, end: Callable[[], None], starts: int, nursery: trio.Nursery
) -> None:
    child = Child(end)
    nursery.start_soon(a_supervisor().run, ChildSpec("child", child.run, restart))
    await wait_all_tasks_blocked()
    assert child.starts == starts


async def test_a_crash_touches_no_sibling(nursery: trio.Nursery) -> None:
    crashing, sibling = Child(*[crashes] * 10), Child()
    specs = [ChildSpec("child", child.run, Restart.PERMANENT) for child in (crashing, sibling)]
    nursery.start_soon(a_supervisor().run, *specs)
    await wait_all_tasks_blocked()
    assert [crashing.starts, sibling.starts] == [11, 1]


async def test_a_child_that_is_started_later_is_supervised_too(nursery: trio.Nursery) -> None:
    supervisor, child = a_supervisor(), Child(crashes)
    nursery.start_soon(supervisor.run)
    await wait_all_tasks_blocked()
    supervisor.start_child(ChildSpec("child", child.run, Restart.TRANSIENT))
    await wait_all_tasks_blocked()
    assert child.starts == 2


async def test_one_restart_more_than_the_intensity_within_the_time_ends_the_supervisor(
    autojump_clock: MockClock,
) -> None:
    child, sibling = Child(*[crashes] * 4, every=2.0), Child()
    specs = [ChildSpec("child", one.run, Restart.PERMANENT) for one in (child, sibling)]
    with pytest.RaisesGroup(RestartIntensityExceeded):
        await a_supervisor(RestartIntensity(restarts=3, within=6)).run(*specs)
    assert child.starts == 4
    assert autojump_clock.current_time() == pytest.approx(8)


async def test_as_many_restarts_over_a_longer_time_end_nothing(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    child = Child(*[crashes] * 20, every=2.1)
    supervisor = a_supervisor(RestartIntensity(restarts=3, within=6))
    nursery.start_soon(supervisor.run, ChildSpec("child", child.run, Restart.PERMANENT))
    await trio.sleep(100)
    assert autojump_clock.current_time() == pytest.approx(100)
    assert child.starts == 21
    assert supervisor.is_running


async def test_where_no_restart_is_allowed_the_first_crash_ends_the_supervisor() -> None:
    child = Child(crashes)
    with pytest.RaisesGroup(RestartIntensityExceeded):
        await a_supervisor(RestartIntensity(restarts=0, within=1)).run(
            ChildSpec("child", child.run, Restart.TRANSIENT)
        )
    assert child.starts == 1


async def test_a_supervisor_that_gives_up_is_a_crash_to_its_own(nursery: trio.Nursery) -> None:
    child = Child(*[crashes] * 5)

    async def inner() -> None:
        spec = ChildSpec("child", child.run, Restart.PERMANENT)
        await a_supervisor(RestartIntensity(restarts=2, within=10)).run(spec)

    nursery.start_soon(a_supervisor().run, ChildSpec("inner", inner, Restart.PERMANENT))
    await wait_all_tasks_blocked()
    assert child.starts == 6


async def test_cancellation_ends_children_and_restarts_none(logged: LogCapture) -> None:
    children = [Child(), Child()]
    with trio.CancelScope() as scope:
        async with trio.open_nursery() as nursery:
            specs = [ChildSpec("child", child.run, Restart.PERMANENT) for child in children]
            nursery.start_soon(a_supervisor().run, *specs)
            await wait_all_tasks_blocked()
            scope.cancel()
    assert scope.cancelled_caught
    assert [child.starts for child in children] == [1, 1]
    assert logged.entries == []


async def crashes_in_a_group_when_cancelled() -> None:
    """A bug in one task of a child, while its other is cancelled: both leave in one group."""

    async def buggy() -> None:
        try:
            await trio.sleep_forever()
        finally:
            raise ZeroDivisionError("a bug while being cancelled")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(buggy)
        nursery.start_soon(trio.sleep_forever)


async def test_a_bug_raised_while_being_cancelled_is_seen_and_cancellation_goes_on(
    logged: LogCapture,
) -> None:
    supervisor = a_supervisor()
    with trio.CancelScope() as scope:
        async with trio.open_nursery() as nursery:
            spec = ChildSpec("buggy", crashes_in_a_group_when_cancelled, Restart.PERMANENT)
            nursery.start_soon(supervisor.run, spec)
            await wait_all_tasks_blocked()
            scope.cancel()
    assert scope.cancelled_caught
    assert [(entry["event"], entry["Actor"]) for entry in logged.entries] == [("ActorCrashed", "buggy")]
    assert not supervisor.is_running
