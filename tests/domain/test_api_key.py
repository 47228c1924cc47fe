"""The rules of a key's life."""

from datetime import timedelta

import pytest
from attrs import evolve

from pgw.domain.api_key import (
    MOST_LIVE_KEYS,
    ApiKey,
    KeyRefusal,
    KeyStatus,
    cannot_add,
    cannot_rotate,
    status_of,
)
from pgw.domain.merchant import Scope
from tests.merchants import CREATED_AT, a_key, a_merchant

DAY = timedelta(days=1)
NOON = CREATED_AT + DAY
SECRET = a_key().hashed_under


def test_a_key_lives_until_the_moment_it_expires() -> None:
    key = a_key(expires_at=NOON)
    assert [True, False, False] == [key.is_live(NOON + after) for after in (-DAY, 0 * DAY, DAY)]
    assert a_key().is_live(NOON + 10_000 * DAY)
    assert not a_key(revoked_at=NOON).is_live(NOON - DAY)


@pytest.mark.parametrize(
    ("key", "is_disabled", "status"),
    [
        (a_key(), False, KeyStatus.LIVE),
        (a_key(), True, KeyStatus.DISABLED),
        (a_key(expires_at=NOON), True, KeyStatus.EXPIRED),
        (a_key(expires_at=NOON, revoked_at=NOON), True, KeyStatus.REVOKED),
        (a_key(hashed_under="a lost one"), True, KeyStatus.UNUSABLE),
    ],
)
def test_why_a_key_is_not_honoured_is_said(key: ApiKey, is_disabled: bool, status: KeyStatus) -> None:
    assert status is status_of(key, NOON, is_disabled=is_disabled, hashed_under=SECRET)


def test_a_key_may_only_end_earlier_than_was_said() -> None:
    assert a_key().ends_at is None
    assert NOON == a_key().retiring(NOON).ends_at
    assert NOON == a_key(expires_at=NOON + DAY).retiring(NOON).ends_at
    assert NOON == a_key(expires_at=NOON).retiring(NOON + DAY).ends_at
    assert NOON == a_key().retiring(NOON).retiring(NOON + DAY).ends_at
    assert a_key(expires_at=NOON).retiring(NOON - DAY).has_expired(NOON - DAY)


def test_a_key_that_was_revoked_stays_as_it_was_revoked() -> None:
    assert NOON == a_key().revoked(NOON).revoked(NOON + DAY).revoked_at


def test_a_successor_is_for_the_same_and_lives_as_long() -> None:
    key = a_key(scopes=(Scope.PAYMENTS_READ,), expires_at=CREATED_AT + 90 * DAY, name="web", demo=True)
    made = key.retiring(NOON + DAY).successor("key_2", "f" * 64, "a new secret", "abcd", NOON)
    assert made == evolve(
        key,
        id="key_2",
        digest="f" * 64,
        hashed_under="a new secret",
        hint="abcd",
        created_at=NOON,
        expires_at=NOON + 90 * DAY,
        demo=False,
    )
    assert a_key().successor("key_2", "", "", "", NOON).expires_at is None


def test_a_merchant_has_so_many_live_keys_and_no_more() -> None:
    keys = [a_key(number) for number in range(MOST_LIVE_KEYS)]
    assert cannot_add(a_key(99), a_merchant(), keys[1:]) is None
    assert KeyRefusal.TOO_MANY_KEYS is cannot_add(a_key(99), a_merchant(), keys)
    for dead in (a_key(0, expires_at=CREATED_AT), a_key(0, revoked_at=NOON), a_key(0, hashed_under="lost")):
        assert cannot_add(a_key(99), a_merchant(), [dead, *keys[1:]]) is None


def test_a_merchant_that_is_disabled_or_not_there_gets_no_key() -> None:
    disabled = evolve(a_merchant(), disabled_at=NOON)
    assert KeyRefusal.MERCHANT_DISABLED is cannot_add(a_key(), disabled, [])
    assert KeyRefusal.UNKNOWN_MERCHANT is cannot_add(a_key(), None, [])


def test_two_keys_of_a_line_live_at_once_and_no_third() -> None:
    first = a_key(1, expires_at=NOON)
    second = a_key(2, line=first.line)
    for key in (first, second):
        assert KeyRefusal.BEING_ROTATED is cannot_rotate(key, [first, second], NOON - DAY)
    assert KeyRefusal.NOT_LIVE is cannot_rotate(first, [first, second], NOON)
    assert cannot_rotate(second, [first, second], NOON) is None
    assert cannot_rotate(second, [first.revoked(NOON), second], NOON - DAY) is None
    assert cannot_rotate(second, [a_key(3), second], NOON - DAY) is None
    assert KeyRefusal.UNKNOWN_KEY is cannot_rotate(None, [], NOON)


def test_a_key_shows_neither_its_hash_nor_more_of_itself_than_its_end() -> None:
    assert "digest" not in repr(a_key())
