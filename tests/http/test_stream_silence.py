"""A stream on which nothing happens, and one whose reader does not keep up; in virtual time."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, cast

import pytest
import trio
from quart.wrappers import Websocket
from trio.testing import MockClock, wait_all_tasks_blocked
from werkzeug.datastructures import MultiDict

from pgw.actors.event_stream import CAPACITY
from pgw.actors.gateway import Gateway, GatewayLimits
from pgw.domain.job import Job, JobEvent, JobEventType
from pgw.domain.payment import Payment
from pgw.http.call import Call, Parts
from pgw.http.jobs.stream import stream
from pgw.storage.port import StorageUnavailable
from tests.actors.memory_storage import MemoryStorage
from tests.actors.orders import an_order
from tests.http.parts import KEY, MERCHANT_ID, parts_over, ports_over

LAST_SEQ = 6
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class QuietStorage(MemoryStorage):
    """Its merchant's events ended with `LAST_SEQ`."""

    async def last_seq(self, merchant_id: str) -> int:
        assert MERCHANT_ID == merchant_id
        return LAST_SEQ

    async def forgotten_seq(self, merchant_id: str) -> int:
        assert MERCHANT_ID == merchant_id
        return 0

    async def events_after(
        self, merchant_id: str, seq: int, *, job_id: str | None = None, limit: int = 500
    ) -> Sequence[JobEvent]:
        assert (MERCHANT_ID, LAST_SEQ, None) == (merchant_id, seq, job_id)
        assert limit > 0
        return []


class Unavailable(QuietStorage):
    async def events_after(self, *_asked: Any, **_more: Any) -> Sequence[JobEvent]:
        raise StorageUnavailable


class Reader:
    """A WebSocket that keeps what it is sent, and when, in monotonic seconds; sends wait for `may_send`."""

    def __init__(self) -> None:
        self.args: MultiDict[str, str] = MultiDict()
        self.scope: dict[str, Any] = {}
        self.frames: list[tuple[float, dict[str, Any]]] = []
        self.closed_with: int | None = None
        self.reason = ""
        self.may_send = trio.Event()
        self.may_send.set()

    async def accept(self) -> None:
        await trio.lowlevel.checkpoint()

    async def send(self, text: str) -> None:
        await self.may_send.wait()
        self.frames.append((trio.current_time(), json.loads(text)))

    async def close(self, code: int, reason: str) -> None:
        await trio.lowlevel.checkpoint()
        self.closed_with, self.reason = code, reason

    @property
    def closed(self) -> tuple[int | None, str]:
        return self.closed_with, self.reason

    @property
    def heard(self) -> list[tuple[float, str, int]]:
        return [(at, one["type"], one["seq"]) for at, one in self.frames]


def an_event(seq: int) -> JobEvent:
    payment = Payment.ordered("pay_1", MERCHANT_ID, an_order(), "bank", NOON, reference="ref_1")
    return JobEvent(seq, JobEventType.CREATED, Job.opened(f"job_{seq}", payment, "req_1"))


@asynccontextmanager
async def streaming(storage: MemoryStorage | None = None) -> AsyncIterator[tuple[Reader, Parts]]:
    """Stream to a reader; leaving waits until the stream has closed, for a minute at most."""
    storage, reader = storage or QuietStorage(), Reader()
    ports = ports_over(storage)
    parts = parts_over(storage, Gateway(ports, GatewayLimits(1, 1, taken_up=1)), ports)
    websocket = cast("Websocket", reader)
    with trio.fail_after(60):
        async with trio.open_nursery() as nursery:
            call = Call(websocket, "req_1", MERCHANT_ID, parts.keys.find(KEY))
            nursery.start_soon(stream, parts, call, websocket)
            await wait_all_tasks_blocked()
            yield reader, parts


async def test_a_heartbeat_with_the_last_seq_comes_after_every_15_seconds_of_silence(
    autojump_clock: MockClock,
) -> None:
    async with streaming() as (reader, parts):
        await trio.sleep(32)
        parts.stream.publish([an_event(LAST_SEQ + 1)])
        await trio.sleep(16)
        parts.stopping.set()
    assert 48 == autojump_clock.current_time()
    assert [
        (0, "stream.ready", LAST_SEQ),
        (15, "stream.heartbeat", LAST_SEQ),
        (30, "stream.heartbeat", LAST_SEQ),
        (32, "job.created", LAST_SEQ + 1),
        (47, "stream.heartbeat", LAST_SEQ + 1),
    ] == [(round(at, 6), kind, seq) for at, kind, seq in reader.heard]
    assert (1012, f"The gateway restarts: connect again with after={LAST_SEQ + 1}.") == reader.closed


async def test_a_reader_that_is_too_slow_gets_what_was_kept_for_it_and_is_closed_with_1013(
    autojump_clock: MockClock,
) -> None:
    async with streaming() as (reader, parts):
        reader.may_send = trio.Event()
        first = LAST_SEQ + 1
        parts.stream.publish([an_event(first)])
        await wait_all_tasks_blocked()  # now the stream waits for its reader
        parts.stream.publish([an_event(first + kept) for kept in range(1, CAPACITY + 1)])
        await wait_all_tasks_blocked()
        assert None is reader.closed_with
        parts.stream.publish([an_event(first + CAPACITY + 1)])
        reader.may_send.set()
    assert list(range(LAST_SEQ, first + CAPACITY + 1)) == [seq for _, _, seq in reader.heard]
    assert 0 == autojump_clock.current_time()
    reason = f"You read too slowly: connect again with after={first + CAPACITY}."
    assert (1013, reason) == reader.closed


async def test_what_was_not_sent_yet_is_not_behind_the_seq_that_a_close_names(
    autojump_clock: MockClock,
) -> None:
    async with streaming() as (reader, parts):
        reader.may_send = trio.Event()
        parts.stream.publish([an_event(LAST_SEQ + 1)])
        await wait_all_tasks_blocked()  # now the stream waits for its reader
        parts.stopping.set()
    assert (1012, f"The gateway restarts: connect again with after={LAST_SEQ}.") == reader.closed
    assert 0 == autojump_clock.current_time()


async def test_storage_that_does_not_answer_closes_with_1013_and_from_where_to_go_on(
    autojump_clock: MockClock,
) -> None:
    async with streaming(Unavailable()) as (reader, _):
        pass
    reason = f"Storage is not available: connect again in a while with after={LAST_SEQ}."
    assert (1013, reason) == reader.closed
    assert 0 == autojump_clock.current_time()


async def test_a_gap_that_was_not_forgotten_is_a_bug_and_is_never_sent(autojump_clock: MockClock) -> None:
    with pytest.RaisesGroup(pytest.RaisesExc(AssertionError, match="the event after 6 is 8")):
        async with streaming() as (reader, parts):
            parts.stream.publish([an_event(LAST_SEQ + 2)])
    assert [(0, "stream.ready", LAST_SEQ)] == reader.heard
    assert 0 == autojump_clock.current_time()
