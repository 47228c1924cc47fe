"""The commands about merchants and keys, as an operator's program calls them."""

from collections.abc import AsyncIterator, Sequence

from attrs import frozen

from pgw.control.answers import Answer, Document
from pgw.control.client import Control, read
from pgw.domain.merchant import Scope


@frozen
class MerchantOperator:
    """Raises `ControlUnavailable` where a command cannot be handed over, or a list cannot be read.

    Times are in seconds.
    """

    control: Control

    async def add_merchant(self, name: str) -> Answer:
        return await self.control.ask({"command": "addMerchant", "name": name})

    async def disable_merchant(self, merchant_id: str) -> Answer:
        return await self.control.ask({"command": "disableMerchant", "merchantId": merchant_id})

    async def enable_merchant(self, merchant_id: str) -> Answer:
        return await self.control.ask({"command": "enableMerchant", "merchantId": merchant_id})

    async def merchants(self) -> AsyncIterator[Sequence[Document]]:
        """Read all merchants, by pages."""
        after = ""
        while page := (await read(self.control, {"command": "merchants", "after": after}))["page"]:
            yield page
            after = page[-1]["merchantId"]

    async def create_key(
        self, merchant_id: str, scopes: Sequence[Scope], expires_in: int | None, name: str | None
    ) -> Answer:
        """Make a key, which is the `key` of the answer, and of no other."""
        command = {"command": "createKey", "merchantId": merchant_id, "scopes": list(scopes)}
        return await self.control.ask(command | {"expiresIn": expires_in, "name": name})

    async def rotate_key(self, key_id: str, overlap: int) -> Answer:
        """Make a key in the place of another one, which is `rotated` in the answer."""
        return await self.control.ask({"command": "rotateKey", "keyId": key_id, "overlap": overlap})

    async def revoke_key(self, id_or_key: str) -> Answer:
        return await self.control.ask({"command": "revokeKey", "key": id_or_key})

    async def keys(self, merchant_id: str | None) -> AsyncIterator[Sequence[Document]]:
        """Read all keys, or a merchant's, by pages."""
        command, after = {"command": "keys", "merchantId": merchant_id}, ""
        while page := (await read(self.control, command | {"after": after}))["page"]:
            yield page
            after = page[-1]["keyId"]
