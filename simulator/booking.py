"""One effect that the bank's decision had."""

from datetime import datetime

import attrs


@attrs.frozen
class Booking:
    """One effect: the bank decided on a payment."""

    number: int
    """Counts from 1 without gaps."""
    reference: str | None
    last_four: str
    currency: str
    amount: int
    """In minor units."""
    captured_amount: int
    """In minor units; 0 when declined or only authorized."""
    authorization_code: str
    """Empty when declined."""
    decline_code: str | None
    booked_at: datetime
    """In UTC."""

    @property
    def authorized(self) -> bool:
        return self.decline_code is None
