"""`pgw audit verify`, after each kill: what it was told of once stays in the chain for good."""

import shutil
from pathlib import Path

from attrs import define, field

from tests.torture.commands import run, run_module
from tests.torture.world import World


@define(eq=False)
class Verifier:
    """Holds each chain against the head of the one before it."""

    world: World
    findings: list[str] = field(factory=list)
    verified: int = 0
    _head: str | None = None
    _steps: list[str] = field(factory=list)

    def keep(self) -> None:
        """Copy what a kill left, to be verified once there is time."""
        folder = self.world.folder / f"left by kill {len(self._steps)}"
        folder.mkdir()
        for path in self.world.folder.glob(f"{self.world.database.name}*"):
            if path.is_file():
                shutil.copy(path, folder)
        self._steps.append(str(folder / self.world.database.name))

    async def verify(self) -> None:
        """Verify the chain as it is now, beside the gateway that runs on it."""
        arguments = ("--head", self._head) if self._head else ()
        status, lines = await run(self.world.folder, self.world.database, "audit", "verify", *arguments)
        self.verified += 1
        if status != 0 or len(lines) != 1:
            self.findings.append(f"pgw audit verify {arguments} beside the gateway: {status}, {lines}")
            return
        head = lines[0]["head"]
        self._head = f"{head['number']}:{head['hash']}"
        self._steps.append(self._head)

    async def verify_kept(self) -> None:
        """Verify what each kill left; what is sound is not kept any more."""
        log = self.world.folder / "left.log"
        status, lines = await run_module(log, "tests.torture.left", *self._steps)
        if status != 0:
            self.findings.append(f"verifying what kills left ended with {status}: see {log}")
        for line in lines:
            self.verified += 1
            if line["status"] == 0:
                shutil.rmtree(Path(line["file"]).parent)
            else:
                self.findings.append(f"pgw audit verify after a kill: {line}")
