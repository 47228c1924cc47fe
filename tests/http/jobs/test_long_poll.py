"""`Prefer: wait=N`: it sleeps until the event that it waits for, over a real database."""

from __future__ import annotations

import json
import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import trio
from attrs import evolve
from trio.testing import wait_all_tasks_blocked

from pgw.actors.event_stream import EventStream
from pgw.actors.gateway import Gateway, GatewayLimits
from pgw.http.app import make_app
from pgw.http.jobs.frames import event_frame
from pgw.storage.sqlite import SqliteStorage, open_storage
from tests.http.asking import Answer, asked
from tests.http.parts import MERCHANT_ID, parts_over, ports_over
from tests.merchants import a_merchant
from tests.storage.conftest import Changes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from pgw.http.front import Application

WAITING = 50
QUIET_SECONDS = 0.5


class Steps(trio.abc.Instrument):
    """Counts how often any task is run."""

    def __init__(self) -> None:
        self.count = 0

    def before_task_step(self, task: trio.lowlevel.Task) -> None:  # noqa: ARG002
        self.count += 1


@asynccontextmanager
async def serving(path: Path) -> AsyncIterator[tuple[Application, SqliteStorage, EventStream]]:
    stream = EventStream(event_frame)
    with trio.fail_after(60):
        async with open_storage(path, stream.publish) as storage:
            await storage.add_merchant(a_merchant(MERCHANT_ID))
            ports = ports_over(storage)
            parts = parts_over(storage, Gateway(ports, GatewayLimits(1, 1, taken_up=1)), ports)
            yield make_app(evolve(parts, stream=stream)), storage, stream


async def test_it_wakes_on_the_event_and_until_then_costs_no_thread_and_no_turn_of_the_loop(
    tmp_path: Path,
) -> None:
    changes, answers = Changes(), list[Answer]()
    async with serving(tmp_path / "pgw.db") as (app, storage, stream):
        accepted = changes.accepted(MERCHANT_ID)
        await storage.write(accepted)

        async def wait() -> None:
            path = f"/jobs/{accepted.job.id}"
            answers.append(await asked(app, "GET", path, b"", (b"prefer", b"wait=30")))

        await wait_all_tasks_blocked()
        before = trio.lowlevel.current_statistics().tasks_living
        async with trio.open_nursery() as nursery:
            for _ in range(WAITING):
                nursery.start_soon(wait)
            await wait_all_tasks_blocked(0.05)
            assert WAITING == stream.subscribers
            threads, tasks = threading.active_count(), trio.lowlevel.current_statistics().tasks_living
            steps = Steps()
            trio.lowlevel.add_instrument(steps)
            await trio.sleep(QUIET_SECONDS)
            trio.lowlevel.remove_instrument(steps)
            assert (WAITING, []) == (tasks - before, answers)
            # Our own turn, and one of what looks at something now and then beside them.
            assert steps.count < WAITING / 2
            assert threading.active_count() <= threads
            await storage.write(changes.authorized(accepted))
    assert WAITING == len(answers)
    assert {(200, "wait=30")} == {(one.status, one.headers["preference-applied"]) for one in answers}
    assert {("Completed", "Approved")} == {
        (told["status"], told["paymentStatus"]) for told in (json.loads(one.text) for one in answers)
    }
    assert 0 == stream.subscribers


async def test_a_wait_that_ends_before_the_event_answers_the_job_as_it_is_and_what_was_applied(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path / "pgw.db") as (app, storage, stream):
        accepted = Changes().accepted(MERCHANT_ID)
        await storage.write(accepted)
        answer = await asked(app, "GET", f"/jobs/{accepted.job.id}", b"", (b"prefer", b"wait=1"))
    assert ("wait=1", "1") == (answer.headers["preference-applied"], answer.headers["retry-after"])
    assert "Created" == json.loads(answer.text)["status"]
    assert 0 == stream.subscribers
