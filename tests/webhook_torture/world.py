"""One gateway on its file, a bank, and the receiver of webhooks, each at a port that it keeps."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import trio
from attrs import define, field, frozen

from tests.torture.children import Child, start
from tests.torture.world import free_port
from tests.webhook_torture.receiver import HEALTHY, TROUBLED
from tests.webhook_torture.usage import cpu_seconds

API_KEY, MERCHANT = "ap_123", "mer_ap_123"
KEY = {"Authorization": f"Bearer {API_KEY}"}
# So short that what takes days by default happens in seconds. More waits than the receiver fails: a kill or
# a busy machine costs tries as well.
SCHEDULE = ",".join(["0", *(f"{wait / 10:g}s" for wait in range(2, 8)), *["1s"] * 13])
TIMEOUT = 0.6
HEALTHY_ASKS_FOR = ("job.completed", "job.failed")


@frozen
class Endpoint:
    """`event_types` are those it asked for, None for all."""

    path: str
    id: str
    secret: str
    event_types: Sequence[str] | None


@define(eq=False)
class World:
    """`cpu` counts seconds of the lives of the gateway that ended."""

    folder: Path
    seed: int
    gateway_port: int = field(factory=free_port)
    bank_port: int = field(factory=free_port)
    receiver_port: int = field(factory=free_port)
    gateway: Child | None = None
    children: list[Child] = field(factory=list)
    cpu: float = 0.0

    @property
    def database(self) -> Path:
        return self.folder / "pgw.db"

    @property
    def gateway_log(self) -> Path:
        return self.folder / "gateway.log"

    @property
    def received(self) -> Path:
        return self.folder / "received"

    @property
    def gateway_url(self) -> str:
        return f"http://127.0.0.1:{self.gateway_port}"

    @property
    def receiver_url(self) -> str:
        return f"http://127.0.0.1:{self.receiver_port}"

    async def start_all(self) -> Sequence[Endpoint]:
        """Start them, and add both endpoints."""
        bank = ("simulator", "--port", str(self.bank_port))
        receiver = (
            *("tests.webhook_torture.receiver", "--port", str(self.receiver_port)),
            *("--log", str(self.received), "--seed", str(self.seed)),
        )
        bank_url = f"http://127.0.0.1:{self.bank_port}/ledger?limit=0"
        for name, url, command in (
            ("bank", bank_url, bank),
            ("receiver", f"{self.receiver_url}/ready", receiver),
        ):
            child = await start(f"The {name}", self.folder / f"{name}.log", *command)
            self.children.append(child)
            await child.ready(url)
        await self.start_gateway()
        return [await self._add(TROUBLED, None), await self._add(HEALTHY, HEALTHY_ASKS_FOR)]

    async def start_gateway(self) -> None:
        self.gateway = await start("The gateway", self.gateway_log, *self._gateway_command())
        self.children.append(self.gateway)
        await self.gateway.ready(f"{self.gateway_url}/health/ready")

    async def kill_gateway(self) -> None:
        assert self.gateway is not None
        self.cpu += cpu_seconds(self.gateway.process.pid)
        await self.gateway.killed_after(0)

    async def set_trouble(self, *, is_troubled: bool) -> None:
        async with httpx.AsyncClient() as client:
            path = "trouble" if is_troubled else "calm"
            (await client.post(f"{self.receiver_url}/{path}", content=b"")).raise_for_status()

    def gateway_cpu(self) -> float:
        """Return the seconds of CPU that all its lives took so far."""
        assert self.gateway is not None
        return self.cpu + cpu_seconds(self.gateway.process.pid)

    async def _add(self, path: str, event_types: Sequence[str] | None) -> Endpoint:
        document: dict[str, Any] = {"url": self.receiver_url + path}
        if event_types is not None:
            document["eventTypes"] = event_types
        async with httpx.AsyncClient(base_url=self.gateway_url, headers=KEY, timeout=30) as client:
            answer = await client.post("/webhook-endpoints", json=document)
        assert answer.status_code == httpx.codes.CREATED, answer.text
        return Endpoint(path, answer.json()["endpointId"], answer.json()["secret"], event_types)

    def _gateway_command(self) -> Sequence[str]:
        return (
            *("pgw", "serve", "--demo-keys", "--rate-limit", "0", "--log-level", "warning"),
            *("--port", str(self.gateway_port), "--database", str(self.database)),
            *("--bank-url", f"http://127.0.0.1:{self.bank_port}", "--bank-concurrency", "24"),
            *("--inquiry-first", "0.1", "--inquiry-longest", "1"),
            *("--webhook-schedule", SCHEDULE, "--webhook-timeout", str(TIMEOUT)),
            *("--webhook-allow-private", "--webhook-disable-after", "1d"),
        )


@asynccontextmanager
async def a_world(folder: Path, seed: int) -> AsyncIterator[World]:
    """Give a world of which no process is left at the end."""
    world = World(folder, seed)
    try:
        yield world
    finally:
        with trio.CancelScope(shield=True):  # each is dead at once
            for child in world.children:
                await child.kill()
