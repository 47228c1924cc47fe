from collections.abc import Callable

import pytest
import trio
from structlog.testing import LogCapture
from trio.testing import wait_all_tasks_blocked

from pgw.actors.supervisor import (
    ChildSpec,
    Restart,
)
from tests.actors.child import Child, a_supervisor, crashes, ends


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


async def test_a_bug_raised_while_being_cancelled_is_seen(
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
