"""The ledger's document, read strictly."""

from typing import Any

import pytest
from attrs import evolve

from pgw.bank.ledger_page import LedgerPage, read_page
from pgw.bank.ledger_port import LedgerEntry
from pgw.domain.job import JobType
from pgw.domain.result import Err, Ok
from tests.bank.bookings import BOOKING, CAPTURE, ENTRY, REFUND, VOID, page

_Members = dict[str, Any]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {}),
        ({"kind": "payment", "net_amount": 1000}, {}),
        ({"reference": None}, {"reference": None}),
        ({"reversed": True}, {"counts": False}),
        ({"authorized": False, "captured_amount": 0}, {"charged": 0, "held": 1050, "counts": False}),
        ({"captured_amount": 0}, {"charged": 0, "held": 1050}),
        ({"captured_amount": 2**63 - 1}, {"charged": 2**63 - 1, "held": 0}),
    ],
)
def test_a_payment_is_read_as_the_bank_tells_it(changes: _Members, expected: _Members) -> None:
    """Also by a bank that has no operations, and tells no kind."""
    assert read_page(page(BOOKING | changes)) == Ok(LedgerPage(1, [evolve(ENTRY, **expected)], 1))


NOTHING_MOVED = {"net_amount": 0, "released_amount": 0}


@pytest.mark.parametrize(
    ("booking", "kind", "charged", "held", "counts"),
    [
        (CAPTURE, JobType.CAPTURE, 500, -1050, True),
        (VOID, JobType.VOID, 0, -500, True),
        (REFUND, JobType.REFUND, -500, 0, True),
        (CAPTURE | NOTHING_MOVED | {"accepted": False, "decline_code": "x"}, JobType.CAPTURE, 0, 0, False),
        (CAPTURE | NOTHING_MOVED | {"reversed": True}, JobType.CAPTURE, 0, 0, False),
        (REFUND | {"net_amount": 1 - 2**63}, JobType.REFUND, 1 - 2**63, 0, True),
    ],
)
def test_an_operation_is_read_as_the_bank_tells_it(
    booking: _Members, kind: JobType, charged: int, held: int, counts: bool
) -> None:
    expected = LedgerEntry("ref_2", kind, "ref_1", "EUR", charged, held, counts=counts)
    assert read_page(page(booking)) == Ok(LedgerPage(1, [expected], 1))


STRANGE_KINDS: list[object] = ["chargeback", "Payment", "", None, 1, []]
STRANGE_KIND = '"kind" is no payment, capture, void or refund in its entry 1'
IS_NOT_0 = '"net_amount" or "released_amount" is not 0 where nothing was moved in its entry 1'


@pytest.mark.parametrize(
    ("booking", "problem"),
    [
        *((BOOKING | {"kind": kind}, STRANGE_KIND) for kind in STRANGE_KINDS),
        (CAPTURE | {"payment_reference": None}, '"payment_reference" is no string in its entry 1'),
        (CAPTURE | {"amount": -500}, '"amount" is no whole number in its entry 1'),
        (CAPTURE | {"net_amount": -500}, '"net_amount" is -500 of a capture in its entry 1'),
        (REFUND | {"net_amount": 500}, '"net_amount" is 500 of a refund in its entry 1'),
        (VOID | {"net_amount": 1}, '"net_amount" is 1 of a void in its entry 1'),
        (VOID | {"net_amount": True}, '"net_amount" is no whole number in its entry 1'),
        (VOID | {"net_amount": 0.0}, '"net_amount" is no whole number in its entry 1'),
        (REFUND | {"net_amount": -(2**63)}, '"net_amount" is no whole number in its entry 1'),
        (VOID | {"released_amount": -1}, '"released_amount" is no whole number in its entry 1'),
        (VOID | {"accepted": 1}, '"accepted" is neither true nor false in its entry 1'),
        (VOID | {"reversed": None}, '"reversed" is neither true nor false in its entry 1'),
        (VOID | {"currency": "eur"}, '"currency" is no ISO 4217 code in its entry 1'),
        (VOID | {"reference": 17}, '"reference" is neither a string nor null in its entry 1'),
        (CAPTURE | {"reversed": True}, IS_NOT_0),
        (REFUND | {"accepted": False}, IS_NOT_0),
        (VOID | {"accepted": False}, IS_NOT_0),
    ],
)
def test_an_operation_that_is_not_as_specified_is_refused(booking: _Members, problem: str) -> None:
    assert read_page(page(booking)) == Err(problem)


@pytest.mark.parametrize(
    "name", ["payment_reference", "currency", "amount", "accepted", "net_amount", "released_amount"]
)
def test_an_operation_with_a_member_missing_is_refused(name: str) -> None:
    """Also with a payment's in its place: `authorized` is no `accepted`."""
    booking = {member: value for member, value in CAPTURE.items() if member != name}
    said = read_page(page(booking | {"authorized": True, "captured_amount": 500}))
    assert isinstance(said, Err)
    assert f'"{name}"' in said.error


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
