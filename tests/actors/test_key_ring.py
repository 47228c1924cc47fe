"""The ring of keys that a running gateway honours."""

from datetime import timedelta

import pytest
import trio
from trio.testing import MockClock

from pgw.actors.key_ring import LOOK_EVERY_SECONDS, Credential, KeyRing
from pgw.secret import OF_API_KEYS, derived
from tests.merchants import CREATED_AT, SECRET_OF_KEYS, WallClock, a_key, key_on

LATER = CREATED_AT + timedelta(seconds=10)


@pytest.fixture
def clock() -> WallClock:
    return WallClock()


@pytest.fixture
def ring(clock: WallClock) -> KeyRing:
    return KeyRing(SECRET_OF_KEYS, clock)


def credential(ring: KeyRing, text: str = "text") -> Credential:
    found = ring.find(text)
    assert found is not None
    return found


def test_a_key_is_known_by_a_hash_that_only_this_secret_makes(ring: KeyRing, clock: WallClock) -> None:
    key = key_on(ring, "text")
    other = KeyRing(derived(SECRET_OF_KEYS, OF_API_KEYS), clock)
    for one in (ring, other):
        one.take([key])
    assert key is credential(ring).key
    assert other.find("text") is None
    assert ring.find(key.digest) is None
    assert ring.name_of_secret != other.name_of_secret


def test_a_demo_key_is_honoured_in_demo_mode_only(ring: KeyRing, clock: WallClock) -> None:
    demo = KeyRing(SECRET_OF_KEYS, clock, demo=True)
    for one in (ring, demo):
        one.take([key_on(ring, "ap_123", demo=True), key_on(ring, "text")])
    assert ring.find("ap_123") is None
    assert demo.find("ap_123") is not None
    assert None not in (ring.find("text"), demo.find("text"))


def test_a_key_is_honoured_until_it_expires_also_under_a_clock_that_steps_back(
    ring: KeyRing, clock: WallClock
) -> None:
    ring.take([key_on(ring, "text", expires_at=LATER)])
    found = []
    for seconds in (0, 9.999, 10, 11, 9):
        clock.time = CREATED_AT + timedelta(seconds=seconds)
        found.append(ring.find("text") is not None)
    assert [True, True, False, False, True] == found


async def test_a_revoked_key_is_gone_and_its_users_are_told_at_once(ring: KeyRing) -> None:
    key = key_on(ring, "text")
    ring.take([key, key_on(ring, "other", id="key_2")])
    used, other = credential(ring), credential(ring, "other")
    scope, of_other = trio.CancelScope(), trio.CancelScope()
    with ring.cancelling(used, scope), ring.cancelling(other, of_other):
        ring.take([key.revoked(LATER)])
    assert (True, False) == (scope.cancel_called, of_other.cancel_called)
    assert (True, False) == (used.is_over, other.is_over)
    assert ring.find("text") is None
    assert other is ring.find("other")


async def test_whoever_comes_late_is_told_at_once(ring: KeyRing, clock: WallClock) -> None:
    """A key may end between the moment a request was judged and the one it begins to wait."""
    revoked, expiring = key_on(ring, "text"), key_on(ring, "expiring", id="key_2", expires_at=LATER)
    ring.take([revoked, expiring])
    late = [credential(ring), credential(ring, "expiring")]
    ring.take([revoked.revoked(LATER)])
    clock.time = LATER
    for one in late:
        scope = trio.CancelScope()
        with ring.cancelling(one, scope):
            assert scope.cancel_called
        assert one.is_over


async def test_who_has_left_is_not_told(ring: KeyRing) -> None:
    key, scope = key_on(ring, "text"), trio.CancelScope()
    ring.take([key])
    with ring.cancelling(credential(ring), scope):
        pass
    ring.take([key.revoked(LATER)])
    assert not scope.cancel_called


async def test_a_disabled_merchants_keys_are_over_until_it_is_enabled(ring: KeyRing) -> None:
    ring.take([key_on(ring, "text"), key_on(ring, "other", "mer_b", id="key_2")])
    used, other, scope = credential(ring), credential(ring, "other"), trio.CancelScope()
    with ring.cancelling(used, scope):
        ring.disable("mer_a")
        assert scope.cancel_called
    assert (True, False) == (used.is_over, other.is_over)
    assert ring.find("text") is None
    ring.enable("mer_a")
    assert not credential(ring).is_over
    assert used.is_over, "who was told once stays told"


async def test_a_rotated_key_and_its_streams_live_on_until_the_overlap_ends(
    ring: KeyRing, clock: WallClock
) -> None:
    key, scope = key_on(ring, "text"), trio.CancelScope()
    ring.take([key])
    used = credential(ring)
    with ring.cancelling(used, scope):
        ring.take([key.retiring(LATER)])
        assert used is ring.find("text")
        ring.end_expired()
        assert not scope.cancel_called
        clock.time = LATER
        ring.end_expired()
        assert scope.cancel_called


async def test_what_expires_while_it_is_in_use_is_over_within_a_second(
    ring: KeyRing, clock: WallClock, autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    ring.take([key_on(ring, "text", expires_at=LATER), key_on(ring, "other", id="key_2")])
    nursery.start_soon(ring.run)
    with trio.CancelScope() as endless, ring.cancelling(credential(ring, "other"), endless):
        with trio.CancelScope() as scope, ring.cancelling(credential(ring), scope):
            await trio.sleep(3600)
            clock.time = LATER  # it jumps
            before = autojump_clock.current_time()
            await trio.sleep_forever()
        assert autojump_clock.current_time() - before <= LOOK_EVERY_SECONDS
        assert not endless.cancel_called


def test_neither_a_key_nor_its_hash_is_in_a_repr(ring: KeyRing) -> None:
    key = a_key(digest=ring.digest_of("text"), revoked_at=None)
    shown = repr(ring) + repr(Credential(key))
    assert key.digest not in shown
    assert SECRET_OF_KEYS.decode() not in shown
