"""Merchants and their keys in storage, on each engine."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from pgw.domain.api_key import MOST_LIVE_KEYS, ApiKey, KeyRefusal
from pgw.domain.merchant import Scope
from pgw.domain.result import Err, Ok
from pgw.storage.port import StorageUnavailable
from tests.merchants import CREATED_AT, a_key, a_merchant
from tests.storage.conftest import MERCHANTS

if TYPE_CHECKING:
    from pgw.storage.port import Storage
    from tests.storage.conftest import BreakWriter, Changes, Database

NOON = CREATED_AT + timedelta(hours=4, milliseconds=7)
DAY = timedelta(days=1)
MANY = 1000
FULL = 13  # SQLITE_FULL


def successor_of(key: ApiKey, number: int = 2) -> ApiKey:
    return key.successor(f"key_{number:06}", f"{number:064x}", key.hashed_under, "next", NOON)


async def test_merchants_are_listed_page_by_page(storage: Storage) -> None:
    assert [a_merchant(one, f"Shop {number}") for number, one in enumerate(MERCHANTS)] == [
        *await storage.merchants("", 2),
        *await storage.merchants(MERCHANTS[1], 2),
    ]
    assert [] == await storage.merchants(MERCHANTS[2], 2)


async def test_a_merchant_that_is_there_stays_as_it_is(storage: Storage, changes: Changes) -> None:
    await storage.write(changes.accepted("mer_b"))
    before = await storage.merchants("", MANY)
    await storage.add_merchant(a_merchant("mer_b", "Renamed"))
    assert before == await storage.merchants("", MANY)
    assert await storage.last_seq("mer_b") == 1


async def test_a_merchant_is_disabled_since_it_first_was_until_it_is_enabled(storage: Storage) -> None:
    merchant = a_merchant("mer_b", "Shop 1")
    for at in (NOON, NOON + DAY):
        assert evolve(merchant, disabled_at=NOON) == await storage.disable_merchant("mer_b", at)
    assert ["mer_b"] == await storage.disabled_merchants()
    assert merchant == await storage.enable_merchant("mer_b") == await storage.enable_merchant("mer_b")
    assert [] == await storage.disabled_merchants()
    assert await storage.disable_merchant("mer_x", NOON) is None
    assert await storage.enable_merchant("mer_x") is None


async def test_a_disabled_merchants_payments_go_on(storage: Storage, changes: Changes) -> None:
    accepted = changes.accepted()
    await storage.write(accepted)
    await storage.disable_merchant("mer_a", NOON)
    assert Ok(None) == await storage.write(changes.authorized(accepted))


KEYS = [
    a_key(1),
    a_key(2, "mer_b", scopes=(Scope.PAYMENTS_READ,), expires_at=NOON, retires_at=CREATED_AT, name="Büro ✓"),
    a_key(3, "mer_b", demo=True, revoked_at=NOON, line="key_000002"),
]


async def test_keys_are_read_back_as_they_were_written(database: Database) -> None:
    async with database.open() as storage:
        for key in KEYS:
            assert Ok(None) == await storage.add_key(key)
    async with database.open() as storage:
        assert KEYS == await storage.keys(None, "", MANY)
        assert KEYS[1:] == await storage.keys("mer_b", "", MANY)
        assert KEYS[2:] == await storage.keys("mer_b", KEYS[1].id, MANY)
        assert KEYS[:1] == await storage.keys(None, "", 1)
        assert KEYS[:2] == await storage.keys_not_revoked()
        for key in KEYS:
            assert key == await storage.find_key(key.id) == await storage.find_key(key.digest)
        assert await storage.find_key("key_x") is None


async def test_a_key_that_is_there_stays_as_it_is(storage: Storage) -> None:
    for key in (a_key(), a_key(name="another", expires_at=NOON)):
        assert Ok(None) == await storage.add_key(key)
    assert [a_key()] == await storage.keys(None, "", MANY)


async def test_a_key_that_a_rule_forbids_is_not_added(storage: Storage) -> None:
    assert Err(KeyRefusal.UNKNOWN_MERCHANT) == await storage.add_key(a_key(1, "mer_x"))
    await storage.disable_merchant("mer_b", NOON)
    assert Err(KeyRefusal.MERCHANT_DISABLED) == await storage.add_key(a_key(2, "mer_b"))
    for number in range(MOST_LIVE_KEYS):
        assert Ok(None) == await storage.add_key(a_key(number))
    assert Err(KeyRefusal.TOO_MANY_KEYS) == await storage.add_key(a_key(99))
    assert Ok(None) == await storage.add_key(a_key(99, "mer_c"))
    await storage.revoke_key("key_000000", NOON)
    assert Ok(None) == await storage.add_key(a_key(98))


async def test_a_rotated_key_has_a_successor_and_an_end(storage: Storage) -> None:
    key = a_key()
    await storage.add_key(key)
    assert Ok(None) == await storage.rotate_key(key.id, successor_of(key), NOON + DAY)
    assert [key.retiring(NOON + DAY), successor_of(key)] == await storage.keys(None, "", MANY)


async def test_a_rotation_ends_no_key_later_than_was_said(storage: Storage) -> None:
    key = a_key(expires_at=NOON + 2 * DAY, retires_at=NOON + DAY)
    await storage.add_key(key)
    assert Ok(None) == await storage.rotate_key(key.id, successor_of(key), NOON + 3 * DAY)
    assert key == await storage.find_key(key.id)


async def test_a_rotation_that_a_rule_forbids_changes_nothing(storage: Storage) -> None:
    key, revoked = a_key(), a_key(5, revoked_at=NOON)
    second, third = successor_of(key), successor_of(key, 3)
    for one in (key, revoked):
        await storage.add_key(one)
    await storage.rotate_key(key.id, second, NOON + DAY)
    before = await storage.keys(None, "", MANY)
    assert Err(KeyRefusal.BEING_ROTATED) == await storage.rotate_key(key.id, third, NOON)
    assert Err(KeyRefusal.BEING_ROTATED) == await storage.rotate_key(second.id, third, NOON)
    assert Err(KeyRefusal.NOT_LIVE) == await storage.rotate_key(revoked.id, third, NOON)
    assert Err(KeyRefusal.UNKNOWN_KEY) == await storage.rotate_key("key_x", third, NOON)
    await storage.disable_merchant("mer_a", NOON)
    await storage.revoke_key(second.id, NOON)
    assert Err(KeyRefusal.MERCHANT_DISABLED) == await storage.rotate_key(key.id, third, NOON)
    assert [before[0], before[1].revoked(NOON), before[2]] == await storage.keys(None, "", MANY)


async def test_a_revoked_key_stays_as_it_was_revoked(database: Database) -> None:
    async with database.open() as storage:
        await storage.add_key(a_key())
        for at in (NOON, NOON + DAY):
            await storage.revoke_key(a_key().id, at)
        await storage.revoke_key("key_x", NOON)
    async with database.open() as storage:
        assert [a_key(revoked_at=NOON)] == await storage.keys(None, "", MANY)
        assert [] == await storage.keys_not_revoked()


@pytest.mark.parametrize("fails_at", ["INSERT INTO api_keys", "UPDATE api_keys SET retires_at", "COMMIT"])
async def test_a_rotation_is_whole_or_did_not_take_place(
    storage: Storage, break_writer: BreakWriter, fails_at: str
) -> None:
    key = a_key()
    await storage.add_key(key)
    break_writer(storage, (fails_at, FULL, False))
    with pytest.raises(StorageUnavailable):
        await storage.rotate_key(key.id, successor_of(key), NOON + DAY)
    assert [key] == await storage.keys(None, "", MANY)
    assert Ok(None) == await storage.rotate_key(key.id, successor_of(key), NOON + DAY)
