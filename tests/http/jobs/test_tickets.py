"""Tickets, in time of a test's own."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pgw.actors.key_ring import Credential, KeyRing
from pgw.domain.idempotency import Claim
from pgw.http.jobs.tickets import (
    LIFETIME_SECONDS,
    MOST,
    MOST_OF_A_MERCHANT,
    StreamTickets,
    Ticket,
    TooManyTickets,
)
from pgw.logs import REDACTED, redacted
from pgw.ports import SystemRandomness
from tests.http.hand_clock import HandClock
from tests.merchants import CREATED_AT, SECRET_OF_KEYS, key_on

CLAIM = Claim("a key", "a fingerprint", "", "{}")
LATER_CLAIM = Claim("a key", "another fingerprint", "", "{}")


class Scene:
    """A ring with a key of each merchant on it, and its tickets."""

    def __init__(self, *merchant_ids: str) -> None:
        self.clock = HandClock()
        self.keys = KeyRing(SECRET_OF_KEYS, self.clock)
        self.tickets = StreamTickets(self.keys, self.clock, SystemRandomness())
        ids = merchant_ids or ("mer_a",)
        self.keys.take([key_on(self.keys, f"of {one}", one, id=f"key_{one}") for one in ids])

    def holder(self, merchant_id: str = "mer_a") -> Credential:
        found = self.keys.find(f"of {merchant_id}")
        assert found is not None
        return found

    def issued(self, merchant_id: str = "mer_a", claim: Claim | None = None) -> Ticket:
        ticket = self.tickets.new()
        assert self.tickets.issue(ticket, self.holder(merchant_id), claim) is None
        return ticket

    def refused(self, merchant_id: str = "mer_a") -> TooManyTickets:
        refused = self.tickets.issue(self.tickets.new(), self.holder(merchant_id))
        assert refused is not None
        return refused


def test_a_ticket_is_good_once_and_is_its_holders() -> None:
    scene = Scene("mer_a", "mer_b")
    ticket, other = scene.issued(), scene.issued("mer_b")
    assert ticket.text != other.text
    assert scene.holder() is scene.tickets.redeem(ticket.text)
    assert scene.tickets.redeem(ticket.text) is None
    assert scene.holder("mer_b") is scene.tickets.redeem(other.text)
    assert 0 == len(scene.tickets)


def test_a_ticket_is_good_for_30_seconds() -> None:
    scene = Scene()
    ticket, late = scene.issued(), scene.issued()
    assert scene.clock.now() + timedelta(seconds=LIFETIME_SECONDS) == ticket.expires_at
    scene.clock.seconds += LIFETIME_SECONDS - 1
    assert scene.holder() is scene.tickets.redeem(ticket.text)
    scene.clock.seconds += 1
    assert scene.tickets.redeem(late.text) is None
    assert 0 == len(scene.tickets)


@pytest.mark.parametrize("text", ["", "pgw_st_", "pgw_st_" + "a" * 64, "\udcff", "ap_123"])
def test_what_is_no_ticket_is_nobodys(text: str) -> None:
    scene = Scene()
    scene.issued()
    assert scene.tickets.redeem(text) is None
    assert 1 == len(scene.tickets)


def test_the_ticket_of_a_key_that_has_ended_is_dead_and_stays_so() -> None:
    scene = Scene("mer_a", "mer_b", "mer_c")
    tickets = [scene.issued(f"mer_{one}") for one in "abc"]
    scene.keys.take([scene.holder("mer_a").key.revoked(CREATED_AT)])
    scene.keys.disable("mer_b")
    scene.keys.enable("mer_b")
    scene.keys.take([scene.holder("mer_c").key.retiring(CREATED_AT)])
    assert [None] * 3 == [scene.tickets.redeem(one.text) for one in tickets]


def test_a_merchant_has_so_many_at_a_time_which_is_nothing_to_another() -> None:
    scene = Scene("mer_a", "mer_b")
    first = scene.issued()
    scene.clock.seconds += 10
    for _ in range(MOST_OF_A_MERCHANT - 1):
        last = scene.issued()
    assert TooManyTickets(21, of_merchant=True) == scene.refused()
    scene.issued("mer_b")
    assert scene.tickets.redeem(last.text)
    scene.issued()
    assert TooManyTickets(21, of_merchant=True) == scene.refused()
    scene.clock.seconds += 20
    assert scene.tickets.redeem(first.text) is None
    scene.issued()


def test_all_have_so_many_together_and_what_has_expired_goes_first() -> None:
    merchants = [f"mer_{number}" for number in range(MOST // MOST_OF_A_MERCHANT + 1)]
    scene = Scene(*merchants)
    for merchant_id in merchants[:-1]:
        for _ in range(MOST_OF_A_MERCHANT):
            scene.issued(merchant_id)
    assert TooManyTickets(31, of_merchant=False) == scene.refused(merchants[-1])
    assert MOST == len(scene.tickets)
    scene.clock.seconds += LIFETIME_SECONDS
    scene.issued(merchants[-1])
    assert 1 == len(scene.tickets)
    assert [merchants[-1]] == list(scene.tickets._of_merchant)


def test_what_was_answered_under_a_key_is_known_until_the_ticket_expires_used_or_not() -> None:
    scene = Scene("mer_a", "mer_b")
    ticket = scene.issued(claim=CLAIM)
    scene.issued()
    assert CLAIM is scene.tickets.claim("mer_a", CLAIM.key)
    assert scene.tickets.claim("mer_a", "another key") is None
    assert scene.tickets.claim("mer_b", CLAIM.key) is None
    assert scene.tickets.redeem(ticket.text)
    assert scene.tickets.redeem(ticket.text) is None
    assert CLAIM is scene.tickets.claim("mer_a", CLAIM.key)
    scene.clock.seconds += LIFETIME_SECONDS
    assert scene.tickets.claim("mer_a", CLAIM.key) is None
    assert 0 == len(scene.tickets)


def test_a_ticket_whose_key_has_ended_is_not_answered_again() -> None:
    scene = Scene()
    scene.issued(claim=CLAIM)
    scene.keys.take([scene.holder().key.revoked(CREATED_AT)])
    assert scene.tickets.claim("mer_a", CLAIM.key) is None


def test_a_key_that_ended_takes_nothing_from_the_one_after_it() -> None:
    scene = Scene()
    ended = scene.holder()
    scene.issued(claim=CLAIM)
    scene.keys.take([ended.key.revoked(CREATED_AT), key_on(scene.keys, "a later one", "mer_a", id="key_2")])
    later = scene.keys.find("a later one")
    assert later is not None
    scene.clock.seconds += LIFETIME_SECONDS / 2
    assert scene.tickets.issue(scene.tickets.new(), later, LATER_CLAIM) is None
    scene.clock.seconds += LIFETIME_SECONDS / 2
    assert LATER_CLAIM is scene.tickets.claim("mer_a", CLAIM.key)
    scene.clock.seconds += LIFETIME_SECONDS / 2
    assert scene.tickets.claim("mer_a", CLAIM.key) is None


def test_no_log_and_no_repr_shows_a_ticket() -> None:
    scene = Scene()
    ticket = scene.issued()
    assert f"/jobs/{REDACTED}/stream" == redacted(f"/jobs/{ticket.text}/stream")
    assert ticket.text not in repr(ticket) + repr(vars(scene.tickets))
