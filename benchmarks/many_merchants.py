"""Merchants with a key each, written to the database beforehand: an operator's command adds few a second."""

from collections.abc import Sequence
from pathlib import Path

import trio
from structlog.testing import capture_logs

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


def merchant_id(index: int) -> str:
    """Return the id of the merchant that has the key of this index."""
    return f"mer_{index:06}"


async def _add(database: Path, number: int) -> Sequence[str]:
    clock, randomness = SystemClock(), SystemRandomness()
    texts = [spelled(randomness.bits(RANDOM_BITS)) for _ in range(number)]
    async with open_storage(database, lambda _events: None) as storage:
        with capture_logs():  # it is said that a secret was made
            secret = read_secret(None, database, randomness)
        ring = KeyRing(derived(secret, OF_API_KEYS), clock)

        async def add(index: int) -> None:
            merchant = Merchant(merchant_id(index), f"Shop {index}", clock.now())
            await storage.add_merchant(merchant)
            await storage.add_key(_key(ring, texts[index], merchant.id, clock))

        for first in range(0, number, AT_A_TIME):
            async with trio.open_nursery() as nursery:
                for index in range(first, min(number, first + AT_A_TIME)):
                    nursery.start_soon(add, index)
    return texts


def _key(ring: KeyRing, text: str, whose: str, clock: Clock) -> ApiKey:
    key_id = f"key_of_{whose}"
    return ApiKey(
        id=key_id,
        merchant_id=whose,
        digest=ring.digest_of(text),
        hashed_under=ring.name_of_secret,
        hint=hint_of(text),
        line=key_id,
        scopes=tuple(Scope),
        created_at=clock.now(),
    )
