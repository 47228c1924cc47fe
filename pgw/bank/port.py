"""What the gateway asks of a bank, and the closed union of what it can learn.

A call is one kind of request to the bank; `Authorize` is the first. Looking up and reversing a reference,
and the operations on an authorization, join `Call` with answers of their own.
"""

from contextlib import AbstractAsyncContextManager
from enum import StrEnum
from typing import Protocol

from attrs import field, frozen

from pgw.domain.card import Card
from pgw.domain.money import Money


class BankFeature(StrEnum):
    """What a bank offers beside authorizing a payment."""

    CAPTURE_LATER = "capture-later"


@frozen
class Authorize:
    """Take the money, or reserve it where `capture` is false.

    `reference` is ours, unique for each attempt and the same at every try of it.
    """

    reference: str
    amount: Money
    card: Card = field(repr=False)
    capture: bool


Call = Authorize


@frozen
class Authorized:
    """The bank said yes."""

    authorization_code: str


@frozen
class Declined:
    """The bank said no."""

    decline_code: str


@frozen
class Rejected:
    """The bank refused the request as malformed; it took nothing."""


@frozen
class NotSent:
    """No byte of the request left."""

    reason: str


@frozen
class NotProcessed:
    """The bank said that it did not process the request (503)."""


@frozen
class Doubtful:
    """Anything else: the request may have taken effect, now or later."""

    reason: str


Answer = Authorized | Declined | Rejected | NotSent | NotProcessed | Doubtful


class BankConnection(Protocol):
    """One kept-alive connection to a bank, for one call at a time."""

    async def perform(self, call: Call) -> Answer:
        """Perform a call within the connector's time limits, connecting first where need be.

        Never raises for what a bank or a network does. A call that is cancelled closes the connection, so
        that its answer is never read by the next.
        """


class BankConnector(Protocol):
    """A bank that can be reached."""

    @property
    def name(self) -> str:
        """The bank's name, which a payment remembers."""

    @property
    def features(self) -> frozenset[BankFeature]:
        """What this bank offers."""

    def connection(self) -> AbstractAsyncContextManager[BankConnection]:
        """Own a connection, which is closed at the end of the block."""
