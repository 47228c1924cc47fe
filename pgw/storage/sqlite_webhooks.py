"""Storage of webhook endpoints and deliveries on SQLite."""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from pgw.domain.delivery import DeliveryKey, DeliveryTold, TriedDelivery
from pgw.domain.idempotency import Claim, ClaimOnce
from pgw.domain.result import Ok, Result
from pgw.domain.times import milliseconds
from pgw.domain.webhook import EndpointRefusal, RedeliveryRefusal, WebhookEndpoint
from pgw.storage import retention, webhook_endpoints, webhooks
from pgw.storage.engine import Engine
from pgw.storage.grouping import Grouping
from pgw.storage.port import StorageUnavailable
from pgw.storage.sqlite_timeline import SqliteTimeline
from pgw.storage.webhook_port import DeliveryFilter, Due, EndpointChange

LARGEST_GROUP = 256
MOST_WAITING = 20_000
PATIENCE_SECONDS = 10.0


class SqliteWebhooks(SqliteTimeline):
    """`pgw.storage.webhook_port.WebhookStorage`, over the same engines."""

    def __init__(self, writer: Engine, reader: Engine) -> None:
        super().__init__(writer, reader)
        self._tries: Grouping[TriedDelivery, bool] = Grouping(
            self._record, largest_group=LARGEST_GROUP, most_waiting=MOST_WAITING, patience=PATIENCE_SECONDS
        )

    async def add_endpoint(
        self, endpoint: WebhookEndpoint, claim: Claim | None = None
    ) -> Result[None, EndpointRefusal | Claim]:
        return await self._change(webhook_endpoints.add, endpoint, claim)

    async def change_endpoint(
        self,
        merchant_id: str,
        endpoint_id: str,
        change: EndpointChange,
        claim: ClaimOnce[WebhookEndpoint] | None = None,
    ) -> Result[WebhookEndpoint, EndpointRefusal | Claim]:
        return await self._change(webhook_endpoints.change, merchant_id, endpoint_id, change, claim)

    async def endpoint(self, merchant_id: str, endpoint_id: str) -> WebhookEndpoint | None:
        return await self._read(webhook_endpoints.find, merchant_id, endpoint_id)

    async def endpoints(self, merchant_id: str) -> Sequence[WebhookEndpoint]:
        return await self._read(webhook_endpoints.of_merchant, merchant_id)

    async def enabled_endpoints(self, after_id: str, limit: int) -> Sequence[WebhookEndpoint]:
        return await self._read(webhook_endpoints.enabled, after_id, limit)

    async def forget_endpoints(self, after_id: str, limit: int) -> str | None:
        return await self._change(retention.forget_endpoints, after_id, limit)

    async def first_due_at(self, endpoint_ids: Sequence[str], horizon: datetime) -> Mapping[str, datetime]:
        return await self._read(webhooks.first_due_at, endpoint_ids, milliseconds(horizon))

    async def due_deliveries(
        self, endpoint_id: str, now: datetime, horizon: datetime, *, limit: int, but_not: Sequence[int] = ()
    ) -> Due:
        times = milliseconds(now), milliseconds(horizon)
        return await self._read(webhooks.due, endpoint_id, times, limit, but_not)

    async def record_try(self, tried: TriedDelivery) -> None:
        match await self._tries.answer(tried):
            case Ok():
                return
            case _:
                raise StorageUnavailable

    async def delivery(self, merchant_id: str, key: DeliveryKey) -> DeliveryTold | None:
        return await self._read(webhooks.delivery, merchant_id, key)

    async def deliveries(
        self, merchant_id: str, wanted: DeliveryFilter, before: DeliveryKey | None, limit: int
    ) -> Sequence[DeliveryTold]:
        return await self._read(webhooks.deliveries, merchant_id, wanted, before, limit)

    async def redeliver(
        self,
        merchant_id: str,
        key: DeliveryKey,
        at: datetime,
        claim: ClaimOnce[DeliveryTold] | None = None,
    ) -> Result[DeliveryTold, RedeliveryRefusal | Claim]:
        return await self._change(webhook_endpoints.redeliver, merchant_id, key, milliseconds(at), claim)

    async def _record(self, group: Sequence[TriedDelivery]) -> Sequence[bool | Exception]:
        try:
            await self._change(webhooks.record_tries, group, self._chain)
        except StorageUnavailable as error:
            return [error] * len(group)
        except (sqlite3.Error, UnicodeEncodeError) as error:
            if len(group) == 1:
                return [error]
            # One that cannot be written fails its own waiter alone.
            return [answer for one in group for answer in await self._record([one])]
        await self._checkpoint_after(len(group))
        return [True] * len(group)

    async def _checkpoint_after(self, changes: int) -> None:
        raise NotImplementedError
