"""The ledger's document, read strictly."""

import pytest

from pgw.bank.ledger_page import LedgerPage, read_page
from pgw.bank.ledger_port import LedgerEntry
from pgw.domain.result import Err, Ok
from tests.bank.bookings import BOOKING, ENTRY, page


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ENTRY),
        ({"reference": None}, LedgerEntry(None, "EUR", 1050, 1000, authorized=True, reversed=False)),
        ({"reversed": True}, LedgerEntry("ref_1", "EUR", 1050, 1000, authorized=True, reversed=True)),
        (
            {"authorized": False, "captured_amount": 0},
            LedgerEntry("ref_1", "EUR", 1050, 0, authorized=False, reversed=False),
        ),
        (
            {"captured_amount": 2**63 - 1},
            LedgerEntry("ref_1", "EUR", 1050, 2**63 - 1, authorized=True, reversed=False),
        ),
    ],
)
def test_a_booking_is_read_as_the_bank_tells_it(changes: dict[str, object], expected: LedgerEntry) -> None:
    assert read_page(page(BOOKING | changes)) == Ok(LedgerPage(1, [expected], 1))


def test_a_bank_that_reverses_nothing_need_not_say_so() -> None:
    booking = {name: value for name, value in BOOKING.items() if name != "reversed"}
    assert read_page(page(booking)) == Ok(LedgerPage(1, [ENTRY], 1))


def test_a_page_knows_the_number_to_go_on_from() -> None:
    bookings = [BOOKING | {"booking": number} for number in (8, 9, 12)]
    assert read_page(page(*bookings, count=20), after=7) == Ok(LedgerPage(20, [ENTRY] * 3, 12))
    assert read_page(page(count=20), after=20) == Ok(LedgerPage(20, [], 20))


NO_DOCUMENT = Err("it is not a JSON object of bookings and their count")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html></html>",
        b"[]",
        b"{}",
        b'{"bookings":[]}',
        b'{"count":0}',
        b'{"count":0,"bookings":{}}',
        b'{"count":0,"bookings":null}',
        b'{"count":true,"bookings":[]}',
        b'{"count":0.0,"bookings":[]}',
        b'{"count":-1,"bookings":[]}',
        b'{"count":"0","bookings":[]}',
        b'{"count":0,"count":0,"bookings":[]}',
        b'{"count":0,"bookings":[',
        b'{"count":0,"bookings":[NaN]}',
        b'{"count":%s,"bookings":[]}' % (b"9" * 5000),
    ],
)
def test_what_is_no_ledger_is_refused(body: bytes) -> None:
    assert read_page(body) == NO_DOCUMENT


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"booking": 0}, '"booking" is 0 after 0 in its entry 1'),
        ({"booking": True}, '"booking" is no whole number in its entry 1'),
        ({"booking": "1"}, '"booking" is no whole number in its entry 1'),
        ({"booking": None}, '"booking" is no whole number in its entry 1'),
        ({"reference": 17}, '"reference" is neither a string nor null in its entry 1'),
        ({"currency": "eur"}, '"currency" is no ISO 4217 code in its entry 1'),
        ({"currency": "EURO"}, '"currency" is no ISO 4217 code in its entry 1'),
        ({"currency": "EUR\n"}, '"currency" is no ISO 4217 code in its entry 1'),
        ({"currency": None}, '"currency" is no ISO 4217 code in its entry 1'),
        ({"amount": 10.5}, '"amount" is no whole number in its entry 1'),
        ({"amount": 1050.0}, '"amount" is no whole number in its entry 1'),
        ({"amount": "1050"}, '"amount" is no whole number in its entry 1'),
        ({"amount": True}, '"amount" is no whole number in its entry 1'),
        ({"amount": -1}, '"amount" is no whole number in its entry 1'),
        ({"amount": None}, '"amount" is no whole number in its entry 1'),
        ({"captured_amount": 2**63}, '"captured_amount" is no whole number in its entry 1'),
        ({"captured_amount": False}, '"captured_amount" is no whole number in its entry 1'),
        ({"authorized": 1}, '"authorized" is neither true nor false in its entry 1'),
        ({"authorized": None}, '"authorized" is neither true nor false in its entry 1'),
        ({"reversed": 0}, '"reversed" is neither true nor false in its entry 1'),
        ({"reversed": None}, '"reversed" is neither true nor false in its entry 1'),
    ],
)
def test_a_booking_that_is_not_as_specified_is_refused(changes: dict[str, object], problem: str) -> None:
    assert read_page(page(BOOKING | changes)) == Err(problem)


@pytest.mark.parametrize("name", ["booking", "currency", "amount", "captured_amount", "authorized"])
def test_a_booking_with_a_member_missing_is_refused(name: str) -> None:
    booking = {member: value for member, value in BOOKING.items() if member != name}
    said = read_page(page(booking))
    assert isinstance(said, Err)
    assert f'"{name}"' in said.error


@pytest.mark.parametrize(
    ("numbers", "problem"),
    [
        ([8, 8], '"booking" is 8 after 8 in its entry 2'),
        ([9, 8], '"booking" is 8 after 9 in its entry 2'),
        ([7, 8], '"booking" is 7 after 7 in its entry 1'),
    ],
)
def test_no_booking_is_read_twice(numbers: list[int], problem: str) -> None:
    bookings = [BOOKING | {"booking": number} for number in numbers]
    assert read_page(page(*bookings, count=20), after=7) == Err(problem)


def test_an_entry_that_is_no_object_and_more_entries_than_counted_are_refused() -> None:
    assert read_page(page(BOOKING, ["x"])) == Err("there is no object in its entry 2")
    assert read_page(page(BOOKING, count=0)) == Err("it has 1 bookings and counts 0")
