"""What operators' commands do about merchants and keys, to a real database and to the ring of a gateway."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import trio
import trio.testing

from pgw.actors.key_ring import KeyRing
from pgw.control import key_commands
from pgw.control.answers import Answer, Refused, RefusedFor
from pgw.control.client import ControlUnavailable, DirectControl
from pgw.control.commands import Commands, merchant_commands
from pgw.control.merchant_operator import MerchantOperator
from pgw.domain.api_key import MOST_LIVE_KEYS, KeyRefusal
from pgw.domain.key_format import is_well_formed
from pgw.domain.merchant import Scope
from pgw.domain.result import Err, Ok
from pgw.ports import SystemRandomness, TimeOrderedIds
from pgw.storage.port import StorageUnavailable
from pgw.storage.sqlite import SqliteStorage
from tests.control.payments import MERCHANT
from tests.merchants import SECRET_OF_KEYS, WallClock

ALL = list(Scope)
NO_COMMANDS: list[dict[str, Any]] = [
    {"command": "addMerchant"},
    {"command": "addMerchant", "name": 1},
    {"command": "merchants", "after": None},
    {"command": "disableMerchant", "merchantId": "mer\n"},
    {"command": "createKey", "merchantId": MERCHANT, "scopes": ALL},
    {"command": "createKey", "merchantId": MERCHANT, "scopes": "payments:read", "expiresIn": 1, "name": None},
    {"command": "createKey", "merchantId": MERCHANT, "scopes": ALL, "expiresIn": "1", "name": None},
    {"command": "keys", "merchantId": 1, "after": ""},
    {"command": "keys", "merchantId": "\ud800", "after": ""},
    {"command": "rotateKey", "keyId": "key_1", "overlap": None},
    {"command": "revokeKey", "key": "x" * 256},
]


@pytest.fixture
def clock() -> WallClock:
    return WallClock()


@pytest.fixture
def ring(clock: WallClock) -> KeyRing:
    """The ring of the gateway that obeys."""
    return KeyRing(SECRET_OF_KEYS, clock)


@pytest.fixture
def commands(storage: SqliteStorage, ring: KeyRing, clock: WallClock) -> Commands:
    randomness = SystemRandomness()
    return Commands(merchant_commands(storage, ring, clock, TimeOrderedIds(clock, randomness), randomness))


@pytest.fixture
def operator(commands: Commands) -> MerchantOperator:
    return MerchantOperator(DirectControl(commands))


def document_of(answer: Answer) -> dict[str, Any]:
    assert isinstance(answer, Ok), answer
    return answer.value


def rule(refusal: KeyRefusal) -> Err[Refused]:
    return Err(Refused(RefusedFor.RULE, refusal))


def mistake(refusal: KeyRefusal) -> Err[Refused]:
    return Err(Refused(RefusedFor.MISTAKE, refusal))


async def create(operator: MerchantOperator, **changes: Any) -> dict[str, Any]:
    asked = {"merchant_id": MERCHANT, "scopes": ALL, "expires_in": None, "name": None} | changes
    return document_of(await operator.create_key(**asked))


async def all_of(pages: AsyncIterator[Any]) -> list[dict[str, Any]]:
    return [one async for page in pages for one in page]


@pytest.mark.parametrize("command", NO_COMMANDS, ids=repr)
async def test_what_is_no_command_is_a_mistake(commands: Commands, command: object) -> None:
    answer = await commands.obey(command)
    assert isinstance(answer, Err)
    assert RefusedFor.MISTAKE is answer.error.kind


async def test_a_merchant_is_added_and_listed(operator: MerchantOperator) -> None:
    added = document_of(await operator.add_merchant("Shop of Zoë"))
    assert {"merchantId": added["merchantId"], "name": "Shop of Zoë", "disabledAt": None} | {
        "createdAt": "2026-11-01T08:00:00.123Z"
    } == added
    assert added in await all_of(operator.merchants())


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "two\nlines", "\x1b[31m", "card 4242 4242 4242 4242"])
async def test_a_name_is_one_line_without_a_card_number(operator: MerchantOperator, name: str) -> None:
    for answer in (await operator.add_merchant(name), await operator.create_key(MERCHANT, ALL, None, name)):
        assert isinstance(answer, Err)
        assert RefusedFor.MISTAKE is answer.error.kind
    assert 1 == len(await all_of(operator.merchants()))
    assert [] == await all_of(operator.keys(None))


async def test_a_new_key_is_honoured_at_once_and_told_this_once(
    operator: MerchantOperator, ring: KeyRing
) -> None:
    made = await create(operator, scopes=[Scope.PAYMENTS_READ], expires_in=3600, name="till")
    key = made.pop("key")
    assert is_well_formed(key)
    assert made == {
        "keyId": made["keyId"],
        "merchantId": MERCHANT,
        "name": "till",
        "hint": key[-4:],
        "status": "Live",
        "scopes": ["payments:read"],
        "createdAt": "2026-11-01T08:00:00.123Z",
        "expiresAt": "2026-11-01T09:00:00.123Z",
        "revokedAt": None,
        "line": made["keyId"],
    }
    found = ring.find(key)
    assert found is not None
    assert (made["keyId"], (Scope.PAYMENTS_READ,)) == (found.key.id, found.key.scopes)
    assert [made] == await all_of(operator.keys(MERCHANT)) == await all_of(operator.keys(None))
    assert [] == await all_of(operator.keys("mer_x"))


@pytest.mark.parametrize(
    "changes",
    [
        {"scopes": []},
        {"scopes": ["payments:all"]},
        {"scopes": [["payments:read"]]},
        {"expires_in": 0},
        {"expires_in": -1},
        {"expires_in": 10**12},
    ],
    ids=repr,
)
async def test_a_key_that_cannot_be_is_a_mistake(operator: MerchantOperator, changes: dict[str, Any]) -> None:
    asked = {"merchant_id": MERCHANT, "scopes": ALL, "expires_in": None, "name": None} | changes
    answer = await operator.create_key(**asked)
    assert isinstance(answer, Err)
    assert RefusedFor.MISTAKE is answer.error.kind
    assert [] == await all_of(operator.keys(None))


async def test_keys_and_merchants_that_are_not_there_are_mistakes(operator: MerchantOperator) -> None:
    unknown = mistake(KeyRefusal.UNKNOWN_MERCHANT)
    assert unknown == await operator.create_key("mer_x", ALL, None, None)
    assert unknown == await operator.disable_merchant("mer_x") == await operator.enable_merchant("mer_x")
    unknown = mistake(KeyRefusal.UNKNOWN_KEY)
    assert unknown == await operator.rotate_key("key_x", 0) == await operator.revoke_key("key_x")


async def test_a_merchant_gets_so_many_keys_and_no_more(operator: MerchantOperator, clock: WallClock) -> None:
    await create(operator, expires_in=60)
    for _ in range(MOST_LIVE_KEYS - 1):
        await create(operator)
    too_many = rule(KeyRefusal.TOO_MANY_KEYS)
    assert too_many == await operator.create_key(MERCHANT, ALL, None, None)
    clock.pass_by(seconds=60)
    await create(operator)
    assert too_many == await operator.create_key(MERCHANT, ALL, None, None)


async def test_both_keys_of_a_rotation_are_honoured_until_the_overlap_ends(
    operator: MerchantOperator, ring: KeyRing, clock: WallClock
) -> None:
    old = await create(operator, scopes=[Scope.PAYMENTS_READ], name="till")
    new = document_of(await operator.rotate_key(old["keyId"], 3600))
    assert (old["scopes"], "till", old["line"]) == (new["scopes"], new["name"], new["line"])
    assert {name: old[name] for name in old if name != "key"} | {
        "expiresAt": "2026-11-01T09:00:00.123Z"
    } == new["rotated"]
    for key_id in (old["keyId"], new["keyId"]):
        assert rule(KeyRefusal.BEING_ROTATED) == await operator.rotate_key(key_id, 0)
    assert None not in (ring.find(old["key"]), ring.find(new["key"]))
    clock.pass_by(hours=1)
    assert ring.find(old["key"]) is None
    assert ring.find(new["key"]) is not None
    assert ["Expired", "Live"] == [one["status"] for one in await all_of(operator.keys(None))]
    assert rule(KeyRefusal.NOT_LIVE) == await operator.rotate_key(old["keyId"], 0)
    newest = document_of(await operator.rotate_key(new["keyId"], 0))
    assert ring.find(new["key"]) is None
    assert ring.find(newest["key"]) is not None


async def test_a_successor_lives_as_long_as_its_key_was_made_for_however_often_that_is_rotated(
    operator: MerchantOperator,
) -> None:
    """A key whose successor leaked is soon to retire; what takes its place next is not."""
    key = await create(operator, expires_in=90 * 86_400)
    leaked = document_of(await operator.rotate_key(key["keyId"], 3600))
    await operator.revoke_key(leaked["keyId"])
    another = document_of(await operator.rotate_key(key["keyId"], 7200))
    assert key["expiresAt"] == leaked["expiresAt"] == another["expiresAt"] == "2027-01-30T08:00:00.123Z"
    assert "2026-11-01T09:00:00.123Z" == another["rotated"]["expiresAt"], "it retires no later than was said"


@pytest.mark.parametrize("overlap", [-1, 90 * 86_400 + 1])
async def test_an_overlap_has_bounds(operator: MerchantOperator, overlap: int) -> None:
    answer = await operator.rotate_key((await create(operator))["keyId"], overlap)
    assert isinstance(answer, Err)
    assert RefusedFor.MISTAKE is answer.error.kind


@pytest.mark.parametrize("by", ["keyId", "key"])
async def test_a_key_is_revoked_by_its_id_or_by_itself(
    operator: MerchantOperator, ring: KeyRing, clock: WallClock, by: str
) -> None:
    key, other = await create(operator), await create(operator)
    for _ in range(2):
        revoked = document_of(await operator.revoke_key(key[by]))
        assert ("Revoked", "2026-11-01T08:00:00.123Z") == (revoked["status"], revoked["revokedAt"])
        clock.pass_by(hours=1)
    assert ring.find(key["key"]) is None
    assert ring.find(other["key"]) is not None
    assert rule(KeyRefusal.NOT_LIVE) == await operator.rotate_key(key["keyId"], 0)


async def test_a_disabled_merchants_keys_are_refused_until_it_is_enabled(
    operator: MerchantOperator, ring: KeyRing
) -> None:
    key = await create(operator)
    disabled = document_of(await operator.disable_merchant(MERCHANT))
    assert "2026-11-01T08:00:00.123Z" == disabled["disabledAt"]
    assert ring.find(key["key"]) is None
    assert ["Disabled"] == [one["status"] for one in await all_of(operator.keys(None))]
    assert rule(KeyRefusal.MERCHANT_DISABLED) == await operator.create_key(MERCHANT, ALL, None, None)
    assert rule(KeyRefusal.MERCHANT_DISABLED) == await operator.rotate_key(key["keyId"], 0)
    assert document_of(await operator.enable_merchant(MERCHANT))["disabledAt"] is None
    assert ring.find(key["key"]) is not None


async def test_a_key_of_a_lost_secret_is_told_and_can_be_made_anew(
    operator: MerchantOperator, storage: SqliteStorage, clock: WallClock
) -> None:
    key = await create(operator)
    ring, randomness = KeyRing(b"another secret", clock), SystemRandomness()
    commands = merchant_commands(storage, ring, clock, TimeOrderedIds(clock, randomness), randomness)
    anew = MerchantOperator(DirectControl(Commands(commands)))
    assert ["Unusable"] == [one["status"] for one in await all_of(anew.keys(None))]
    assert ring.find(key["key"]) is None
    made = document_of(await anew.rotate_key(key["keyId"], 0))
    assert ring.find(made["key"]) is not None


async def test_what_ends_a_key_takes_effect_also_where_storage_does_not_take_it(
    operator: MerchantOperator, ring: KeyRing, storage: SqliteStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A leaked key must die also beside a full disk; whoever asks again makes it last."""
    key = await create(operator)

    async def unavailable(*_: object) -> None:
        raise StorageUnavailable

    with monkeypatch.context() as full:
        full.setattr(storage, "revoke_key", unavailable)
        full.setattr(storage, "add_key", unavailable)
        for answer in (
            await operator.revoke_key(key["keyId"]),
            await operator.create_key(MERCHANT, ALL, 9, None),
        ):
            assert isinstance(answer, Err)
            assert RefusedFor.UNAVAILABLE is answer.error.kind
    assert ["Live"] == [one["status"] for one in await all_of(operator.keys(None))]
    assert ring.find(key["key"]) is None, "a list that is read meanwhile does not bring it back"
    assert "Revoked" == document_of(await operator.revoke_key(key["keyId"]))["status"]
    with monkeypatch.context() as full:
        full.setattr(storage, "disable_merchant", unavailable)
        other = await create(operator)
        assert isinstance(await operator.disable_merchant(MERCHANT), Err)
        assert ring.find(other["key"]) is None


