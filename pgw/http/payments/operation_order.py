"""Reads what is asked of a payment. What is not exactly understood is refused, never guessed."""

from collections.abc import Mapping
from typing import Any

from pgw.domain.errors import Invalid
from pgw.domain.money import Money
from pgw.domain.operation import CaptureOrder, RefundOrder, VoidOrder
from pgw.domain.payment import Payment
from pgw.domain.result import Err, Ok, Result
from pgw.http.documents import unknown_members
from pgw.http.members import InvalidMembers

LONGEST_REASON = 255


def read_capture(document: Mapping[str, Any], payment: Payment) -> Result[CaptureOrder, list[Invalid]]:
    """Read a capture of this payment, all that is left of it where no amount is named."""
    problems = InvalidMembers()
    amount = _amount(document, payment, problems)
    is_final = document.get("final", False)
    if not isinstance(is_final, bool):
        problems.add("#/final", "This member must be true or false.")
    problems.found += unknown_members(document, ("amount", "final"))
    return Err(problems.found) if problems.found else Ok(CaptureOrder(amount, is_final))


def read_void(document: Mapping[str, Any], _payment: Payment) -> Result[VoidOrder, list[Invalid]]:
    """Read a void, of which there is nothing to say."""
    unknown = unknown_members(document, ())
    return Err(unknown) if unknown else Ok(VoidOrder())


def read_refund(document: Mapping[str, Any], payment: Payment) -> Result[RefundOrder, list[Invalid]]:
    """Read a refund of this payment, all that is left of it where no amount is named."""
    problems = InvalidMembers()
    amount = _amount(document, payment, problems)
    reason = problems.text(document, "reason", LONGEST_REASON)
    problems.keep_card_out(reason, "#/reason")
    problems.found += unknown_members(document, ("amount", "reason"))
    return Err(problems.found) if problems.found else Ok(RefundOrder(amount, reason))


def _amount(document: Mapping[str, Any], payment: Payment, problems: InvalidMembers) -> int | None:
    """Return the amount in minor units of the payment's currency, None for all that is left."""
    if "amount" not in document:
        return None
    amount = problems.take(Money.create(document["amount"], payment.amount.currency), "#/amount")
    return None if amount is None else amount.minor_units
