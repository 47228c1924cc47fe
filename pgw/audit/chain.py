"""How an entry is sealed: a keyed hash over itself and the one before it, so that none is changed unseen.

HMAC-SHA256 (RFC 2104) under a key that is the gateway's alone and not in the database: who can write that,
but does not know the key, can make no entry, no seal, and no other order of them.
"""

import hmac

from attrs import field, frozen

FIRST_HASH = "0" * 64
"""What stands before the first entry."""

_FINGERPRINT_LETTERS = 8


@frozen
class ChainKey:
    """A key of the chain. Its fingerprint, which stands with all that it sealed, names it and tells nothing.

    What it is used for begins differently each time, so that one is never taken for another: a hash with the
    hash before it, a seal and the fingerprint with their names.
    """

    secret: bytes = field(repr=False)
    fingerprint: str = field(init=False)

    @fingerprint.default
    def _named(self) -> str:
        return self._hash("fingerprint")[:_FINGERPRINT_LETTERS]

    def hash_of(self, previous: str, number: int, payment_id: str, job_id: str, document: str) -> str:
        """Return an entry's hash, over its number, both ids behind their lengths, and its document.

        Raises `UnicodeEncodeError` for what is no Unicode; bytes that were escaped when they were read are
        taken as they were.
        """
        ids = f"{len(payment_id)} {payment_id} {len(job_id)} {job_id}"
        return self._hash(f"{previous}{number} {ids} {document}")

    def seal_of(self, number: int, newest: str) -> str:
        """Return the seal of a head, over the number and the hash of the newest entry."""
        return self._hash(f"seal {number} {newest}")

    def _hash(self, text: str) -> str:
        return hmac.digest(self.secret, text.encode("utf-8", "surrogateescape"), "sha256").hex()
