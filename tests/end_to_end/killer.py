"""Kills actors of a gateway that runs in this process: a bug is raised where one waits at that moment."""

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import NoReturn

import trio
from attrs import define, field

KINDS = (
    *("bank ", "session of bank", "merchant ", "admission of", "payment "),
    *("recovery", "schedule", "settling", "investigation of", "housekeeping"),
    *("expiry", "lookout for"),
)


class Killed(Exception):
    """A bug that has no cause, as far as the actor can tell."""


@define(eq=False)
class Killer:
    """Picks one of the actors that live; or first a kind, where `each_kind` is to have its share.

    In a long run that would be too many of the few at the top, whose restarts are counted by the minute.
    """

    random: Random
    each_kind: bool
    kills: Counter[str] = field(factory=Counter)

    async def run(self, every: float) -> None:
        """Kill one every so many seconds until cancelled."""
        while True:
            await trio.sleep(every)
            self.kill()

    def kill(self) -> None:
        living = [(kind, task) for task in _waiting() for kind in KINDS if task.name.startswith(kind)]
        if self.each_kind:
            picked = self.random.choice(sorted({kind for kind, _ in living}))
            living = [(kind, task) for kind, task in living if kind == picked]
        kind, task = self.random.choice(living)
        _raise_in(task)
        self.kills[kind] += 1


def _waiting() -> Iterator[trio.lowlevel.Task]:
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
