"""A merchant's key, and the rules of its life."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from attrs import evolve, field, frozen

from pgw.domain.merchant import Merchant, Scope

MOST_LIVE_KEYS = 20
"""Of one merchant; ten services may have a key each, and rotate them all at once."""
MOST_LIVE_OF_A_LINE = 2


class KeyRefusal(StrEnum):
    """Why a key was not made, as a sentence for the operator."""

    UNKNOWN_MERCHANT = "There is no such merchant."
    UNKNOWN_KEY = "There is no such key."
    MERCHANT_DISABLED = "The merchant is disabled."
    TOO_MANY_KEYS = f"The merchant has {MOST_LIVE_KEYS} live keys, which is the most; revoke one first."
    NOT_LIVE = "The key has expired or was revoked, so it cannot be rotated; create another one."
    BEING_ROTATED = (
        "The key is being rotated: its older and its newer one both live, until the older one expires or is "
        "revoked."
    )


class KeyStatus(StrEnum):
    """Whether a key is honoured, or why not. `Unusable` is one of a secret that the gateway has no more."""

    LIVE = "Live"
    EXPIRED = "Expired"
    REVOKED = "Revoked"
    DISABLED = "Disabled"
    UNUSABLE = "Unusable"


@frozen
class ApiKey:
    """A merchant's key as it is kept: a keyed hash of it in hex, and never the key.

    `hashed_under` names the secret of that hash. `hint` is the key's last characters, to know it by. Keys
    that take each other's place are of one `line`, which is the id of its first; one whose place was taken
    `retires_at` the end of the overlap, if it has not expired before. A `demo` key is known to everybody and
    is honoured in demo mode only.
    """

    id: str
    merchant_id: str
    digest: str = field(repr=False)
    hashed_under: str
    hint: str
    line: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None = None
    retires_at: datetime | None = None
    revoked_at: datetime | None = None
    name: str | None = None
    demo: bool = False
    ends_at: datetime | None = field(init=False)
    """The earlier one of `expires_at` and `retires_at`."""

    @ends_at.default
    def _ends_at(self) -> datetime | None:
        return min((at for at in (self.expires_at, self.retires_at) if at is not None), default=None)

    def has_expired(self, now: datetime) -> bool:
        return self.ends_at is not None and self.ends_at <= now

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and not self.has_expired(now)

    def retiring(self, at: datetime) -> "ApiKey":
        """Return the key with an end no later than that; none lives longer than was said before."""
        return evolve(self, retires_at=at if self.retires_at is None else min(self.retires_at, at))

    def revoked(self, at: datetime) -> "ApiKey":
        """Return the key as revoked; one that was revoked before stays as it is."""
        return self if self.revoked_at else evolve(self, revoked_at=at)

    def successor(self, key_id: str, digest: str, hashed_under: str, hint: str, now: datetime) -> "ApiKey":
        """Return the key that takes this one's place: for the same, and for as long as this one was made."""
        expires_at = self.expires_at and now + (self.expires_at - self.created_at)
        return evolve(
            self,
            id=key_id,
            digest=digest,
            hashed_under=hashed_under,
            hint=hint,
            created_at=now,
            expires_at=expires_at,
            retires_at=None,
            demo=False,
        )


def status_of(key: ApiKey, now: datetime, *, is_disabled: bool, hashed_under: str) -> KeyStatus:
    """Tell what becomes of who sends this key, to a gateway with such a secret."""
    if key.revoked_at is not None:
        return KeyStatus.REVOKED
    if key.has_expired(now):
        return KeyStatus.EXPIRED
    if key.hashed_under != hashed_under:
        return KeyStatus.UNUSABLE
    return KeyStatus.DISABLED if is_disabled else KeyStatus.LIVE


def cannot_add(key: ApiKey, merchant: Merchant | None, keys: Sequence[ApiKey]) -> KeyRefusal | None:
    """Tell why the merchant, with its other keys, may not have this one too; None where it may.

    Keys of a lost secret do not count, since they must be made anew.
    """
    if merchant is None:
        return KeyRefusal.UNKNOWN_MERCHANT
    if merchant.disabled_at is not None:
        return KeyRefusal.MERCHANT_DISABLED
    alive = [one for one in keys if one.is_live(key.created_at) and one.hashed_under == key.hashed_under]
    return KeyRefusal.TOO_MANY_KEYS if len(alive) >= MOST_LIVE_KEYS else None


def cannot_rotate(key: ApiKey | None, keys: Sequence[ApiKey], now: datetime) -> KeyRefusal | None:
    """Tell why a key of a merchant with these keys may have no successor now; None where it may."""
    if key is None:
        return KeyRefusal.UNKNOWN_KEY
    if not key.is_live(now):
        return KeyRefusal.NOT_LIVE
    alive = [one for one in keys if one.line == key.line and one.is_live(now)]
    return KeyRefusal.BEING_ROTATED if len(alive) >= MOST_LIVE_OF_A_LINE else None
