"""Tickets for a browser's WebSocket, which can send no key: in memory, for one use, and soon over."""

from collections import defaultdict
from datetime import datetime, timedelta
from hashlib import sha256

from attrs import define, field, frozen

from pgw.actors.key_ring import Credential, KeyRing
from pgw.domain.idempotency import Claim
from pgw.ports import HEX_TO_LETTERS, Clock, Randomness

LIFETIME_SECONDS = 30
MOST_OF_A_MERCHANT = 1000
MOST = 10_000
PREFIX = "pgw_st_"  # by which the logs know it
RANDOM_BITS = 256


@frozen
class Ticket:
    text: str = field(repr=False)
    expires_at: datetime


@frozen
class TooManyTickets:
    """No ticket: the merchant has as many as it may, or all have. One of them ends within `seconds`."""

    seconds: int
    of_merchant: bool


@define(eq=False)
class _Issued:
    """A ticket by the digest of its text. What was answered under an idempotency key outlives its use."""

    digest: str
    credential: Credential
    ends_at: float
    claim: Claim | None
    is_used: bool = False

    @property
    def merchant_id(self) -> str:
        return self.credential.key.merchant_id


class StreamTickets:
    """Knows tickets by their digests, in the order in which they were issued, which is that of their ends."""

    def __init__(self, keys: KeyRing, clock: Clock, randomness: Randomness) -> None:
        self._keys = keys
        self._clock = clock
        self._randomness = randomness
        self._issued: dict[str, _Issued] = {}
        self._of_merchant: defaultdict[str, dict[str, _Issued]] = defaultdict(dict)
        self._under_key: dict[tuple[str, str], _Issued] = {}

    def __len__(self) -> int:
        return len(self._issued)

    def new(self) -> Ticket:
        """Make up a ticket, which is good for nothing until it is issued."""
        hexadecimal = f"{self._randomness.bits(RANDOM_BITS):0{RANDOM_BITS // 4}x}"
        expires_at = self._clock.now() + timedelta(seconds=LIFETIME_SECONDS)
        return Ticket(PREFIX + hexadecimal.translate(HEX_TO_LETTERS), expires_at)

    def issue(
        self, ticket: Ticket, credential: Credential, claim: Claim | None = None
    ) -> TooManyTickets | None:
        """Let whoever has the ticket act as the credential, once and as long as that is honoured."""
        self._forget_expired()
        of_merchant = self._of_merchant.get(credential.key.merchant_id, {})
        if len(of_merchant) >= MOST_OF_A_MERCHANT:
            return self._too_many(of_merchant, of_merchant=True)
        if len(self._issued) >= MOST:
            return self._too_many(self._issued, of_merchant=False)
        ends_at = self._clock.monotonic() + LIFETIME_SECONDS
        issued = _Issued(_digest(ticket.text), credential, ends_at, claim)
        self._issued[issued.digest] = self._of_merchant[issued.merchant_id][issued.digest] = issued
        if claim is not None:
            self._under_key[issued.merchant_id, claim.key] = issued
        return None

    def redeem(self, text: str) -> Credential | None:
        """Return whose ticket this is, if it is good; it is used up then, whatever comes of it."""
        self._forget_expired()
        issued = self._issued.get(_digest(text))
        if issued is None or issued.is_used:
            return None
        issued.is_used = True
        if issued.claim is None:
            self._forget(issued)
        return issued.credential if self._keys.honours(issued.credential) else None

    def claim(self, merchant_id: str, key: str) -> Claim | None:
        """Return what was answered under an idempotency key of the merchant's, until that ticket expires."""
        self._forget_expired()
        issued = self._under_key.get((merchant_id, key))
        return issued.claim if issued and self._keys.honours(issued.credential) else None

    def _too_many(self, issued: dict[str, _Issued], *, of_merchant: bool) -> TooManyTickets:
        first = next(iter(issued.values()))
        return TooManyTickets(max(1, int(first.ends_at - self._clock.monotonic()) + 1), of_merchant)

    def _forget_expired(self) -> None:
        now = self._clock.monotonic()
        while self._issued and (first := next(iter(self._issued.values()))).ends_at <= now:
            self._forget(first)

    def _forget(self, issued: _Issued) -> None:
        del self._issued[issued.digest]
        of_merchant = self._of_merchant[issued.merchant_id]
        del of_merchant[issued.digest]
        if not of_merchant:
            del self._of_merchant[issued.merchant_id]
        under_key = (issued.merchant_id, issued.claim.key) if issued.claim else None
        # Another one may be under it by now, of a key that is honoured still.
        if under_key and self._under_key.get(under_key) is issued:
            del self._under_key[under_key]


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
