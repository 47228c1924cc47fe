"""What is done about merchants, in storage and in the ring of keys."""

import structlog
from attrs import frozen

from pgw.actors.key_ring import KeyRing
from pgw.control.answers import Answer, mistake
from pgw.control.merchant_documents import merchant_document
from pgw.control.texts import LONGEST_NAME, is_sound, problem_of
from pgw.domain.api_key import KeyRefusal
from pgw.domain.merchant import Merchant
from pgw.domain.result import Ok
from pgw.ports import Clock, Ids
from pgw.storage.port import MerchantStorage

MERCHANTS_A_PAGE = 200
NO_SUCH_MERCHANT = mistake(KeyRefusal.UNKNOWN_MERCHANT)
_log = structlog.get_logger()


@frozen
class MerchantCommands:
    """Without a gateway the ring is of this one command, and nobody asks it."""

    storage: MerchantStorage
    ring: KeyRing
    clock: Clock
    ids: Ids

    async def obey(self, command: object) -> Answer | None:
        match command:
            case {"command": "addMerchant", "name": str(name)}:
                return await self._add(name)
            case {"command": "merchants", "after": str(after)} if is_sound(after):
                page = await self.storage.merchants(after, MERCHANTS_A_PAGE)
                return Ok({"page": [merchant_document(one) for one in page]})
            case {"command": "disableMerchant", "merchantId": str(merchant_id)} if is_sound(merchant_id):
                return await self._disable(merchant_id)
            case {"command": "enableMerchant", "merchantId": str(merchant_id)} if is_sound(merchant_id):
                return await self._enable(merchant_id)
            case _:
                return None

    async def _add(self, name: str) -> Answer:
        if problem := problem_of("name", name, LONGEST_NAME):
            return mistake(problem)
        merchant = Merchant(self.ids.new("mer"), name, self.clock.now())
        await self.storage.add_merchant(merchant)
        _log.warning("MerchantAdded", MerchantId=merchant.id, Name=name)
        return Ok(merchant_document(merchant))

    async def _disable(self, merchant_id: str) -> Answer:
        # Before anything is waited for: another command, or a disk that hangs.
        self.ring.disable(merchant_id)
        async with self.ring.changes:
            self.ring.disable(merchant_id)
            merchant = await self.storage.disable_merchant(merchant_id, self.clock.now())
            if merchant is None:
                self.ring.enable(merchant_id)
        return _told(merchant, "MerchantDisabled")

    async def _enable(self, merchant_id: str) -> Answer:
        async with self.ring.changes:
            merchant = await self.storage.enable_merchant(merchant_id)
            self.ring.enable(merchant_id)
        return _told(merchant, "MerchantEnabled")


def _told(merchant: Merchant | None, event: str) -> Answer:
    if merchant is None:
        return NO_SUCH_MERCHANT
    _log.warning(event, MerchantId=merchant.id)
    return Ok(merchant_document(merchant))
