"""One gateway on its file and one bank on its own, each at a port that it keeps over its lives."""

import random
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from attrs import define

from tests.torture.children import Child, start
from tests.torture.plan import SLOW_SECONDS, BankFaults

# Below those that systems give to clients: one that connects to a dead server's port may meet itself.
PORTS = range(20_000, 30_000)
# The gateway's times, so short that what takes hours by default happens in a round.
BANK_TIMEOUT, SUBMISSION_WINDOW, INQUIRY_FIRST, INQUIRY_LONGEST = 0.4, 0.8, 0.05, 0.4
MAX_IN_FLIGHT = 60


@define(eq=False)
class World:
    folder: Path
    dedupe: bool
    """Whether the bank books a repeated reference once; if not, each repeat that should not be shows."""
    gateway_port: int
    bank_port: int
    gateway: Child | None = None
    bank: Child | None = None
    seconds_to_ready: float = 1.0
    has_been_ready: bool = False
    """Before, there may be no database."""

    @property
    def database(self) -> Path:
        return self.folder / "pgw.db"

    @property
    def gateway_log(self) -> Path:
        return self.folder / "gateway.log"

    @property
    def gateway_url(self) -> str:
        return f"http://127.0.0.1:{self.gateway_port}"

    @property
    def bank_url(self) -> str:
        return f"http://127.0.0.1:{self.bank_port}"

    async def start_gateway(self) -> Child:
        """Start it and do not wait; the one before is dead."""
        self.gateway = await start("The gateway", self.gateway_log, *self._gateway_command())
        return self.gateway

    async def gateway_ready(self) -> Child:
        gateway = await self.start_gateway()
        self.seconds_to_ready = await gateway.ready(f"{self.gateway_url}/health/ready")
        self.has_been_ready = True
        return gateway

    async def start_bank(self, faults: BankFaults | None) -> Child:
        """Start it and wait until it answers; the one before is dead."""
        options = faults.options if faults else ()
        self.bank = await start("The bank", self.folder / "bank.log", *self._bank_command(), *options)
        await self.bank.ready(f"{self.bank_url}/ledger?limit=0")
        return self.bank

    def _gateway_command(self) -> Sequence[str]:
        return (
            *("pgw", "serve", "--demo-keys", "--rate-limit", "0", "--log-level", "warning"),
            *("--port", str(self.gateway_port), "--database", str(self.database)),
            *("--bank-url", self.bank_url, "--bank-concurrency", "24"),
            *("--max-in-flight", str(MAX_IN_FLIGHT), "--submission-window", str(SUBMISSION_WINDOW)),
            *("--bank-timeout", str(BANK_TIMEOUT)),
            *("--inquiry-first", str(INQUIRY_FIRST), "--inquiry-longest", str(INQUIRY_LONGEST)),
        )

    def _bank_command(self) -> Sequence[str]:
        return (
            *("simulator", "--port", str(self.bank_port), "--slow-seconds", str(SLOW_SECONDS)),
            *("--ledger-file", str(self.folder / "ledger"), "--dedupe" if self.dedupe else "--no-dedupe"),
        )


@asynccontextmanager
async def a_world(folder: Path, *, dedupe: bool) -> AsyncIterator[World]:
    """Give a world of which no process is left at the end."""
    world = World(folder, dedupe, free_port(), free_port())
    try:
        yield world
    finally:
        for child in (world.gateway, world.bank):
            if child is not None:
                await child.kill()


def free_port() -> int:
    """Return a port that nobody listens on now."""
    for port in random.SystemRandom().sample(PORTS, 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no port is free")
