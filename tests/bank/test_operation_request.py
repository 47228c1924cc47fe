"""What leaves for the bank to capture, to void and to refund, byte for byte."""

import pytest
from attrs import evolve

from pgw.bank.port import Call, LookUp
from pgw.domain.money import Currency, Money
from tests.bank.calls import bank_at, capture, refund, void
from tests.bank.conftest import StartRawBank
from tests.bank.raw_bank import Request, answer, says

SAYS_YES = says(answer(b'{"accepted":true}'))
KEY = (b"Idempotency-Key", b"ref_17")
JSON = (b"Content-Type", b"application/json")


def length(body: bytes) -> tuple[bytes, bytes]:
    return b"Content-Length", b"%d" % len(body)


async def sent(call: Call, start_raw_bank: StartRawBank, path: str = "") -> tuple[Request, bytes]:
    """Return the request, and the host that it names."""
    bank = await start_raw_bank(SAYS_YES)
    async with bank_at(bank.url + path).connection() as connection:
        await connection.perform(call)
    [request] = bank.requests
    return request, bank.url.removeprefix("http://").encode()


@pytest.mark.parametrize(
    ("call", "target", "body"),
    [
        (capture("ref_17", amount=500), b"captures", b'{"amount": 500}'),
        (capture("ref_17", amount=500, is_final=True), b"captures", b'{"amount": 500, "final": true}'),
        (refund("ref_17", amount=1), b"refunds", b'{"amount": 1}'),
    ],
)
async def test_a_capture_and_a_refund_name_their_payment_their_own_reference_and_the_amount(
    call: Call, target: bytes, body: bytes, start_raw_bank: StartRawBank
) -> None:
    request, host = await sent(call, start_raw_bank)
    headers = [(b"Host", host), JSON, length(body), KEY]
    assert Request(b"POST", b"/payments/ref_0/" + target, headers, body) == request


async def test_a_void_names_its_payment_and_its_own_reference_and_has_no_body(
    start_raw_bank: StartRawBank,
) -> None:
    request, host = await sent(void("ref_17"), start_raw_bank, "/api")
    headers = [(b"Host", host), length(b""), KEY]
    assert Request(b"POST", b"/api/payments/ref_0/voids", headers, b"") == request


async def test_an_operation_is_looked_up_under_its_own_reference_as_a_payment_is(
    start_raw_bank: StartRawBank,
) -> None:
    request, host = await sent(LookUp("ref_17", is_operation=True), start_raw_bank)
    assert Request(b"GET", b"/payments/ref_17", [(b"Host", host)], b"") == request


@pytest.mark.parametrize(
    ("code", "exponent", "minor_units"), [("JPY", 0, 17), ("KWD", 3, 1), ("EUR", 2, 999_999_999_999)]
)
async def test_amounts_are_integers_of_minor_units(
    code: str, exponent: int, minor_units: int, start_raw_bank: StartRawBank
) -> None:
    money = Money(minor_units, Currency(code, exponent))
    for call in (evolve(capture(), amount=money), evolve(refund(), amount=money)):
        request, _ = await sent(call, start_raw_bank)
        assert b'{"amount": %d}' % minor_units == request.body


@pytest.mark.parametrize(
    ("of", "path"), [("a/b", b"a%2Fb"), ("a?b#c", b"a%3Fb%23c"), ("a b\r\n", b"a%20b%0D%0A")]
)
async def test_the_payments_reference_is_percent_encoded_in_the_path(
    of: str, path: bytes, start_raw_bank: StartRawBank
) -> None:
    targets = [
        (await sent(call, start_raw_bank))[0].target for call in (capture(of=of), void(of=of), refund(of=of))
    ]
    assert [b"/payments/%s/%s" % (path, what) for what in (b"captures", b"voids", b"refunds")] == targets
