"""Each form that card data can be written in is found; what is there by chance is not taken for it."""

import hashlib
import json
import sqlite3
import struct
from pathlib import Path

import pytest
from stdnum import luhn

from pgw.domain.card import Brand, CardNumber
from pgw.domain.result import Ok
from tests.fuzz.canary import CARD, CVV, GROUPED, SPELLINGS, card_sightings, cvv_sightings, forms_of

ALL_FORMS = [(spelling, form) for spelling in SPELLINGS for form in forms_of(spelling)]
# In base64 at another place than the first, four digits are too few to be told from chance.
CVV_FORMS = [form for form in forms_of(CVV) if not form.startswith("base64, ")]


def test_the_canary_is_a_card_that_is_accepted() -> None:
    assert luhn.is_valid(CARD)
    assert [Ok(CardNumber(CARD, Brand.AMERICAN_EXPRESS))] * 5 == [CardNumber.create(one) for one in SPELLINGS]


@pytest.mark.parametrize(("spelling", "form"), ALL_FORMS)
def test_a_card_number_is_found_in_each_form(spelling: str, form: str) -> None:
    noise = bytes(range(256)) * 3
    assert any(card_sightings(noise + b'"' + forms_of(spelling)[form] + b'"' + noise))


@pytest.mark.parametrize("form", CVV_FORMS)
def test_a_cvv_is_found_in_each_form(form: str) -> None:
    assert any(cvv_sightings(b'{"a":"' + forms_of(CVV)[form] + b'"}'))


@pytest.mark.parametrize(
    "leaked",
    [
        CARD[:12],
        CARD[-12:],
        CARD[1:14],
        json.dumps({"number": GROUPED[0].replace(" ", "\t")}),
        json.dumps({"number": CARD.replace("1", "1\u2013")}),
        f"number={GROUPED[0]}".replace(" ", "+"),
        f"4{CARD}5",
        repr(CARD.encode("utf-16")),
        json.dumps(CARD.encode("utf-16-le").decode("latin1")),
    ],
)
def test_parts_of_a_card_number_and_odd_spellings_are_found(leaked: str) -> None:
    assert any(card_sightings(b"x" + leaked.encode() + b"x"))


@pytest.mark.parametrize("text", [f"Cvv(digits='{CVV}')", f"cvv={CVV}&a", f"[{CVV}, 2]", f"\\n{CVV}\\n", CVV])
def test_a_cvv_is_found_as_programs_write_it(text: str) -> None:
    assert any(cvv_sightings(text.encode()))


@pytest.mark.parametrize("order", ["big", "little"])
def test_a_card_number_is_found_as_an_integer(order: str) -> None:
    assert any(card_sightings(struct.pack(">q" if order == "big" else "<q", int(CARD))))


def test_a_card_number_is_found_in_a_database_file(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("CREATE TABLE a (b)")
        connection.execute("INSERT INTO a VALUES (?)", (int(CARD),))
        connection.execute("INSERT INTO a VALUES (?)", (f"cvv {CVV}",))
    connection.close()
    data = (tmp_path / "a.db").read_bytes()
    assert ["card number in binary"] == [one.form for one in card_sightings(data)]
    assert ["CVV"] == [one.form for one in cvv_sightings(data)]


def test_what_may_be_shown_of_a_card_is_not_taken_for_it() -> None:
    shown = f"************{CARD[-4:]} {CARD[:6]} {CARD[:6]}******{CARD[-4:]} {CARD[:11]} 4242424242424242"
    assert [] == list(card_sightings(shown.encode()))


@pytest.mark.parametrize(
    "text", ["0.7391", "2027-03-17T13:27.391Z", "17391", "73910", "a7391", "7391f", "73.91"]
)
def test_digits_within_other_numbers_are_not_taken_for_a_cvv(text: str) -> None:
    assert [] == list(cvv_sightings(text.encode()))


def test_neither_is_found_by_chance_in_a_megabyte_of_digests() -> None:
    digests = b" ".join(hashlib.sha256(struct.pack("<q", one)).hexdigest().encode() for one in range(16_000))
    noise = b"".join(hashlib.sha256(struct.pack("<q", one)).digest() for one in range(32_000))
    assert [] == [*cvv_sightings(digests + noise), *card_sightings(digests + noise)]
