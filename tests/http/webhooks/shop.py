"""A merchant before the application itself, over real storage: what is asked about webhooks."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

import trio
from attrs import frozen

from pgw.domain.delivery import DeliveryKey, DeliveryTry, TriedDelivery
from pgw.http.app import make_app
from pgw.storage.sqlite import SqliteStorage, open_storage
from tests.actors.tree import start_gateway
from tests.http.asking import Answer, asked, paid
from tests.http.parts import MERCHANT_ID, parts_over, ports_over
from tests.merchants import a_merchant, key_on
from tests.timeline import TIMELINE_KEY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from pgw.domain.delivery import DeliveryStatus
    from pgw.domain.merchant import Scope
    from pgw.http.call import Parts
    from pgw.http.front import Application

PATIENCE = 20.0
OTHER_KEY, OTHER_ID = "another-key", "mer_b"
MERGE_PATCH = "application/merge-patch+json"
JSON = "application/json"


@frozen
class Shop:
    """A gateway's application over real storage, and a merchant who asks it; another one beside it."""

    app: Application
    parts: Parts
    storage: SqliteStorage
    path: Path
    urls: Iterator[int]

    def a_url(self) -> str:
        return f"https://shop.example/hooks/{'abcdefghijklmnopqrstuvwxyz'[next(self.urls)]}"

    async def ask(
        self, method: str, path: str, document: Any = None, *, idempotency_key: str | None = None, **how: Any
    ) -> Answer:
        body = b"" if document is None else json.dumps(document).encode()
        headers = [] if idempotency_key is None else [(b"idempotency-key", idempotency_key.encode())]
        return await asked(self.app, method, path, body, *headers, **how)

    async def add(self, url: str | None = None, **members: Any) -> dict[str, Any]:
        answer = await self.ask("POST", "/webhook-endpoints", {"url": url or self.a_url(), **members})
        assert 201 == answer.status, answer.text
        return read(answer)

    async def endpoints(self) -> list[dict[str, Any]]:
        endpoints: list[dict[str, Any]] = read(await self.ask("GET", "/webhook-endpoints"))["data"]
        return endpoints

    async def pay(self) -> dict[str, Any]:
        """Pay, and return the job once it has ended, so that there are two events of it."""
        job = read(await paid(self.app))
        while job["status"] == "Created":
            job = read(await self.ask("GET", f"/jobs/{job['jobId']}"))
        return job

    async def deliveries(self, query: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = read(await self.ask("GET", f"/webhook-deliveries{query}"))["data"]
        return found

    async def tried(self, delivery: dict[str, Any], status: DeliveryStatus, **made: Any) -> None:
        """Write what one more try came to, as an actor does."""
        key = DeliveryKey.of(delivery["deliveryId"])
        assert key is not None
        told = await self.storage.delivery(MERCHANT_ID, key)
        assert told is not None
        at = self.parts.clock.now()
        made_try = DeliveryTry(told.delivery.tries + 1, at, 21, **made)
        redeliveries = told.delivery.redeliveries
        await self.storage.record_try(
            TriedDelivery(key, MERCHANT_ID, status, 1, None, made_try, redeliveries)
        )


def read(answer: Answer) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(answer.text)
    return document


def is_replayed(answer: Answer) -> bool:
    replayed = answer.headers.get("idempotent-replayed")
    assert replayed in (None, "true")
    return replayed is not None


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Shop]:
    with trio.fail_after(PATIENCE):
        async with open_storage(path, lambda _: None) as storage, trio.open_nursery() as nursery:
            await storage.resume_timeline(TIMELINE_KEY)
            for merchant_id in (MERCHANT_ID, OTHER_ID):
                await storage.add_merchant(a_merchant(merchant_id))
            ports = ports_over(storage)
            parts = parts_over(storage, await start_gateway(nursery, ports), ports)
            with_key(parts, OTHER_KEY, OTHER_ID)
            yield Shop(make_app(parts), parts, storage, path, count())
            nursery.cancel_scope.cancel()


def with_key(parts: Parts, key: str, merchant_id: str, **changes: Any) -> None:
    parts.keys.take([key_on(parts.keys, key, merchant_id, id=f"key_{key}", **changes)])


def with_scopes(parts: Parts, *scopes: Scope) -> str:
    """Return a key of the merchant's that has these scopes alone."""
    key = "-".join(scope.replace(":", "-") for scope in scopes)
    with_key(parts, key, MERCHANT_ID, scopes=scopes)
    return key
