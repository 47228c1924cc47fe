"""Readers that come, dawdle, leave and resume while events are committed: a real database and stream."""

from __future__ import annotations

from contextlib import aclosing, asynccontextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from unittest import mock

import trio
import trio.lowlevel
from attrs import define, field, frozen
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pgw.actors import event_stream
from pgw.actors.event_stream import EventStream, PublishedEvent, SubscriberTooSlow
from pgw.domain.job import JobEvent
from pgw.http.jobs import events
from pgw.http.jobs.events import events_from
from pgw.http.jobs.position import Position
from pgw.storage.sqlite import open_storage
from tests.merchants import a_merchant
from tests.storage.conftest import Changes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    import pytest

    from pgw.domain.event import Event
    from pgw.http.call import Parts
    from pgw.storage.port import Storage

MERCHANT = "mer_a"
SMALL_PAGE, SMALL_BUFFER = 3, 4


@frozen
class Reader:
    """Comes once a part of all events was committed, and asks for those after a part of that.

    It dawdles so many milliseconds before each event, and leaves after so many of them. Its reads of storage
    begin so much later, and are answered so much later.
    """

    comes_at: float
    part: float
    dawdles: Sequence[int]
    reads_dawdle: tuple[int, int]
    leaves_after: int
    of_job: bool


@define
class World:
    """A gateway's storage and stream, with what was published in the order in which it was."""

    parts: Parts
    published: list[Event] = field(factory=list)
    _waiting: trio.lowlevel.ParkingLot = field(factory=trio.lowlevel.ParkingLot)

    def publish(self, committed: Sequence[Event]) -> None:
        self.published += committed
        self._waiting.unpark_all()
        self.parts.stream.publish(committed)

    async def until_published(self, count: int) -> None:
        while len(self.published) < count:
            await self._waiting.park()

    def behind(self, position: Position) -> list[Event]:
        """Return what is to be seen from a position on."""
        of_job = position.job_id
        return [
            one
            for one in self.published[position.after :]
            if of_job is None or (isinstance(one, JobEvent) and one.job.id == of_job)
        ]


READERS = st.builds(
    Reader,
    comes_at=st.floats(0, 1),
    part=st.floats(0, 1),
    dawdles=st.lists(st.sampled_from([0, 0, 0, 1, 4]), min_size=1, max_size=8),
    reads_dawdle=st.tuples(st.sampled_from([0, 0, 1, 4]), st.sampled_from([0, 0, 1, 4])),
    leaves_after=st.integers(1, 20),
    of_job=st.booleans(),
)
# How many payments are written at the same time, and the milliseconds before the next ones.
BURSTS = st.lists(st.tuples(st.integers(1, 2), st.sampled_from([0, 1, 3, 6])), min_size=10, max_size=30)


class SlowReads:
    """A storage whose pages of events take their time, before and after they are read."""

    def __init__(self, storage: Storage, before: int, after: int) -> None:
        self._storage = storage
        self._before = before
        self._after = after

    async def events_after(
        self, merchant_id: str, seq: int, *, job_id: str | None, limit: int
    ) -> Sequence[Event]:
        await dawdle(self._before)
        page = await self._storage.events_after(merchant_id, seq, job_id=job_id, limit=limit)
        await dawdle(self._after)
        return page

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)


@asynccontextmanager
async def world(factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    parts = cast("Parts", SimpleNamespace(stream=EventStream(str)))
    made = World(parts)
    with (
        mock.patch.object(events, "PAGE", SMALL_PAGE),
        mock.patch.object(event_stream, "CAPACITY", SMALL_BUFFER),
        trio.fail_after(60),
    ):
        async with open_storage(factory.mktemp("world") / "pgw.db", made.publish) as storage:
            await storage.add_merchant(a_merchant(MERCHANT))
            cast("Any", parts).storage = storage
            yield made


# What fails is not made smaller: each example takes its time, and may fail by chance.
@settings(deadline=None, max_examples=10, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(BURSTS, st.lists(READERS, min_size=4, max_size=8))
async def test_every_reader_sees_every_event_once_in_the_order_of_commits(
    tmp_path_factory: pytest.TempPathFactory, bursts: list[tuple[int, int]], readers: list[Reader]
) -> None:
    total = 2 * sum(payments for payments, _ in bursts)
    seen: list[tuple[Position, list[Event]]] = []
    async with world(tmp_path_factory) as made:
        async with trio.open_nursery() as nursery:
            for reader in readers:
                nursery.start_soon(follow, made, reader, total, seen)
            await pay(made, bursts)
        # What was committed may be read before it is published.
        assert list(range(1, total + 1)) == [event.seq for event in made.published]
        assert len(readers) == len(seen)
        for position, events_seen in seen:
            assert made.behind(position) == events_seen


async def pay(made: World, bursts: list[tuple[int, int]]) -> None:
    """Commit two events a payment. Each is published before its writer hears that it is committed."""
    changes = Changes()

    async def pay_one() -> None:
        accepted = changes.accepted(MERCHANT)
        for count, change in enumerate((accepted, changes.authorized(accepted)), start=1):
            await made.parts.storage.write(change)
            assert count == len(made.behind(Position(MERCHANT, change.job.id, 0)))

    async with trio.open_nursery() as nursery:
        for payments, milliseconds in bursts:
            for _ in range(payments):
                nursery.start_soon(pay_one)
            await dawdle(milliseconds)


async def dawdle(milliseconds: int) -> None:
    await trio.sleep(milliseconds / 1000)


async def follow(made: World, reader: Reader, total: int, seen: list[tuple[Position, list[Event]]]) -> None:
    """Follow all events, or the job of some event from its first one on."""
    comes_at = int(reader.comes_at * total)
    await made.until_published(max(1, comes_at) if reader.of_job else comes_at)
    if reader.of_job:
        some = made.published[int(reader.part * (len(made.published) - 1))]
        assert isinstance(some, JobEvent)
        position = Position(MERCHANT, some.job.id, 0)
    else:
        position = Position(MERCHANT, None, int(reader.part * comes_at))

    def is_all(events_seen: list[Event]) -> bool:
        if reader.of_job:
            return bool(events_seen) and is_last(events_seen[-1])
        return len(events_seen) >= total - position.after

    seen.append((position, await followed(made, reader, position, is_all)))


def is_last(event: Event) -> bool:
    return isinstance(event, JobEvent) and event.is_last


async def followed(made: World, reader: Reader, position: Position, is_all: Any) -> list[Event]:
    """Return all events behind the position, over as many connections as it takes."""
    seen: list[Event] = []
    slow = SlowReads(made.parts.storage, *reader.reads_dawdle)
    parts = cast("Parts", SimpleNamespace(stream=made.parts.stream, storage=slow))
    while not is_all(seen):
        after = seen[-1].seq if seen else position.after
        source = events_from(parts, Position(position.merchant_id, position.job_id, after))
        try:
            async with aclosing(source) as stream:
                await read_some(reader, stream, seen, is_all)
        except SubscriberTooSlow:
            pass
    return seen


async def read_some(
    reader: Reader, stream: AsyncIterator[PublishedEvent | None], seen: list[Event], is_all: Any
) -> None:
    for number in range(reader.leaves_after):
        if is_all(seen):
            return
        await dawdle(reader.dawdles[number % len(reader.dawdles)])
        told = await anext(stream)
        assert told is not None, "it was silent for 15 s"
        seen.append(told.event)
