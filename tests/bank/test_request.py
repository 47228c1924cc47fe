"""The request as the bank gets it: section 4 of the product's contract."""

import json

import pytest
import trio
from attrs import evolve

from pgw.bank.port import Authorized
from pgw.domain.money import Currency, Money
from tests.bank.calls import authorize, bank_at
from tests.bank.conftest import StartRawBank
from tests.bank.raw_bank import APPROVED, RawBank, answer, says

SAYS_YES = says(answer(APPROVED))


async def test_the_request_is_exactly_the_contracts(start_raw_bank: StartRawBank) -> None:
    bank = await start_raw_bank(SAYS_YES)
    async with bank_at(bank.url).connection() as connection:
        await connection.perform(authorize("ref_17"))
    [request] = bank.requests
    assert (request.method, request.target) == (b"POST", b"/payments")
    assert json.loads(request.body) == {
        "card_number": "4242424242424242",
        "expiry_date": "03/2090",
        "currency": "EUR",
        "amount": 1050,
        "cvv": "123",
    }
    assert dict(request.headers) == {
        b"Host": bank.url.removeprefix("http://").encode(),
        b"Content-Type": b"application/json",
        b"Content-Length": b"%d" % len(request.body),
        b"Idempotency-Key": b"ref_17",
    }


@pytest.mark.parametrize(("capture", "expected"), [(True, {}), (False, {"capture": False})])
async def test_capture_is_sent_only_where_it_is_false(
    capture: bool, expected: dict[str, bool], start_raw_bank: StartRawBank
) -> None:
    bank = await start_raw_bank(SAYS_YES)
    async with bank_at(bank.url).connection() as connection:
        await connection.perform(authorize(capture=capture))
    document = json.loads(bank.requests[0].body)
    assert {name: value for name, value in document.items() if name == "capture"} == expected


@pytest.mark.parametrize(
    ("code", "exponent", "minor_units"), [("JPY", 0, 17), ("KWD", 3, 1), ("EUR", 2, 999_999_999_999)]
)
async def test_amounts_are_integers_of_minor_units(
    code: str, exponent: int, minor_units: int, start_raw_bank: StartRawBank
) -> None:
    bank = await start_raw_bank(SAYS_YES)
    call = evolve(authorize(), amount=Money(minor_units, Currency(code, exponent)))
    async with bank_at(bank.url).connection() as connection:
        await connection.perform(call)
    document = json.loads(bank.requests[0].body)
    assert (document["amount"], document["currency"]) == (minor_units, code)


@pytest.mark.parametrize(
    ("path", "target"),
    [("", b"/payments"), ("/", b"/payments"), ("/api/v2", b"/api/v2/payments"), ("/api/", b"/api/payments")],
)
async def test_a_banks_url_may_have_a_path(path: str, target: bytes, start_raw_bank: StartRawBank) -> None:
    bank = await start_raw_bank(SAYS_YES)
    async with bank_at(bank.url + path).connection() as connection:
        assert await connection.perform(authorize()) == Authorized("code-1")
    assert bank.requests[0].target == target


async def test_a_bank_may_be_at_an_ipv6_address(nursery: trio.Nursery) -> None:
    try:
        [listener] = await trio.open_tcp_listeners(0, host="::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    bank = RawBank(SAYS_YES)
    nursery.start_soon(trio.serve_listeners, bank.serve, [listener])
    host = f"[::1]:{listener.socket.getsockname()[1]}"
    async with bank_at(f"http://{host}/api").connection() as connection:
        assert await connection.perform(authorize()) == Authorized("code-1")
    assert dict(bank.requests[0].headers)[b"Host"] == host.encode()


async def test_the_card_is_in_no_repr() -> None:
    shown = repr(authorize("ref_17"))
    assert "ref_17" in shown
    assert "4242424242424242" not in shown
    assert "123" not in shown
