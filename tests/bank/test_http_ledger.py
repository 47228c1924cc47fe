"""The ledger over HTTP: of the real simulator, and of banks that misbehave."""

import socket
import ssl
from contextlib import aclosing
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import trio
from attrs import evolve

from pgw.bank.http_ledger import LARGEST_PAGE_BYTES, HttpLedger
from pgw.bank.ledger_port import BankLedger, LedgerEntry, LedgerUnavailable
from pgw.bank.network import TcpNetwork
from pgw.bank.port import Reverse
from tests.bank.bookings import BOOKING, ENTRY, page
from tests.bank.calls import authorize, bank_at
from tests.bank.conftest import Simulator, StartRawBank, StartSimulator, StartTlsBank
from tests.bank.raw_bank import Conversation, Script, answer, hangs, says, says_and_closes


def ledger_at(url: str, **changes: Any) -> HttpLedger:
    return HttpLedger(url, TcpNetwork(), **changes)


async def all_of(ledger: BankLedger) -> list[LedgerEntry]:
    with trio.fail_after(10):
        return [entry async for page in ledger.pages() for entry in page]


def has_booked(number: int) -> Script:
    """Answer as a bank with so many bookings does, `after` and `limit` honoured."""

    async def script(conversation: Conversation) -> None:
        query = parse_qs(urlsplit(conversation.request.target.decode()).query)
        [after], [limit] = query["after"], query["limit"]
        numbers = range(int(after) + 1, min(int(after) + int(limit), number) + 1)
        bookings = [BOOKING | {"booking": one, "reference": f"ref_{one}"} for one in numbers]
        await conversation.say(answer(page(*bookings, count=number)))

    return script


async def test_every_booking_of_the_simulator_is_read_as_it_stands(start_simulator: StartSimulator) -> None:
    simulator = start_simulator()
    async with bank_at(simulator.url).connection() as connection:
        for call in (
            authorize("charged"),
            authorize("reserved", capture=False),
            authorize("declined", card_number="4000000000000002"),
            authorize("undone"),
            Reverse("undone"),
            Reverse("never-seen"),
        ):
            await connection.perform(call)
    ledger = ledger_at(simulator.url)
    expected = [
        evolve(ENTRY, reference="charged", charged=1050, held=0),
        evolve(ENTRY, reference="reserved", charged=0, held=1050),
        evolve(ENTRY, reference="declined", charged=0, held=1050, counts=False),
        evolve(ENTRY, reference="undone", charged=1050, held=0, counts=False),
    ]
    assert await all_of(ledger) == expected
    assert [list(await ledger.entries_of(entry.reference or "")) for entry in expected] == [
        [entry] for entry in expected
    ]
    assert list(await ledger.entries_of("never-seen")) == []


async def test_a_ledger_of_thousands_is_read_to_its_end(start_simulator: StartSimulator) -> None:
    simulator = start_simulator("--profile", "parity")
    body = {"card_number": "4242424242424243", "expiry_date": "03/2090", "currency": "EUR", "cvv": "123"}
    async with httpx.AsyncClient() as client:
        for number in range(1, 1_002):
            await client.post(f"{simulator.url}/payments", json=body | {"amount": number})
    pages = [page async for page in ledger_at(simulator.url).pages()]
    assert [len(page) for page in pages] == [1000, 1]
    assert [entry.charged for page in pages for entry in page] == list(range(1, 1_002))


async def test_an_empty_ledger_has_no_entry(start_simulator: StartSimulator) -> None:
    assert await all_of(ledger_at(start_simulator().url)) == []


