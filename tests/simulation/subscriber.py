"""A merchant's server that follows its stream over crashes, by the `seq` it has seen last."""

from contextlib import aclosing
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import trio
from attrs import define, field

from pgw.actors.event_stream import SubscriberTooSlow
from pgw.domain.event import Event
from pgw.domain.job import JobEvent
from pgw.http.jobs.events import events_from
from pgw.http.jobs.position import Position
from pgw.storage.port import StorageUnavailable
from tests.simulation.books import Told
from tests.simulation.life import ProcessDied
from tests.simulation.process import Process

LONGEST_CONNECTION_SECONDS = 60.0
LONGEST_ABSENCE_SECONDS = 2.0


@define(eq=False)
class Subscriber:
    """`seen` is every event as it was first told, whatever became of the life that told it."""

    merchant_id: str
    seen: list[Event] = field(factory=list)

    @property
    def seq(self) -> int:
        return self.seen[-1].seq if self.seen else 0

    @property
    def told(self) -> list[Told]:
        return [Told(one.seq, one.type, one.job.id) for one in self.seen if isinstance(one, JobEvent)]

    async def follow(self, random: Random, process: Process) -> None:
        """Read the real stream's events until this life ends, or the connection does."""
        parts = cast("Any", SimpleNamespace(storage=process.storage, stream=process.stream))
        with process.life.guest(), trio.move_on_after(random.random() * LONGEST_CONNECTION_SECONDS):
            try:
                async with aclosing(events_from(parts, Position(self.merchant_id, None, self.seq))) as events:
                    async for published in events:
                        if process.life.is_over:
                            return
                        if published is not None:
                            self.seen.append(published.event)
            except (ProcessDied, StorageUnavailable, SubscriberTooSlow):
                pass
        await trio.sleep(random.random() * LONGEST_ABSENCE_SECONDS)