async def test_what_ends_a_key_waits_for_no_other_command(operator: MerchantOperator, ring: KeyRing) -> None:
    """Such as one that waits for a disk that hangs."""
    first, second, third = [await create(operator) for _ in range(3)]
    async with trio.open_nursery() as nursery, ring.changes:
        nursery.start_soon(operator.revoke_key, first["key"])
        nursery.start_soon(operator.revoke_key, second["keyId"])
        await trio.testing.wait_all_tasks_blocked()
        assert [True, True, False] == [ring.find(one["key"]) is None for one in (first, second, third)]
        nursery.start_soon(operator.disable_merchant, MERCHANT)
        await trio.testing.wait_all_tasks_blocked()
        assert ring.find(third["key"]) is None


async def test_a_rotation_whose_answer_was_lost_is_found_by_a_list(
    operator: MerchantOperator, ring: KeyRing, storage: SqliteStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, rotate = await create(operator), storage.rotate_key

    async def rotate_and_fail(*what: Any) -> None:
        await rotate(*what)
        raise StorageUnavailable

    with monkeypatch.context() as lost:
        lost.setattr(storage, "rotate_key", rotate_and_fail)
        assert isinstance(await operator.rotate_key(key["keyId"], 0), Err)
    assert ["Expired", "Live"] == [one["status"] for one in await all_of(operator.keys(None))]
    assert ring.find(key["key"]) is None


async def test_a_list_that_is_read_while_a_key_is_revoked_does_not_bring_it_back(
    operator: MerchantOperator,
    ring: KeyRing,
    storage: SqliteStorage,
    monkeypatch: pytest.MonkeyPatch,
    nursery: trio.Nursery,
) -> None:
    key, revoke = await create(operator), storage.revoke_key
    has_begun, may_go_on = trio.Event(), trio.Event()

    async def revoke_slowly(*what: Any) -> None:
        has_begun.set()
        await may_go_on.wait()
        await revoke(*what)

    async def read() -> None:
        listed.extend(await all_of(operator.keys(None)))
        is_read.set()

    listed: list[dict[str, Any]] = []
    is_read = trio.Event()
    monkeypatch.setattr(storage, "revoke_key", revoke_slowly)
    nursery.start_soon(operator.revoke_key, key["keyId"])
    await has_begun.wait()
    nursery.start_soon(read)
    with trio.move_on_after(0.2):  # it must not be read by then, whatever the machine's speed
        await is_read.wait()
    may_go_on.set()
    with trio.fail_after(20):
        await is_read.wait()
    assert ["Revoked"] == [one["status"] for one in listed]
    assert ring.find(key["key"]) is None


async def test_lists_are_read_whole_page_by_page(
    operator: MerchantOperator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_commands, "KEYS_A_PAGE", 2)
    monkeypatch.setattr("pgw.control.merchant_commands.MERCHANTS_A_PAGE", 2)
    made = [(await create(operator))["keyId"] for _ in range(5)]
    assert made == [one["keyId"] for one in await all_of(operator.keys(None))]
    for _ in range(4):
        await operator.add_merchant("Shop")
    assert 5 == len(await all_of(operator.merchants()))


async def test_a_list_that_is_refused_is_an_exception_with_its_sentence(
    operator: MerchantOperator, monkeypatch: pytest.MonkeyPatch, storage: SqliteStorage
) -> None:
    async def unavailable(*_: object) -> None:
        raise StorageUnavailable

    monkeypatch.setattr(storage, "keys", unavailable)
    with pytest.raises(ControlUnavailable, match="does not answer"):
        await all_of(operator.keys(None))
