"""A merchant's server that follows a stream over crashes, by the `seq` it has seen last."""

import json
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import trio

from pgw.actors.event_stream import PublishedEvent, SubscriberTooSlow
from pgw.http.jobs.events import EventsForgotten, check_kept, events_from
from pgw.http.jobs.position import Position
from pgw.storage.port import StorageUnavailable
from tests.simulation.books import Told
from tests.simulation.frames import told_by
from tests.simulation.front_door import Client, Refused, Unanswered, client_stream
from tests.simulation.life import ProcessDied
from tests.simulation.log_lines import LIFE
from tests.simulation.oracle_of_events import Stream
from tests.simulation.process import Process

LONGEST_CONNECTION_SECONDS = 60.0
LONGEST_ABSENCE_SECONDS = 2.0
NORMAL_CLOSURE, EVENTS_FORGOTTEN = 1000, 4410
_FORGOTTEN = re.compile(r"after=(\d+)")
TRY_AGAIN = {401, 408, 429, 500, 503}


async def follow(random: Random, process: Process, stream: Stream) -> None:
    """Read the real stream's frames until this life ends, or the connection or the stream does."""
    LIFE.set(process.life)
    with (
        process.life.guest(),
        trio.move_on_after(random.random() * LONGEST_CONNECTION_SECONDS),
        suppress(ProcessDied, StorageUnavailable, SubscriberTooSlow, Unanswered),
    ):
        if process.http is None:
            await _read(process, stream)
        else:
            await _read_by_http(process.http, stream)
    await trio.sleep(random.random() * LONGEST_ABSENCE_SECONDS)


async def _read(process: Process, stream: Stream) -> None:
    """Do what the WebSocket's handler does with the stream's events."""
    parts = cast("Any", SimpleNamespace(storage=process.storage, stream=process.stream))
    position = Position(stream.merchant_id, stream.job_id, stream.seq)
    try:
        await check_kept(parts, position)
        await _read_events(process, stream, aclosing(events_from(parts, position)))
    except EventsForgotten as gap:
        if not process.life.is_over:
            stream.skip(gap.seq)


async def _read_events(
    process: Process, stream: Stream, reading: aclosing[AsyncGenerator[PublishedEvent | None, None]]
) -> None:
    async with reading as events:
        async for published in events:
            if process.life.is_over:
                return
            told = None if published is None else told_by(json.loads(published.text))
            if told is not None:
                stream.told.append(told)
                if _is_last(stream, told):
                    break
    stream.has_ended = stream.job_id is not None and not process.life.is_over


async def _read_by_http(client: Client, stream: Stream) -> None:
    try:
        async with client_stream(client, after=stream.seq, job_id=stream.job_id) as frames:
            while (frame := await frames.next_event()) is not None:
                told = told_by(frame)
                if told is not None:
                    stream.told.append(told)
            stream.has_ended = frames.close_code == NORMAL_CLOSURE
            if frames.close_code == EVENTS_FORGOTTEN:
                stream.skip(int(_FORGOTTEN.findall(frames.close_reason)[0]))
    except Refused as refused:
        if refused.answer.status not in TRY_AGAIN:
            raise


def _is_last(stream: Stream, told: Told) -> bool:
    return stream.job_id is not None and told.type in {"job.completed", "job.failed"}
