from collections.abc import Callable
from typing import Generic, TypeVar

from attrs import field, frozen

Subject = TypeVar("Subject")


@frozen
class Claim:
    """A merchant's `Idempotency-Key` and what was accepted under it (the IETF Idempotency-Key draft).

    `key` is a digest of the key, `fingerprint` a keyed hash of the request, both in hex: either may have been
    made of card data. `subject_id` is that of the job, or of what else was accepted. `answer` is the
    body that the caller got, and gets again, byte for byte; a secret in it is left out here.
    """

    key: str
    fingerprint: str = field(repr=False)
    subject_id: str
    answer: str = field(repr=False)


@frozen
class ClaimOnce(Generic[Subject]):
    """A key whose claim is made of what is accepted under it, once only the transaction knows that.

    `make` runs inside it, and has no effect of its own.
    """

    key: str
    make: Callable[[Subject], Claim]
