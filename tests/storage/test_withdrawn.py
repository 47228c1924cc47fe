"""Who fails while its write waits has written nothing by the time that its work is taken up."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from pgw.storage.grouping import Grouping

if TYPE_CHECKING:
    from collections.abc import Sequence


class Bug(Exception):
    pass


async def test_a_bug_in_who_waits_withdraws_what_it_handed_over(nursery: trio.Nursery) -> None:
    groups, free, waiting = list[list[str]](), trio.Event(), list[trio.lowlevel.Task]()

    async def run_group(items: Sequence[str]) -> Sequence[str]:
        groups.append(list(items))
        await free.wait()
        return items

    grouping = Grouping(run_group, largest_group=10, most_waiting=10, patience=10)
    nursery.start_soon(grouping.run)

    async def fails() -> None:
        waiting.append(trio.lowlevel.current_task())
        with pytest.raises(Bug):
            await grouping.answer("withdrawn")

    def raise_bug() -> NoReturn:
        raise Bug

    nursery.start_soon(grouping.answer, "first")
    await wait_all_tasks_blocked()
    nursery.start_soon(fails)
    await wait_all_tasks_blocked()
    # As Trio does for Ctrl-C: there is no public way to raise anything but Cancelled.
    waiting[0]._attempt_abort(raise_bug)
    nursery.start_soon(grouping.answer, "second")
    await wait_all_tasks_blocked()
    free.set()
    await wait_all_tasks_blocked()
    assert [["first"], ["second"]] == groups
    nursery.cancel_scope.cancel()
