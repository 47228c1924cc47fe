import hmac
from collections.abc import Iterable, Mapping
from hashlib import sha256

from pgw.domain.merchant import ApiKey


def digest_of(key: str) -> str:
    """Return what is kept of a key: keys are long and random, so one SHA-256 is enough."""
    return sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


class KeyRing:
    """Tells whose key a request carries. Keys of demo merchants are honoured in demo mode only."""

    def __init__(self, keys: Iterable[ApiKey], *, demo: bool) -> None:
        self._keys: Mapping[str, ApiKey] = {key.digest: key for key in keys if demo or not key.demo}

    def merchant_of(self, authorization: str | None) -> str | None:
        """Return the id of the merchant whose `Bearer` key this is (RFC 6750), in time that tells nothing."""
        scheme, _, key = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        digest = digest_of(key.strip())
        found = self._keys.get(digest)
        if found is None or not hmac.compare_digest(found.digest, digest):
            return None
        return found.merchant_id
