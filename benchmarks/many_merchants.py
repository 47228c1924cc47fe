"""Merchants with a key each, written to the database beforehand: an operator's command adds few a second."""

from collections.abc import Sequence
from pathlib import Path

import trio

from pgw.actors.key_ring import KeyRing
from pgw.domain.api_key import ApiKey
from pgw.domain.key_format import RANDOM_BITS, hint_of, spelled
from pgw.domain.merchant import Merchant, Scope
from pgw.ports import Clock, SystemClock, SystemRandomness
from pgw.secret import OF_API_KEYS, derived, read_secret
from pgw.storage.sqlite import open_storage

AT_A_TIME = 200


def add_merchants(database: Path, number: int) -> Sequence[str]:
    """Add so many and return their keys."""
    return trio.run(_add, database, number)


async def _add(database: Path, number: int) -> Sequence[str]:
    clock, randomness = SystemClock(), SystemRandomness()
    texts = [spelled(randomness.bits(RANDOM_BITS)) for _ in range(number)]
    async with open_storage(database, lambda _events: None) as storage:
        ring = KeyRing(derived(read_secret(None, database, randomness), OF_API_KEYS), clock)

        async def add(index: int) -> None:
            merchant = Merchant(f"mer_{index:06}", f"Shop {index}", clock.now())
            await storage.add_merchant(merchant)
            await storage.add_key(_key(ring, texts[index], merchant.id, clock))

        for first in range(0, number, AT_A_TIME):
            async with trio.open_nursery() as nursery:
                for index in range(first, min(number, first + AT_A_TIME)):
                    nursery.start_soon(add, index)
    return texts


def _key(ring: KeyRing, text: str, merchant_id: str, clock: Clock) -> ApiKey:
    key_id = f"key_of_{merchant_id}"
    return ApiKey(
        id=key_id,
        merchant_id=merchant_id,
        digest=ring.digest_of(text),
        hashed_under=ring.name_of_secret,
        hint=hint_of(text),
        line=key_id,
        scopes=tuple(Scope),
        created_at=clock.now(),
    )
