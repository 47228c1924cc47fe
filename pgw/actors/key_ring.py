"""The keys that a running gateway honours, in memory, and who must be told when one no longer is."""

import hmac
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

import trio
from attrs import define, field

from pgw.domain.api_key import ApiKey
from pgw.ports import HEX_TO_LETTERS, Clock

LOOK_EVERY_SECONDS = 0.5
_NAME_OF_SECRET = b"which secret this is"
_NAME_CHARACTERS = 16


@define(eq=False)
class Credential:
    """A key that was honoured. `is_over` from the moment when it no longer is, which its users are told."""

    key: ApiKey
    is_over: bool = False
    users: dict[trio.CancelScope, None] = field(factory=dict, repr=False)


class KeyRing:
    """Knows keys by their keyed hashes. Whoever changes a key in storage brings the ring up to date.

    The secret is of keys alone. Only under `changes` are keys changed, there and here, so that both change in
    the same order. Demo keys are honoured in demo mode only.
    """

    def __init__(self, secret: bytes, clock: Clock, *, demo: bool = False) -> None:
        self.changes = trio.Lock()
        self.name_of_secret = _hashed(secret, _NAME_OF_SECRET)[:_NAME_CHARACTERS].translate(HEX_TO_LETTERS)
        self._secret = secret
        self._clock = clock
        self._demo = demo
        self._credentials: dict[str, Credential] = {}
        self._disabled: set[str] = set()
        # A dictionary without values: a set that keeps its order.
        self._in_use: dict[Credential, None] = {}

    def digest_of(self, key: str) -> str:
        """Return what is kept of a key: an HMAC-SHA256 in hex. Keys are random, so it need not be slow."""
        return _hashed(self._secret, key.encode("utf-8", "surrogateescape"))

    def find(self, key: str) -> Credential | None:
        """Return whose key this is, if it is honoured now, in time that tells nothing."""
        digest = self.digest_of(key)
        credential = self._credentials.get(digest)
        if credential is None or not hmac.compare_digest(credential.key.digest, digest):
            return None
        return credential if self._honours(credential.key) else None

    def honours(self, credential: Credential) -> bool:
        """Tell whether a credential that was found is still good."""
        return not credential.is_over and self._honours(credential.key)

    def take(self, keys: Iterable[ApiKey]) -> None:
        """Honour keys as they are from now on. One that was revoked here stays so, whatever is stored."""
        for key in keys:
            before = self._credentials.get(key.digest)
            if before is None:
                if key.revoked_at is None and (self._demo or not key.demo):
                    self._credentials[key.digest] = Credential(key)
            elif before.key.revoked_at is None:
                before.key = key
                if not self._honours(key):
                    self._end(before)

    def revoke(self, name: str, at: datetime) -> None:
        """Honour a key no longer, by its id or its hash, whatever storage makes of it."""
        known = (credential.key for credential in self._credentials.values())
        self.take([key.revoked(at) for key in known if name in {key.id, key.digest}])

    def disable(self, merchant_id: str) -> None:
        """Honour no key of a merchant from now on."""
        self._disabled.add(merchant_id)
        for credential in list(self._credentials.values()):
            if credential.key.merchant_id == merchant_id:
                self._end(credential)

    def enable(self, merchant_id: str) -> None:
        self._disabled.discard(merchant_id)

    @contextmanager
    def cancelling(self, credential: Credential, scope: trio.CancelScope) -> Iterator[None]:
        """Cancel the scope, while the block runs, when the credential is over; also where it is already."""
        credential.users[scope] = None
        self._in_use[credential] = None
        if not self.honours(credential):
            self._end(credential)
        try:
            yield
        finally:
            credential.users.pop(scope, None)
            if not credential.users:
                self._in_use.pop(credential, None)

    async def run(self) -> None:
        """End what expires while it is in use, until cancelled. The clock may jump, so it is asked often."""
        while True:
            await trio.sleep(LOOK_EVERY_SECONDS)
            self.end_expired()

    def end_expired(self) -> None:
        now = self._clock.now()
        for credential in list(self._in_use):
            if credential.key.has_expired(now):
                self._end(credential)

    def _honours(self, key: ApiKey) -> bool:
        if key.revoked_at is not None or key.merchant_id in self._disabled:
            return False
        return key.ends_at is None or not key.has_expired(self._clock.now())

    def _end(self, credential: Credential) -> None:
        """Tell all users. The key itself may be honoured again, by a new credential: under another clock."""
        if self._credentials.get(credential.key.digest) is credential:
            self._credentials[credential.key.digest] = Credential(credential.key)
        credential.is_over = True
        for scope in list(credential.users):
            scope.cancel()


def _hashed(secret: bytes, text: bytes) -> str:
    return hmac.digest(secret, text, "sha256").hex()
