"""Kills actors of a gateway that runs in this process: a bug is raised where one waits at that moment."""
# ruff: noqa: SLF001 - Trio has no public way to raise anything but Cancelled in a task; its version is pinned

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import NoReturn

import trio
from attrs import define, field

KINDS = (
    *("bank ", "session of bank", "merchant ", "admission of", "payment "),
    *("recovery", "schedule", "settling", "investigation of", "housekeeping"),
)


class Killed(Exception):
    """A bug that has no cause, as far as the actor can tell."""


@define(eq=False)
class Killer:
    """Picks a kind of actor, then one of those that live; the same seed picks the same kinds in order."""

    random: Random
    kills: Counter[str] = field(factory=Counter)

    async def run(self, every: float) -> None:
        """Kill one every so many seconds until cancelled."""
        while True:
            await trio.sleep(every)
            self.kill()

    def kill(self) -> None:
        living = list(_living())
        kinds = [kind for kind in KINDS if any(task.name.startswith(kind) for task in living)]
        kind = self.random.choice(kinds)
        task = self.random.choice([task for task in living if task.name.startswith(kind)])
        _raise_in(task)
        self.kills[kind] += 1


def _living() -> Iterator[trio.lowlevel.Task]:
    """Yield all tasks of this run that wait, and so can be killed."""
    root = trio.lowlevel.current_root_task()
    assert root is not None
    tasks = [root]
    while tasks:
        task = tasks.pop()
        tasks += [child for nursery in task.child_nurseries for child in nursery.child_tasks]
        if task._abort_func is not None:
            yield task


def _raise_in(task: trio.lowlevel.Task) -> None:
    """Raise at the task's await, as Trio itself does for Ctrl-C; what must not be interrupted is not."""

    def raise_killed() -> NoReturn:
        raise Killed(task.name)

    task._attempt_abort(raise_killed)
