"""The gateway's own program with one bug planted in its streams, which the run must find."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from typing import Any

import trio
from attrs import frozen

from pgw import cli
from pgw.actors.event_stream import EventStream, Subscription
from pgw.domain.event import Event
from pgw.storage.rows import event_of
from pgw.storage.sqlite import SqliteStorage

ONE_IN = 97
BEFORE_ITS_COMMIT_SECONDS = 0.05


@frozen
class Bug:
    """What is wrong, how it is planted, and what is said where it is found."""

    wrong: str
    plant: Callable[[], None]
    finding: str


def _resume_elsewhere(by: int) -> None:
    read = SqliteStorage.events_after

    async def events_after(self: SqliteStorage, merchant_id: str, seq: int, **rest: Any) -> Sequence[Event]:
        return await read(self, merchant_id, max(0, seq + by) if seq else 0, **rest)

    setattr(SqliteStorage, "events_after", events_after)  # noqa: B010 - here and below, mypy lets none be assigned


def _skip_second_read() -> None:
    read, subscribe = SqliteStorage.events_after, EventStream.subscribe
    has_subscribed: ContextVar[bool] = ContextVar("has_subscribed", default=False)

    @contextmanager
    def subscribing(self: EventStream, topic: str) -> Iterator[Subscription]:
        has_subscribed.set(True)
        with subscribe(self, topic) as subscription:
            yield subscription

    async def events_after(self: SqliteStorage, *arguments: Any, **rest: Any) -> Sequence[Event]:
        return [] if has_subscribed.get() else await read(self, *arguments, **rest)

    setattr(EventStream, "subscribe", subscribing)  # noqa: B010
    setattr(SqliteStorage, "events_after", events_after)  # noqa: B010


def _publish(change: Callable[[Sequence[Event]], Sequence[Event]]) -> None:
    publish = EventStream.publish
    setattr(EventStream, "publish", lambda self, events: publish(self, change(events)))  # noqa: B010


def _dropping(numbers: "count[int]") -> Callable[[Sequence[Event]], Sequence[Event]]:
    return lambda events: [event for event in events if next(numbers) % ONE_IN]


def _publish_before_commit() -> None:
    commit = getattr(SqliteStorage, "_commit")  # noqa: B009

    async def commit_after_publishing(self: Any, changes: Sequence[Any]) -> Any:
        told, publish = dict[str, int](), self._on_committed
        for change in changes:
            if getattr(change, "is_told", False):
                merchant_id = change.job.merchant_id
                told[merchant_id] = told.get(merchant_id) or await self.last_seq(merchant_id)
                told[merchant_id] += 1
                publish([event_of(told[merchant_id], change)])
        await trio.sleep(BEFORE_ITS_COMMIT_SECONDS)
        self._on_committed = lambda _events: None
        try:
            return await commit(self, changes)
        finally:
            self._on_committed = publish

    setattr(SqliteStorage, "_commit", commit_after_publishing)  # noqa: B010


BUGS: Mapping[str, Bug] = {
    "resumes_one_further": Bug(
        "resumed after the event after `after`", lambda: _resume_elsewhere(1), "missed"
    ),
    "resumes_one_before": Bug("resumed with the event `after`", lambda: _resume_elsewhere(-1), "twice"),
    "skips_second_read": Bug("nothing read once it is subscribed", _skip_second_read, "missed"),
    "forgets_some": Bug("one in some events not told live", lambda: _publish(_dropping(count(1))), "missed"),
    "tells_backwards": Bug("a group told backwards", lambda: _publish(lambda all_: all_[::-1]), "missed"),
    "tells_before_commit": Bug("told before it is committed", _publish_before_commit, "may not resume"),
}


if __name__ == "__main__":
    BUGS[sys.argv.pop(1)].plant()
    cli.main()
