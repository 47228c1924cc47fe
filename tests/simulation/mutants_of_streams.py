"""Bugs in how a stream passes from what is stored to what is live, and in what it says of what is gone."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from typing import Any
from unittest.mock import patch

from pgw.actors.event_stream import PublishedEvent
from pgw.http.call import Parts
from pgw.http.jobs import events, stream
from pgw.http.jobs.position import Position
from tests.simulation import subscriber

Events = AsyncGenerator[PublishedEvent | None, None]


@contextmanager
def second_read_left_out() -> Iterator[None]:
    """What is committed after the last page was read and before the subscription is told to nobody."""

    async def events_from(parts: Parts, position: Position) -> Events:
        seq = position.after
        async with aclosing(events._stored(parts, position, seq)) as past:
            async for published in past:
                seq = published.event.seq
                yield published
        with parts.stream.subscribe(position.topic) as live:
            while True:
                published = await live.receive()
                if published.event.seq > seq:
                    seq = published.event.seq
                    yield published

    with _streaming(events_from):
        yield


@contextmanager
def told_again_live() -> Iterator[None]:
    """What was read from storage is told once more where it is in the subscription too."""

    async def events_from(parts: Parts, position: Position) -> Events:
        with parts.stream.subscribe(position.topic) as live:
            async with aclosing(events._stored(parts, position, position.after)) as past:
                async for published in past:
                    yield published
            while True:
                yield await live.receive()

    with _streaming(events_from):
        yield


@contextmanager
def forgotten_in_silence() -> Iterator[None]:
    """Who is behind what was forgotten is told the next event, and nothing of those between."""

    async def check(*_args: object) -> None:
        return

    with (
        patch.object(events, "check_kept", check),
        patch.object(events, "_check_next", check),
        patch.object(stream, "check_kept", check),
        patch.object(subscriber, "check_kept", check),
    ):
        yield


@contextmanager
def _streaming(events_from: Any) -> Iterator[None]:
    with (
        patch.object(stream, "events_from", events_from),
        patch.object(subscriber, "events_from", events_from),
    ):
        yield
