"""A reader so slow that events are forgotten before it has come to them; over a real database."""

from __future__ import annotations

from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
import trio

from pgw.actors.event_stream import EventStream
from pgw.http.jobs import events
from pgw.http.jobs.events import EventsForgotten, events_from
from pgw.http.jobs.position import Position
from pgw.storage.sqlite import open_storage
from tests.merchants import a_merchant
from tests.storage.conftest import Changes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from pgw.http.call import Parts

MERCHANT, FAR = "mer_a", datetime(2100, 1, 1, tzinfo=UTC)


@asynccontextmanager
async def parts_over_a_database(path: Path) -> AsyncIterator[Parts]:
    stream = EventStream(str)
    with trio.fail_after(30):
        async with open_storage(path, stream.publish) as storage:
            await storage.add_merchant(a_merchant(MERCHANT))
            yield cast("Parts", SimpleNamespace(stream=stream, storage=storage))


async def test_a_reader_of_all_that_is_overtaken_between_two_pages_is_told_and_sent_no_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "PAGE", 2)
    changes = Changes()
    async with parts_over_a_database(tmp_path / "pgw.db") as parts:
        for _ in range(5):
            await parts.storage.write(changes.accepted(MERCHANT))
        async with aclosing(events_from(parts, Position(MERCHANT, None, 0))) as stream:
            first = [await anext(stream) for _ in range(2)]
            assert 4 == await parts.storage.forget_events(MERCHANT, FAR, 4)
            with pytest.raises(EventsForgotten) as told:
                await anext(stream)
    assert [1, 2] == [one.event.seq for one in first if one]
    assert 4 == told.value.seq


async def test_one_that_is_overtaken_before_it_subscribes_is_told_with_the_next_event(
    tmp_path: Path,
) -> None:
    changes = Changes()
    async with parts_over_a_database(tmp_path / "pgw.db") as parts:
        await parts.storage.write(changes.accepted(MERCHANT))
        async with aclosing(events_from(parts, Position(MERCHANT, None, 0))) as stream:
            await anext(stream)
            await parts.storage.write(changes.accepted(MERCHANT))
            assert 2 == await parts.storage.forget_events(MERCHANT, FAR, 2)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(write_once_subscribed, parts, changes)
                with pytest.raises(EventsForgotten) as told:
                    await anext(stream)
    assert 2 == told.value.seq


async def write_once_subscribed(parts: Parts, changes: Changes) -> None:
    while not parts.stream.subscribers:  # noqa: ASYNC110 - nobody is told
        await trio.sleep(0.01)
    await trio.sleep(0.1)
    await parts.storage.write(changes.accepted(MERCHANT))


async def test_a_reader_of_a_job_that_ended_unseen_is_not_told_that_it_has_all(tmp_path: Path) -> None:
    changes = Changes()
    async with parts_over_a_database(tmp_path / "pgw.db") as parts:
        accepted = changes.accepted(MERCHANT)
        await parts.storage.write(accepted)
        async with aclosing(events_from(parts, Position(MERCHANT, accepted.job.id, 0))) as stream:
            await anext(stream)
            await parts.storage.write(changes.authorized(accepted))
            assert 2 == await parts.storage.forget_events(MERCHANT, FAR, 2)
            with pytest.raises(EventsForgotten) as told:
                await anext(stream)
    assert 2 == told.value.seq
