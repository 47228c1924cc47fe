"""A merchant's server that follows a stream, and takes it up again as often as it loses it."""

import json
from collections import Counter
from collections.abc import Mapping
from random import Random
from typing import Any

import trio
from attrs import define, field

from benchmarks.websocket import NotAsAgreed
from tests.reconnects.connection import (
    ANSWER_SECONDS,
    SMALL_BYTES,
    Closed,
    Connection,
    Leaving,
    connected,
)

LONGEST_WAIT_TO_RESUME = 0.15
CUT_SECONDS = 0.5
NORMAL_CLOSURE, SERVICE_RESTART, TRY_AGAIN_LATER = 1000, 1012, 1013
ENDS = frozenset({SERVICE_RESTART, TRY_AGAIN_LATER})


@define(eq=False)
class Follower:
    """Of all jobs of a merchant, or of one; it resumes at `after`, None for the stream's own start."""

    name: str
    merchant_id: str
    api_key: str
    port: int
    random: Random
    job_id: str | None = None
    after: int | None = None
    began_after: int | None = None
    frames: list[bytes] = field(factory=list, repr=False)
    findings: list[str] = field(factory=list)
    left: Counter[str] = field(factory=Counter)
    """How often it left a stream that was ready, by how, or lost it."""
    has_ended: bool = False
    _reading: trio.CancelScope | None = None
    _leaving: Leaving = Leaving.CLEANLY

    @property
    def last(self) -> int:
        return self.after or 0

    async def run(self) -> None:
        """Follow until the stream has ended, which a merchant's does not."""
        while not self.has_ended:
            try:
                async with connected(self.port) as connection:
                    await connection.open(self._path, self.api_key)
                    await self._follow(connection)
            except Closed as closed:
                self._take_end(closed.code)
            except NotAsAgreed as refused:
                if not str(refused).startswith("HTTP/1.1 503 "):
                    self._find(f"may not resume: {refused}")
            except (OSError, trio.BrokenResourceError, trio.TooSlowError):
                self.left["lost"] += self._reading is not None
            self._reading = None
            await trio.sleep(self.random.random() * LONGEST_WAIT_TO_RESUME)

    def leave(self, how: Leaving) -> bool:
        """Let it leave and resume; tell whether there was a stream to leave."""
        if self._reading is None:
            return False
        self._leaving = how
        self._reading.cancel()
        self._reading = None
        return True

    @property
    def _path(self) -> str:
        of_whom = "/jobs/stream" if self.job_id is None else f"/jobs/{self.job_id}/stream"
        return of_whom if self.after is None else f"{of_whom}?after={self.after}"

    async def _follow(self, connection: Connection) -> None:
        with trio.fail_after(ANSWER_SECONDS):
            self._take_ready(json.loads(await connection.message()))
        with trio.CancelScope() as self._reading:
            while True:
                self._take(await connection.message())
        self._reading = None
        await self._leave(connection)

    async def _leave(self, connection: Connection) -> None:
        if self._leaving is Leaving.CLEANLY:
            await connection.close_cleanly()
        else:
            if self._leaving is Leaving.WITHIN_A_FRAME:
                await self._read_into_a_frame(connection)
            connection.reset_at_close()
        self.left[self._leaving] += 1

    async def _read_into_a_frame(self, connection: Connection) -> None:
        with trio.move_on_after(CUT_SECONDS):
            while not connection.is_within_a_frame:
                self._take(await connection.message(SMALL_BYTES))

    def _take_ready(self, ready: Mapping[str, Any]) -> None:
        if self.began_after is None:
            self.began_after = int(ready["seq"])
        if ready["type"] != "stream.ready" or self.after not in {None, ready["seq"]}:
            self._find(f"resumed after {self.after}, was told {ready}")
        self.after = int(ready["seq"])

    def _take(self, message: bytes) -> None:
        frame = json.loads(message)
        if frame["type"].startswith("stream."):
            if frame["seq"] != self.last:
                self._find(f"was told {frame} after {self.last}")
            return
        self.frames.append(message)
        self.after = int(frame["seq"])

    def _take_end(self, code: int) -> None:
        if code == NORMAL_CLOSURE and self.job_id is not None:
            self.has_ended = True
        elif code in ENDS:
            self.left[f"closed with {code}"] += 1
        else:
            self._find(f"was closed with {code}")

    def _find(self, what: str) -> None:
        self.findings.append(f"{self.name} {what}")
        self.has_ended = True
