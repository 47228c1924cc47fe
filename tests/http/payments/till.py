"""A merchant before the application itself, over real storage and a bank that answers as a test says."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

import trio
from attrs import define

from pgw.http.app import make_app
from pgw.storage.port import StorageUnavailable
from pgw.storage.sqlite import SqliteStorage, open_storage
from tests.actors.knowing_bank import KnowingBank
from tests.actors.tree import ports_with, start_gateway
from tests.http.asking import Answer, asked, paid
from tests.http.parts import KEY, MERCHANT_ID, parts_over
from tests.merchants import a_merchant
from tests.timeline import TIMELINE_KEY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from pgw.domain.payment import Payment
    from pgw.http.call import Parts
    from pgw.http.front import Application
    from pgw.storage.port import Change, Storage

PATIENCE = 20.0


@define(eq=False)
class WatchedStorage:
    """Real storage, whose writes wait while a test holds them, and which has `reads_left` of payments."""

    storage: SqliteStorage
    may_write: trio.Event
    reads_left: int = 10**6

    def __getattr__(self, name: str) -> object:
        return getattr(self.storage, name)

    async def write(self, change: Change) -> Any:
        await self.may_write.wait()
        return await self.storage.write(change)

    async def payment(self, merchant_id: str, payment_id: str) -> Payment | None:
        self.reads_left -= 1
        if self.reads_left < 0:
            raise StorageUnavailable("no read is left")
        return await self.storage.payment(merchant_id, payment_id)


@define(eq=False)
class Till:
    app: Application
    parts: Parts
    bank: KnowingBank
    storage: WatchedStorage

    async def post(
        self, path: str, document: Any = None, *, key: str | None = None, sent_by: str = KEY
    ) -> Answer:
        """Post under an idempotency key or without one, with the API key of the merchant or another."""
        body = b"" if document is None else json.dumps(document).encode()
        headers = [] if key is None else [(b"idempotency-key", key.encode())]
        return await asked(self.app, "POST", path, body, *headers, key=sent_by)

    async def raw(self, path: str, body: bytes, **how: Any) -> Answer:
        return await asked(self.app, "POST", path, body, **how)

    async def payment(self, **changes: Any) -> str:
        """Pay, and return the payment's id once the bank has decided."""
        job = json.loads((await paid(self.app, **changes)).text)
        await self.ended(job)
        return str(job["paymentId"])

    async def ended(self, job: dict[str, Any]) -> dict[str, Any]:
        while job["status"] == "Created":
            job = json.loads((await asked(self.app, "GET", f"/jobs/{job['jobId']}")).text)
        return job

    async def operated(self, path: str, document: Any = None, **how: Any) -> dict[str, Any]:
        """Operate, and return the job once it has ended."""
        answer = await self.post(path, document, **how)
        assert 202 == answer.status, answer.text
        return await self.ended(json.loads(answer.text))

    async def stored(self, payment_id: str) -> Payment:
        payment = await self.storage.storage.payment(MERCHANT_ID, payment_id)
        assert payment is not None
        return payment

    async def events(self) -> int:
        return len(await self.storage.storage.events_after(MERCHANT_ID, 0))


@asynccontextmanager
async def opened(path: Path, *, in_flight: int = 100) -> AsyncIterator[Till]:
    with trio.fail_after(PATIENCE):
        async with open_storage(path, lambda _: None) as real, trio.open_nursery() as nursery:
            await real.resume_timeline(TIMELINE_KEY)
            await real.add_merchant(a_merchant(MERCHANT_ID))
            may_write = trio.Event()
            may_write.set()
            watched, bank = WatchedStorage(real, may_write), KnowingBank()
            storage = cast("Storage", watched)
            ports = ports_with(storage, bank)
            gateway = await start_gateway(nursery, ports, in_flight=in_flight)
            parts = parts_over(storage, gateway, ports)
            yield Till(make_app(parts), parts, bank, watched)
            nursery.cancel_scope.cancel()


def read(answer: Answer) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(answer.text)
    return document
