"""A merchant's events, or a job's: from storage, then live, none missing and none twice."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import trio
from attrs import evolve

from pgw.actors.event_stream import PublishedEvent
from pgw.domain.job import JobEventType
from pgw.http.call import Parts
from pgw.http.jobs.position import Position

HEARTBEAT_SECONDS = 15
PAGE = 100


class EventsForgotten(Exception):
    """Events behind a position are no longer kept, up to the one with this `seq`."""

    def __init__(self, seq: int) -> None:
        super().__init__(seq)
        self.seq = seq


async def check_kept(parts: Parts, position: Position) -> None:
    """Raise `EventsForgotten` where an event behind the position is no longer kept, or may be.

    Whether some of them were a job's is not known, unless its first event is kept.
    """
    forgotten = await parts.storage.forgotten_seq(position.merchant_id)
    if forgotten <= position.after:
        return
    if position.job_id is not None:
        first = await parts.storage.events_after(
            position.merchant_id, position.after, job_id=position.job_id, limit=1
        )
        if first and first[0].type == JobEventType.CREATED:
            return
    raise EventsForgotten(forgotten)


async def events_from(parts: Parts, position: Position) -> AsyncGenerator[PublishedEvent | None, None]:
    """Yield each event once, in order, and None after every 15 s of silence.

    Raises `EventsForgotten` rather than leave one out: a slow reader may be overtaken.
    """
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
        if position.job_id is not None:
            await check_kept(parts, evolve(position, after=seq))
            if await _has_ended(parts, position, position.job_id):
                return
        while True:
            next_one = None
            with trio.move_on_after(HEARTBEAT_SECONDS):
                next_one = await live.receive()
            if next_one is None:
                yield None
            elif next_one.event.seq > seq:
                await _check_next(parts, position, seq, next_one.event.seq)
                seq = next_one.event.seq
                yield next_one


async def _stored(parts: Parts, position: Position, after: int) -> AsyncGenerator[PublishedEvent, None]:
    while True:
        async with parts.stream.reading:
            page = await parts.storage.events_after(
                position.merchant_id, after, job_id=position.job_id, limit=PAGE
            )
        if position.job_id is not None and not (page and page[0].type == JobEventType.CREATED):
            # Those before may have been forgotten since this was asked last.
            await check_kept(parts, evolve(position, after=after))
        for event in page:
            await _check_next(parts, position, after, event.seq)
            after = event.seq
            await parts.stream.turn()
            yield parts.stream.published(event)
        if len(page) < PAGE:
            return


async def _check_next(parts: Parts, position: Position, seq: int, next_seq: int) -> None:
    """See to it that the events of a merchant have no gap but what was forgotten."""
    if position.job_id is None and next_seq != seq + 1:
        await check_kept(parts, evolve(position, after=seq))
        raise AssertionError(f"the event after {seq} is {next_seq}")


async def _has_ended(parts: Parts, position: Position, job_id: str) -> bool:
    """Tell whether this is the stream of a job whose last change was before the position."""
    job = await parts.storage.job(position.merchant_id, job_id)
    return (
        job is not None
        and not job.is_open
        and not await parts.storage.events_after(position.merchant_id, position.after, job_id=job_id, limit=1)
    )
