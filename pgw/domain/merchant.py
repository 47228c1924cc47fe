from datetime import datetime
from enum import StrEnum

from attrs import frozen


class Scope(StrEnum):
    """What a key lets its bearer do; each route declares its own (RFC 6750, section 3)."""

    PAYMENTS_READ = "payments:read"
    PAYMENTS_WRITE = "payments:write"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"


@frozen
class Merchant:
    """Whose payments they are. Its key determines it; no request names one.

    While it is disabled none of its keys is honoured; payments that were accepted go on to their end.
    """

    id: str
    name: str
    created_at: datetime
    disabled_at: datetime | None = None
