"""Pay requests, right and wrong, most of them for the canary card.

The CVV is put only where no four digits may ever be shown again. A path, a request's id, a member's name and
the merchant's own texts are kept or shown as they come, and four digits in them are any four digits.
"""

from collections.abc import Callable
from random import Random
from typing import Any

from tests.fuzz.canary import CARD, CVV, SPELLINGS

APPROVED, DECLINED = "4242424242424242", "4000000000000002"
CVV_NAMES = ("cvv", "cvc", "cvv2", "securityCode", "holderName", "Cvv", "number")
ODD_VALUES: tuple[object, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1e308,
        2**53,
        2**63,
        10**18,
        10**40,
        -0.0,
        "",
        " ",
        "\0",
        "é" * 300,
        "a" * 9000,
    ),
    *(
        "٣٧٤٩",
        "\ufeff",
        "<script>",
        "'; DROP TABLE payments; --",
        [],
        {},
        [[]],
        {"": {}},
        "0",
        "1e999999",
        "NaN",
    ),
)
AMOUNTS: tuple[object, ...] = (
    10.5,
    "10.50",
    1,
    "0.01",
    999999999999,
    "1e3",
    0.1,
    "1e-2",
    0,
    -5,
    "12,50",
    1e22,
)


def order(random: Random) -> dict[str, Any]:
    """Return a pay request that is valid, more often than not for the canary card."""
    is_canary = random.random() < 0.7
    card = {
        "number": random.choice(SPELLINGS) if is_canary else random.choice((APPROVED, DECLINED)),
        "cvv": CVV if is_canary else "123",
        "expiryMonth": random.randint(1, 12),
        "expiryYear": random.randint(2031, 2060),
    }
    document: dict[str, Any] = {"amount": f"{random.randint(1, 5000)}.50", "currency": "EUR", "card": card}
    if random.random() < 0.3:
        document |= {"description": "Order 17", "reference": f"order-{random.randint(1, 99)}"}
    if random.random() < 0.2:
        document["metadata"] = {"shop": "north", "basket": "é 漢 \U0001f4b3"}
    if random.random() < 0.1:
        document["capture"] = random.random() < 0.5
    return document


def odd_order(random: Random) -> dict[str, Any]:
    """Return a pay request with up to four things done to it that are no good, or may not be."""
    document = order(random)
    for _ in range(random.randint(1, 4)):
        random.choice(CHANGES)(random, document)
    return document


def card_of(document: dict[str, Any]) -> dict[str, Any]:
    """Return the card, or what stands in for one that was spoilt."""
    card = document.get("card")
    if isinstance(card, dict):
        return card
    substitute: dict[str, Any] = {"number": CARD}
    document["shipping"] = substitute
    return substitute


def _drop(random: Random, document: dict[str, Any]) -> None:
    within = random.choice((document, card_of(document)))
    if within:
        del within[random.choice(list(within))]


def _put_odd_value(random: Random, document: dict[str, Any]) -> None:
    within = random.choice((document, card_of(document)))
    within[random.choice([*within, "extra"])] = random.choice(ODD_VALUES)


def _put_amount(random: Random, document: dict[str, Any]) -> None:
    document["amount"] = random.choice(AMOUNTS)
    document["currency"] = random.choice(("EUR", "JPY", "KWD", "eur", "XXX", "", 978, None))


def _put_card_in_text(random: Random, document: dict[str, Any]) -> None:
    text = random.choice(("%s", "card %s!", "%s.", "a%sb", "%s" * 3)).replace("%s", random.choice(SPELLINGS))
    name = random.choice(("description", "reference", "metadata", "currency", "amount", "capture", "extra"))
    # Another card's number is let pass: no one can tell it from a reference.
    card_of(document)["number"] = CARD
    document[name] = (
        {text: text} if name == "metadata" else random.choice((text, [text], {"a": [text]}, {text: 1}))
    )


def _put_card_as_name(random: Random, document: dict[str, Any]) -> None:
    random.choice((document, card_of(document)))[random.choice(SPELLINGS)] = random.choice(
        (1, CARD, {CARD: CARD})
    )


def _put_cvv_elsewhere(random: Random, document: dict[str, Any]) -> None:
    value = random.choice((CVV, int(CVV), [CVV], {"cvv": CVV}, [{"cvv": int(CVV)}]))
    random.choice((document, card_of(document)))[random.choice(CVV_NAMES)] = value


def _put_card_number_as(random: Random, document: dict[str, Any]) -> None:
    card = card_of(document)
    value = random.choice(
        (int(CARD), float(CARD), CARD[:-1], CARD + "1", [CARD], {"number": CARD}, f" {CARD}\t")
    )
    card[random.choice(("number", "cvv", "expiryMonth", "expiryYear", "holderName"))] = value


def _nest(random: Random, document: dict[str, Any]) -> None:
    value: object = {"number": CARD, "cvv": CVV}
    for _ in range(random.choice((2, 5, 30, 33, 200))):
        value = [value] if random.random() < 0.5 else {"card": value}
    document[random.choice(("card", "metadata", "extra"))] = value


CHANGES: tuple[Callable[[Random, dict[str, Any]], None], ...] = (
    *(_drop, _put_odd_value, _put_amount, _put_card_in_text, _put_card_as_name),
    *(_put_cvv_elsewhere, _put_card_number_as, _nest),
)
