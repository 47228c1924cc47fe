"""What the gateway asks of a bank, and the closed unions of what it can learn.

A call is one kind of request to the bank: `Authorize`, `Capture` and `Refund` move money, `Void` lets it be;
`LookUp` and `Reverse` settle what became of one whose answer was lost.
"""

from contextlib import AbstractAsyncContextManager
from enum import StrEnum
from typing import Protocol

from attrs import field, frozen

from pgw.domain.card import Card
from pgw.domain.decline import DeclineCode, listed
from pgw.domain.money import Money


class BankFeature(StrEnum):
    """What a bank offers beside authorizing a payment.

    One that offers to name the reference has its connections used again only after answers that do: another
    could not be told from a second answer to the call before. One that does not is trusted to answer once.
    """

    CAPTURE_LATER = "capture-later"  # and voids what is not to be captured
    REFUND = "refund"
    LOOK_UP = "look-up"
    REVERSE = "reverse"
    NAME_REFERENCE = "name-reference"


@frozen
class Authorize:
    """Take the money, or reserve it where `capture` is false.

    `reference` is ours, unique for each attempt and the same at every try of it.
    """

    reference: str
    amount: Money
    card: Card = field(repr=False)
    capture: bool


@frozen
class Capture:
    """Take so much of what was reserved under `payment_reference`; a final one frees what is left of it."""

    reference: str
    payment_reference: str
    amount: Money
    is_final: bool


@frozen
class Void:
    """Free what was reserved under `payment_reference`, of which nothing was taken."""

    reference: str
    payment_reference: str


@frozen
class Refund:
    """Give back so much of what was taken under `payment_reference`."""

    reference: str
    payment_reference: str
    amount: Money


@frozen
class LookUp:
    """Tell what became of the request under this reference. It changes nothing."""

    reference: str
    is_operation: bool = False
    """Whether it is a capture's, a void's or a refund's, to which there is another answer."""


@frozen
class Reverse:
    """Let the request under this reference not count: neither now nor, should it arrive late, ever."""

    reference: str


Operation = Capture | Void | Refund
Call = Authorize | Operation | LookUp | Reverse


@frozen
class Authorized:
    """The bank said yes."""

    authorization_code: str


@frozen
class Accepted:
    """The bank said yes to a capture, a void or a refund."""


@frozen
class Declined:
    """The bank said no; `bank_code` is its own word for why, where that is another than ours."""

    decline_code: DeclineCode = field(converter=listed)
    bank_code: str | None = None


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


@frozen
class Pending:
    """The bank has the request and has not decided."""


@frozen
class NeverSeen:
    """The bank has not seen the request; it may still arrive."""


@frozen
class Reversed:
    """The request does not count, and will not if it arrives late."""


@frozen
class NotReversible:
    """The bank says that it cannot reverse the request."""


NoAnswer = NotSent | NotProcessed | Doubtful
Authorization = Authorized | Declined | Rejected | NoAnswer
OperationAnswer = Accepted | Declined | Rejected | NoAnswer
Finding = Authorized | Accepted | Declined | Pending | NeverSeen | Reversed | NoAnswer
Reversal = Reversed | NotReversible | NoAnswer
Answer = Authorization | OperationAnswer | Finding | Reversal


class BankConnection(Protocol):
    """One kept-alive connection to a bank, for one call at a time."""

    async def perform(self, call: Call) -> Answer:
        """Perform a call within the connector's time limits, connecting first where need be.

        Answers `Authorize` with an `Authorization`, an operation with an `OperationAnswer`, `LookUp` with a
        `Finding`, `Reverse` with a `Reversal`.
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
