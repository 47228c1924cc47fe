from attrs import field, frozen


@frozen
class Claim:
    """A merchant's `Idempotency-Key` and what was accepted under it (the IETF Idempotency-Key draft).

    `key` is a digest of the key, `fingerprint` a keyed hash of the request, both in hex: either may have been
    made of card data. `answer` is the body that the caller got, and gets again, byte for byte.
    """

    key: str
    fingerprint: str = field(repr=False)
    job_id: str
    answer: str = field(repr=False)
