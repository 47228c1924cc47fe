"""`pgw audit verify`, after each kill: what it was told of once stays in the chain for good."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import trio
from attrs import define, field

from tests.torture.commands import run
from tests.torture.world import World


@define(eq=False)
class Verifier:
    """Holds each chain against the head of the one before it."""

    world: World
    findings: list[str] = field(factory=list)
    verified: int = 0
    _head: str | None = None
    _copies: int = 0
    _to_verify: list[Path] = field(factory=list)
    _more: trio.Event = field(factory=trio.Event)
    _turn: trio.Lock = field(factory=trio.Lock)

    def copy(self) -> None:
        """Keep what a kill left, for `run` to verify while the next life begins."""
        folder = self.world.folder / f"left by kill {self._copies}"
        folder.mkdir()
        for path in self.world.database.parent.glob(f"{self.world.database.name}*"):
            if path.is_file():
                shutil.copy(path, folder)
        self._copies += 1
        self._to_verify.append(folder)
        self._more.set()

    async def run(self) -> None:
        """Verify what kills left, one after the other; what is sound is not kept."""
        while True:
            await self._more.wait()
            await self._verify_copies()

    async def verify(self) -> None:
        """Verify what kills left, and then the chain as it is now, beside the gateway that runs on it."""
        await self._verify_copies()
        async with self._turn:
            await self._verify(self.world.database)

    async def _verify_copies(self) -> None:
        self._more = trio.Event()
        async with self._turn:
            while self._to_verify:
                folder = self._to_verify.pop(0)
                if await self._verify(folder / self.world.database.name):
                    shutil.rmtree(folder)

    async def _verify(self, database: Path) -> bool:
        arguments = ("--head", self._head) if self._head else ()
        status, lines = await run(self.world.folder, database, "audit", "verify", *arguments)
        self.verified += 1
        if status != 0 or len(lines) != 1:
            self.findings.append(f"pgw audit verify of {database} with {arguments}: {status}, {lines}")
            return False
        self._head = _text(lines[0]["head"])
        return True


def _text(head: Mapping[str, Any]) -> str:
    return f"{head['number']}:{head['hash']}"
