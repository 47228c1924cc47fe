"""What a developer or a log shows of these values never has the number or the CVV (PCI DSS 3.3.1, 3.5.1)."""

import traceback
from collections.abc import Callable

import attrs
import pytest
import trio

from pgw.actors.mailbox import Reply
from pgw.actors.payment import SubmitPayment
from pgw.bank.port import Authorize
from pgw.domain.card import Brand, Card, CardNumber, Cvv, Expiry
from pgw.domain.money import Currency, Money
from pgw.domain.payment import PaymentOrder

NUMBER, CVV, HOLDER = "4242424242424242", "987", "Ada Lovelace"
CARD = Card(CardNumber(NUMBER, Brand.VISA), Cvv(CVV), Expiry(11, 2034), HOLDER)
ORDER = PaymentOrder(Money(1050, Currency("EUR", 2)), CARD)
AUTHORIZE = Authorize("ref_a", ORDER.amount, CARD, capture=True)


def submit_payment() -> SubmitPayment:
    return SubmitPayment("mer_a", ORDER, "req_a", Reply())


VALUES: list[object] = [
    CARD.number,
    CARD.cvv,
    CARD,
    ORDER,
    AUTHORIZE,
    attrs.evolve(CARD, expiry=Expiry(12, 2034)),
    attrs.evolve(ORDER, capture=False),
    [{"order": ORDER, "number": (CARD.number,)}],
]


def shows_nothing(text: str) -> bool:
    return NUMBER not in text and CVV not in text and HOLDER not in text and "4242" not in text


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("show", [repr, str, "{}".format, "{!r}".format, lambda value: "%s" % (value,)])  # noqa: UP031
def test_no_way_to_show_a_value_shows_its_card(show: Callable[[object], str], value: object) -> None:
    assert shows_nothing(show(value))


async def test_a_command_shows_no_card() -> None:
    await trio.lowlevel.checkpoint()
    assert shows_nothing(repr(submit_payment()))


def test_a_masked_card_shows_the_last_four_digits_and_no_more() -> None:
    assert "4242" in repr(CARD.masked)
    assert NUMBER not in repr(CARD.masked)
    assert CVV not in repr(CARD.masked)


def test_a_traceback_with_local_variables_shows_no_card() -> None:
    def fail(order: PaymentOrder, call: Authorize) -> None:
        number, cvv = order.card.number, call.card.cvv
        raise ValueError(f"cannot send {order} as {call}, {number} {cvv}")

    with pytest.raises(ValueError, match="cannot send") as failed:
        fail(ORDER, AUTHORIZE)
    shown = traceback.TracebackException.from_exception(failed.value, capture_locals=True).stack[-1:]
    assert "number = CardNumber" in "".join(traceback.StackSummary.from_list(shown).format())
    assert shows_nothing("".join(traceback.StackSummary.from_list(shown).format()) + str(failed.value))
