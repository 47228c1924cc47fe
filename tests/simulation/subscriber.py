"""A merchant's server that follows its stream over crashes, by the `seq` it has seen last."""

from contextlib import aclosing, suppress
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import trio

from pgw.actors.event_stream import SubscriberTooSlow
from pgw.http.jobs.stream import _events, _Position
from pgw.storage.port import StorageUnavailable
from tests.simulation.books import Told
from tests.simulation.life import ProcessDied
from tests.simulation.log_lines import LIFE
from tests.simulation.oracle_of_events import Stream
from tests.simulation.process import Process

LONGEST_CONNECTION_SECONDS = 60.0
LONGEST_ABSENCE_SECONDS = 2.0


async def follow(random: Random, process: Process, stream: Stream) -> None:
    """Read the real stream's events until this life ends, or the connection does."""
    LIFE.set(process.life)
    with (
        process.life.guest(),
        trio.move_on_after(random.random() * LONGEST_CONNECTION_SECONDS),
        suppress(ProcessDied, StorageUnavailable, SubscriberTooSlow),
    ):
        await _read(process, stream)
    await trio.sleep(random.random() * LONGEST_ABSENCE_SECONDS)


async def _read(process: Process, stream: Stream) -> None:
    parts = cast("Any", SimpleNamespace(storage=process.storage, stream=process.stream))
    async with aclosing(_events(parts, _Position(stream.merchant_id, stream.job_id, stream.seq))) as events:
        async for event in events:
            if process.life.is_over:
                return
            if event is not None:
                stream.told.append(Told.of(event))
