"""The request as the bank gets it: section 4 of the product's contract."""

import json

import pytest
import trio
from attrs import evolve

from pgw.bank.port import Authorized, LookUp, Reverse
from pgw.domain.money import Currency, Money
from tests.bank.calls import authorize, bank_at
from tests.bank.conftest import StartRawBank
from tests.bank.raw_bank import APPROVED, RawBank, Request, answer, says

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


async def test_a_look_up_and_a_reversal_name_the_reference_in_the_path_and_have_no_body(
    start_raw_bank: StartRawBank,
) -> None:
    bank = await start_raw_bank(says(answer(b"")))
    async with bank_at(bank.url + "/api").connection() as connection:
        await connection.perform(LookUp("ref_17"))
        await connection.perform(Reverse("ref_17"))
    host = (b"Host", bank.url.removeprefix("http://").encode())
    assert bank.requests == [
        Request(b"GET", b"/api/payments/ref_17", [host], b""),
        Request(b"POST", b"/api/payments/ref_17/reversals", [host, (b"Content-Length", b"0")], b""),
    ]


@pytest.mark.parametrize(
    ("reference", "path"),
    [
        ("a/b", b"/payments/a%2Fb"),
        ("a?b#c", b"/payments/a%3Fb%23c"),
        ("50%", b"/payments/50%25"),
        ("a b\r\n", b"/payments/a%20b%0D%0A"),
        ("r\u00e9f", b"/payments/r%C3%A9f"),
        ("ref_1-2.3~4", b"/payments/ref_1-2.3~4"),
    ],
)
async def test_a_reference_is_percent_encoded_in_the_path(
    reference: str, path: bytes, start_raw_bank: StartRawBank
) -> None:
    bank = await start_raw_bank(says(answer(b"")))
    async with bank_at(bank.url).connection() as connection:
        await connection.perform(LookUp(reference))
        await connection.perform(Reverse(reference))
    assert [request.target for request in bank.requests] == [path, path + b"/reversals"]


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
