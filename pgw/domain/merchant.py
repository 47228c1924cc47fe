from enum import StrEnum

from attrs import frozen


class Scope(StrEnum):
    """What a key lets its bearer do; each route declares its own (RFC 6750, section 3)."""

    PAYMENTS_READ = "payments:read"
    PAYMENTS_WRITE = "payments:write"


@frozen
class Merchant:
    """Whose payments they are. Its key determines it; no request names one."""

    id: str
    name: str


@frozen
class ApiKey:
    """A merchant's key as it is kept: the SHA-256 digest of the key, in hex, and never the key.

    A `demo` key is known to everybody and is honoured in demo mode only.
    """

    digest: str
    merchant_id: str
    demo: bool
