"""A merchant's events, or a job's: from storage, then live, none missing and none twice."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import trio
from attrs import frozen

from pgw.actors.event_stream import PublishedEvent
from pgw.http.call import Parts

HEARTBEAT_SECONDS = 15
PAGE = 500


@frozen
class Position:
    """Whose events are wanted, of all jobs or of one, and after which `seq`."""

    merchant_id: str
    job_id: str | None
    after: int

    @property
    def topic(self) -> str:
        return self.job_id or self.merchant_id


async def events_from(parts: Parts, position: Position) -> AsyncGenerator[PublishedEvent | None, None]:
    """Yield each event once, in order, and None after every 15 s of silence."""
    seq = position.after
    # A long past is read before subscribing, so that the present does not overflow the buffer meanwhile.
    async with aclosing(_stored(parts, position, seq)) as past:
        async for published in past:
            seq = published.event.seq
            yield published
    with parts.stream.subscribe(position.topic) as live:
        # What was committed before the subscription and after the last page.
        async with aclosing(_stored(parts, position, seq)) as past:
            async for published in past:
                seq = published.event.seq
                yield published
        if await _has_ended(parts, position):
            return
        while True:
            next_one = None
            with trio.move_on_after(HEARTBEAT_SECONDS):
                next_one = await live.receive()
            if next_one is None:
                yield None
            elif next_one.event.seq > seq:
                seq = next_one.event.seq
                yield next_one


async def _stored(parts: Parts, position: Position, after: int) -> AsyncGenerator[PublishedEvent, None]:
    while True:
        page = await parts.storage.events_after(
            position.merchant_id, after, job_id=position.job_id, limit=PAGE
        )
        for event in page:
            after = event.seq
            yield parts.stream.published(event)
        if len(page) < PAGE:
            return


async def _has_ended(parts: Parts, position: Position) -> bool:
    """Tell whether this is the stream of a job whose last change was before the position."""
    if position.job_id is None:
        return False
    job = await parts.storage.job(position.merchant_id, position.job_id)
    return (
        job is not None
        and not job.is_open
        and not await parts.storage.events_after(
            position.merchant_id, position.after, job_id=position.job_id, limit=1
        )
    )
