import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from pgw.actors.supervisor import ChildSpec, Restart, RestartIntensity, RestartIntensityExceeded
from tests.actors.child import Child, a_supervisor, crashes


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
