"""Operations on the bank inside this process, and what its ledger then tells."""

import json
from typing import Any

from simulator.bank import Bank
from simulator.booking import Kind
from simulator.ledger import Ledger
from simulator.operation import Operation
from simulator.wire import statement
from tests.simulator.a_bank import ANYBODY, fields

CAPTURE, VOID, REFUND = Kind.CAPTURE, Kind.VOID, Kind.REFUND


async def operate(
    bank: Bank,
    kind: Kind,
    reference: str | None,
    amount: int | None = None,
    *,
    payment: str = "pay",
    final: bool = False,
) -> Any:
    """Operate on a payment; returns True, or the decline code."""
    answer = fields(await bank.operate(Operation(kind, payment, amount, final), reference, ANYBODY))
    return answer["accepted"] or answer["decline_code"]


async def reversal(bank: Bank, reference: str) -> bool:
    return bool(fields(await bank.reverse(reference, ANYBODY))["reversed"])


def entries(ledger: Ledger) -> list[dict[str, Any]]:
    bookings: list[dict[str, Any]] = json.loads(statement(ledger, ledger.bookings()).body)["bookings"]
    return bookings


def money(ledger: Ledger) -> int:
    """Add up the merchant's money, as whoever reads the ledger does."""
    return sum(entry["net_amount"] for entry in entries(ledger))


def held(ledger: Ledger) -> int:
    """Add up what is held on cards, as whoever reads the ledger does."""
    total = 0
    for entry in entries(ledger):
        if entry["kind"] != "payment":
            total -= entry["released_amount"]
        elif entry["authorized"] and not entry["reversed"]:
            total += entry["amount"] - entry["captured_amount"]
    return total