@pytest.mark.parametrize("number", [1, 999, 1000, 1001, 2000])
async def test_no_page_is_asked_for_in_vain(number: int, start_raw_bank: StartRawBank) -> None:
    bank = await start_raw_bank(has_booked(number))
    assert len(await all_of(ledger_at(bank.url))) == number
    assert len(bank.requests) == -(-number // 1000)


async def test_the_requests_are_the_contracts(start_raw_bank: StartRawBank) -> None:
    bank = await start_raw_bank(has_booked(1001))
    await all_of(ledger_at(bank.url + "/api"))
    bank.script = says(answer(page()))
    await ledger_at(bank.url).entries_of("a b+c&d=é")
    assert [(request.method, request.target) for request in bank.requests] == [
        (b"GET", b"/api/ledger?after=0&limit=1000"),
        (b"GET", b"/api/ledger?after=1000&limit=1000"),
        (b"GET", b"/ledger?reference=a%20b%2Bc%26d%3D%C3%A9"),
    ]


async def test_a_reference_with_signs_in_it_is_found_at_the_simulator(simulator: Simulator) -> None:
    reference = "ledger/a+b&c=%41"
    async with bank_at(simulator.url).connection() as connection:
        await connection.perform(authorize(reference))
    [entry] = await ledger_at(simulator.url).entries_of(reference)
    assert entry.reference == reference


async def test_a_bank_that_gives_fewer_at_once_is_asked_on(start_raw_bank: StartRawBank) -> None:
    async def gives_two(conversation: Conversation) -> None:
        after = int(parse_qs(urlsplit(conversation.request.target.decode()).query)["after"][0])
        bookings = [BOOKING | {"booking": one} for one in range(after + 1, min(after + 2, 5) + 1)]
        await conversation.say(answer(page(*bookings, count=5)))

    bank = await start_raw_bank(gives_two)
    assert await all_of(ledger_at(bank.url)) == [ENTRY] * 5


async def test_a_bank_that_books_faster_than_it_is_read_is_read_to_where_it_stood(
    start_raw_bank: StartRawBank,
) -> None:
    async def books_on(conversation: Conversation) -> None:
        await has_booked(1000 * (conversation.number + 1))(conversation)

    bank = await start_raw_bank(books_on)
    assert len(await all_of(ledger_at(bank.url))) == 2000
    assert len(bank.requests) == 2


@pytest.mark.parametrize(
    "limit_reached", [pytest.param(3, id="some are missing"), pytest.param(0, id="all are missing")]
)
async def test_a_ledger_that_ends_before_its_count_is_unavailable(
    limit_reached: int, start_raw_bank: StartRawBank
) -> None:
    async def ends_early(conversation: Conversation) -> None:
        first = b"after=0&" in conversation.request.target
        bookings = [BOOKING | {"booking": one + 1} for one in range(limit_reached)] if first else []
        await conversation.say(answer(page(*bookings, count=5)))

    bank = await start_raw_bank(ends_early)
    with pytest.raises(LedgerUnavailable, match=f"it ends after {limit_reached} of 5 bookings"):
        await all_of(ledger_at(bank.url))


async def test_a_bank_that_gives_the_same_page_again_is_unavailable(start_raw_bank: StartRawBank) -> None:
    bank = await start_raw_bank(says(answer(page(BOOKING, count=2))))
    with pytest.raises(LedgerUnavailable, match='"booking" is 1 after 1'):
        await all_of(ledger_at(bank.url))


async def test_entries_of_another_reference_are_not_taken(start_raw_bank: StartRawBank) -> None:
    """A bank that does not know the filter answers with everything."""
    bank = await start_raw_bank(says(answer(page(BOOKING, BOOKING | {"booking": 2, "reference": "ref_2"}))))
    with pytest.raises(LedgerUnavailable, match="asked for one reference, the bank answered with another"):
        await ledger_at(bank.url).entries_of("ref_1")


GOOD = answer(page(BOOKING))


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        pytest.param(says_and_closes(b""), "RemoteProtocolError", id="dropped"),
        pytest.param(says_and_closes(GOOD[:-5]), "RemoteProtocolError", id="half a page"),
        pytest.param(says(b"\x00\xff" * 50), "RemoteProtocolError", id="garbage"),
        pytest.param(says(GOOD + GOOD), "more came behind the answer", id="twice"),
        pytest.param(says(answer(b"<html>OK</html>")), "it is not a JSON object", id="HTML"),
        pytest.param(says(answer(page(BOOKING), 500)), "the bank answered 500", id="500"),
        pytest.param(says(answer(page(BOOKING), 503)), "the bank answered 503", id="503"),
        pytest.param(says(answer(page(BOOKING), 404)), "the bank answered 404", id="no ledger"),
        pytest.param(says(answer(page(BOOKING | {"amount": -5}))), '"amount" is no whole number', id="money"),
        pytest.param(hangs, "no answer within 0.3 s", id="hangs"),
        pytest.param(
            says(answer(b" " * LARGEST_PAGE_BYTES + page(BOOKING))),
            "an answer is larger than 4194304 bytes",
            id="too large",
        ),
    ],
)
async def test_a_page_that_is_not_as_specified_is_unavailable_in_a_sentence(
    script: Script, problem: str, start_raw_bank: StartRawBank
) -> None:
    bank = await start_raw_bank(script)
    ledger = ledger_at(bank.url, page_timeout=0.3 if script is hangs else 10)
    with trio.fail_after(5):
        for read in (partial(all_of, ledger), partial(ledger.entries_of, "ref_1")):
            with pytest.raises(LedgerUnavailable) as refusal:
                await read()
            assert str(refusal.value).startswith(f"The ledger of {bank.url} cannot be read: {problem}")
            assert str(refusal.value).endswith(".")
        await bank.has_closed.wait()


async def test_a_page_may_be_much_larger_than_an_answer(start_raw_bank: StartRawBank) -> None:
    long = "r" * 3000
    bookings = [BOOKING | {"booking": one, "reference": long} for one in range(1, 1001)]
    bank = await start_raw_bank(says(answer(page(*bookings))))
    assert len(await all_of(ledger_at(bank.url))) == 1000


async def test_a_bank_that_is_not_there_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    with pytest.raises(LedgerUnavailable, match="ConnectError"):
        await all_of(ledger_at(url))


async def test_a_reader_that_is_cancelled_leaves_no_connection(start_raw_bank: StartRawBank) -> None:
    reader = trio.CancelScope()

    async def cancels_its_caller(conversation: Conversation) -> None:
        reader.cancel()
        await conversation.hear_caller_leave()

    bank = await start_raw_bank(cancels_its_caller)
    with reader:
        await all_of(ledger_at(bank.url))
    assert reader.cancelled_caught
    with trio.fail_after(5):
        await bank.has_closed.wait()


async def test_a_reader_that_stops_early_leaves_no_connection(start_raw_bank: StartRawBank) -> None:
    bank = await start_raw_bank(has_booked(5000))
    async with aclosing(ledger_at(bank.url).pages()) as pages:
        assert len(await anext(pages)) == 1000
    with trio.fail_after(5):
        await bank.has_closed.wait()
    assert bank.accepted == 1


async def test_a_ledger_may_be_behind_tls(start_tls_bank: StartTlsBank, trusting: ssl.SSLContext) -> None:
    bank = await start_tls_bank(has_booked(1001))
    assert len(await all_of(ledger_at(bank.url, tls=trusting))) == 1001
    with pytest.raises(LedgerUnavailable, match="certificate verify failed"):
        await all_of(ledger_at(bank.url, tls=ssl.create_default_context()))
