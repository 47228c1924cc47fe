from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from pgw.bank.port import BankFeature
from pgw.domain.result import Err, Ok
from pgw.http.payments.order import read_order


@pytest.fixture
def pay_request() -> dict[str, Any]:
    """A valid one, to be spoiled."""
    return {
        "amount": "10.50",
        "currency": "EUR",
        "card": {
            "number": "4242 4242 4242 4242",
            "cvv": "123",
            "expiryMonth": 11,
            "expiryYear": 2034,
            "holderName": "Ada",
        },
        "description": "Order 17",
        "reference": "order-17",
        "capture": True,
        "metadata": {"cart": "9"},
    }


@pytest.fixture
def refusals() -> Callable[[dict[str, Any]], list[tuple[str, str]]]:
    """Code and pointer of all that is wrong with a request."""

    def read(document: dict[str, Any]) -> list[tuple[str, str]]:
        match read_order(document, datetime(2026, 6, 15, tzinfo=UTC), frozenset(BankFeature)):
            case Err(invalid):
                return [(one.code, one.pointer) for one in invalid]
            case Ok():
                return []

    return read
