"""Storage of merchants and keys on SQLite, and how any statement is run there."""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Concatenate, ParamSpec, TypeVar

from pgw.domain.api_key import ApiKey, KeyRefusal
from pgw.domain.merchant import Merchant
from pgw.domain.result import Result
from pgw.domain.times import milliseconds
from pgw.storage import merchants
from pgw.storage.engine import Engine
from pgw.storage.port import StorageLost, StorageUnavailable
from pgw.storage.soundness import Soundness

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


class SqliteMerchants:
    """`pgw.storage.port.MerchantStorage` over two engines on one database: the writer's and the reader's.

    What operators read of keys they read by the writer, so behind a change that is under way.
    """

    def __init__(self, writer: Engine, reader: Engine) -> None:
        self._writer = writer
        self._reader = reader
        self._soundness = Soundness()

    async def add_merchant(self, merchant: Merchant) -> None:
        await self._change(merchants.add_merchant, merchant)

    async def merchants(self, after_id: str, limit: int) -> Sequence[Merchant]:
        return await self._read_behind_writes(merchants.merchants, after_id, limit)

    async def disabled_merchants(self) -> Sequence[str]:
        return await self._read_behind_writes(merchants.disabled_merchants)

    async def disable_merchant(self, merchant_id: str, at: datetime) -> Merchant | None:
        return await self._change(merchants.disable, merchant_id, milliseconds(at))

    async def enable_merchant(self, merchant_id: str) -> Merchant | None:
        return await self._change(merchants.enable, merchant_id)

    async def add_key(self, key: ApiKey) -> Result[None, KeyRefusal]:
        return await self._change(merchants.add_key, key)

    async def rotate_key(self, key_id: str, successor: ApiKey, until: datetime) -> Result[None, KeyRefusal]:
        return await self._change(merchants.rotate_key, key_id, successor, until)

    async def revoke_key(self, key_id: str, at: datetime) -> None:
        await self._change(merchants.revoke_key, key_id, milliseconds(at))

    async def find_key(self, id_or_digest: str) -> ApiKey | None:
        return await self._read_behind_writes(merchants.find_key, id_or_digest)

    async def keys(self, merchant_id: str | None, after_id: str, limit: int) -> Sequence[ApiKey]:
        return await self._read_behind_writes(merchants.keys, merchant_id, after_id, limit)

    async def keys_not_revoked(self) -> Sequence[ApiKey]:
        return await self._read(merchants.keys_not_revoked)

    async def _read(
        self,
        statement: Callable[Concatenate[sqlite3.Connection, Arguments], Answer],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Answer:
        return await self._soundness.read(self._reader, statement, *args, **kwargs)

    async def _read_behind_writes(
        self,
        statement: Callable[Concatenate[sqlite3.Connection, Arguments], Answer],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Answer:
        return await self._soundness.read(self._writer, statement, *args, **kwargs)

    async def _change(
        self,
        statement: Callable[Concatenate[sqlite3.Connection, Arguments], Answer],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Answer:
        """Write beside the groups, behind the one that is under way."""
        try:
            return await self._soundness.write(self._writer, statement, *args, **kwargs)
        except (sqlite3.OperationalError, StorageLost) as error:
            raise StorageUnavailable(str(error)) from error
