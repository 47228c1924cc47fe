"""What a storage of payments alone has of merchants."""

from collections.abc import Sequence
from datetime import datetime

import trio

from pgw.domain.api_key import ApiKey, KeyRefusal
from pgw.domain.merchant import Merchant
from pgw.domain.result import Result
from pgw.storage.port import MerchantStorage
from tests.actors.no_timeline import NoTimeline
from tests.actors.no_webhooks import NoWebhooks


class NoMerchants(MerchantStorage, NoTimeline, NoWebhooks):
    async def add_merchant(self, merchant: Merchant) -> None:
        raise NotImplementedError

    async def merchants(self, after_id: str, limit: int) -> Sequence[Merchant]:  # noqa: ARG002
        await trio.lowlevel.checkpoint()
        return []

    async def disabled_merchants(self) -> Sequence[str]:
        raise NotImplementedError

    async def disable_merchant(self, merchant_id: str, at: datetime) -> Merchant | None:
        raise NotImplementedError

    async def enable_merchant(self, merchant_id: str) -> Merchant | None:
        raise NotImplementedError

    async def add_key(self, key: ApiKey) -> Result[None, KeyRefusal]:
        raise NotImplementedError

    async def rotate_key(self, key_id: str, successor: ApiKey, until: datetime) -> Result[None, KeyRefusal]:
        raise NotImplementedError

    async def revoke_key(self, key_id: str, at: datetime) -> None:
        raise NotImplementedError

    async def find_key(self, id_or_digest: str) -> ApiKey | None:
        raise NotImplementedError

    async def keys(self, merchant_id: str | None, after_id: str, limit: int) -> Sequence[ApiKey]:
        raise NotImplementedError

    async def keys_not_revoked(self) -> Sequence[ApiKey]:
        raise NotImplementedError
