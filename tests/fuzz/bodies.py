"""Bodies of requests, right and wrong, most with card data in them.

The CVV is put only where no four digits may ever be shown again. A path, a request's id, a member's name and
the merchant's own texts are kept or shown as they come, and four digits in them are any four digits.
"""

import gzip
import json
from collections.abc import Callable
from random import Random
from typing import Any

from tests.fuzz.canary import CARD, CVV, GROUPED, SPELLINGS

BOUNDARY = "pgw-fuzz"
APPROVED, DECLINED = "4242424242424242", "4000000000000002"
CVV_NAMES = ("cvv", "cvc", "cvv2", "securityCode", "holderName", "Cvv", "number")
ODD_VALUES: tuple[object, ...] = (
    *(None, True, False, 0, -1, 1e308, 2**53, 2**63, 10**18, 10**40, -0.0, "", " ", "\0", "é" * 300, "a" * 9000),
    *("٣٧٤٩", "\ufeff", "<script>", "'; DROP TABLE payments; --", [], {}, [[]], {"": {}}, "0", "1e999999", "NaN"),
)
AMOUNTS: tuple[object, ...] = (10.5, "10.50", 1, "0.01", 999999999999, "1e3", 0.1, "1e-2", 0, -5, "12,50", 1e22)


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


def _card(document: dict[str, Any]) -> dict[str, Any]:
    """Return the card, or what stands in for one that was spoilt."""
    card = document.get("card")
    if isinstance(card, dict):
        return card
    substitute: dict[str, Any] = {"number": CARD}
    document["shipping"] = substitute
    return substitute


def _drop(random: Random, document: dict[str, Any]) -> None:
    within = random.choice((document, _card(document)))
    if within:
        del within[random.choice(list(within))]


def _put_odd_value(random: Random, document: dict[str, Any]) -> None:
    within = random.choice((document, _card(document)))
    within[random.choice([*within, "extra"])] = random.choice(ODD_VALUES)


def _put_amount(random: Random, document: dict[str, Any]) -> None:
    document["amount"] = random.choice(AMOUNTS)
    document["currency"] = random.choice(("EUR", "JPY", "KWD", "eur", "XXX", "", 978, None))


def _put_card_in_text(random: Random, document: dict[str, Any]) -> None:
    text = random.choice(("%s", "card %s!", "%s.", "a%sb", "%s" * 3)).replace("%s", random.choice(SPELLINGS))
    name = random.choice(("description", "reference", "metadata", "currency", "amount", "capture", "extra"))
    # Another card's number is let pass: no one can tell it from a reference.
    _card(document)["number"] = CARD
    document[name] = {text: text} if name == "metadata" else random.choice((text, [text], {"a": [text]}, {text: 1}))


def _put_card_as_name(random: Random, document: dict[str, Any]) -> None:
    random.choice((document, _card(document)))[random.choice(SPELLINGS)] = random.choice((1, CARD, {CARD: CARD}))


def _put_cvv_elsewhere(random: Random, document: dict[str, Any]) -> None:
    value = random.choice((CVV, int(CVV), [CVV], {"cvv": CVV}, [{"cvv": int(CVV)}]))
    random.choice((document, _card(document)))[random.choice(CVV_NAMES)] = value


def _put_card_number_as(random: Random, document: dict[str, Any]) -> None:
    card = _card(document)
    value = random.choice((int(CARD), float(CARD), CARD[:-1], CARD + "1", [CARD], {"number": CARD}, f" {CARD}\t"))
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


def body(random: Random) -> tuple[bytes, bytes]:
    """Return a body and the media type that it is sent as."""
    return random.choices(KINDS, WEIGHTS)[0](random)


def _valid(random: Random) -> tuple[bytes, bytes]:
    return json.dumps(order(random)).encode(), b"application/json"


def _odd(random: Random) -> tuple[bytes, bytes]:
    text = json.dumps(odd_order(random), ensure_ascii=random.random() < 0.5)
    return text.encode(), random.choice((b"application/json", b"application/json; charset=UTF-8"))


def _odd_text(random: Random) -> tuple[bytes, bytes]:
    """Return what is nearly JSON: cut off, doubled, with members twice, in other encodings."""
    text = json.dumps(order(random))
    half = random.randrange(len(text))
    pieces = (
        *(text[:half].encode(), (text * 2).encode(), text[:-1].encode() + f',"{CARD}":1,"{CARD}":{CARD}}}'.encode()),
        *(b"\xef\xbb\xbf" + text.encode(), text.encode("utf-16"), text.encode("utf-16-le"), text.encode("utf-32")),
        *(b"[" * random.choice((20, 1000, 30_000)), b'{"card":' * 5000, b'{"a":1' + b"0" * 20_000 + b"}"),
        *(text.replace('"card"', '"\\ud800"').encode(), text.replace("10", "NaN").encode(), b"", b"null", b'""'),
        *(f'"{CARD}"'.encode(), f"[{CARD}]".encode(), CARD.encode(), f"{CARD}.{CVV}e5".encode(), b"\0" * 50),
        *(text.encode()[:half] + b"\xff" + CARD.encode() + b"\xfe", b"\xc3\x28" + text.encode()),
        gzip.compress(text.encode(), mtime=0),
    )
    return random.choice(pieces), random.choice((b"application/json", b"application/json;charset=utf-16"))


def _form(random: Random) -> tuple[bytes, bytes]:
    number = random.choice(SPELLINGS).replace(" ", "+")
    fields = f"card[number]={number}&cvv={CVV}&amount=10.50&{number}={CVV}"
    return fields.encode(), b"application/x-www-form-urlencoded"


def _multipart(random: Random) -> tuple[bytes, bytes]:
    parts = "".join(
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; name={name!r}; filename={CARD!r}\r\n\r\n{value}\r\n"
        for name, value in (("number", random.choice(GROUPED)), ("cvv", CVV), (CARD, CVV))
    )
    end = random.choice((f"--{BOUNDARY}--\r\n", "", f"--{BOUNDARY}"))
    return f"{parts}{end}".encode(), f"multipart/form-data; boundary={BOUNDARY}".encode()


def _large(random: Random) -> tuple[bytes, bytes]:
    size = random.choice((60_000, 65_535, 65_536, 65_537, 90_000))
    text = json.dumps(order(random) | {"extra": ""})
    return text.replace('"extra": ""', f'"extra": "{CARD}{"a" * size}"').encode(), b"application/json"


def _with_wrong_type(random: Random) -> tuple[bytes, bytes]:
    content, _ = _valid(random)
    kinds = (b"", b"text/plain", b"application/xml", b"application/jsonx", b"json", b"a/b; c=" + CARD.encode())
    return content, random.choice(kinds)


KINDS: tuple[Callable[[Random], tuple[bytes, bytes]], ...] = (
    *(_valid, _odd, _odd_text, _form, _multipart, _large, _with_wrong_type),
)
WEIGHTS = (30, 40, 14, 3, 3, 2, 4)
