"""One connection carries one call at a time, many in a row, and never an answer from one to another."""

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from pgw.bank.http import HttpBankConnection
from pgw.bank.port import Authorized, BankConnection, BankFeature, Declined, Doubtful
from tests.bank.calls import authorize, bank_at
from tests.bank.conftest import StartRawBank
from tests.bank.raw_bank import APPROVED, DECLINED, Conversation, RawBank, answer, says, says_and_closes

YES, NO = answer(APPROVED), answer(DECLINED)
LOST = Declined("lost_card")


def named(reference: str) -> bytes:
    return answer(b'{"authorized":true,"authorization_code":"code-1","reference":"%s"}' % reference.encode())


async def test_one_connection_serves_many_calls(start_raw_bank: StartRawBank) -> None:
    bank = await start_raw_bank(says(YES))
    async with bank_at(bank.url).connection() as connection:
        answers = [await connection.perform(authorize(f"ref_{number}")) for number in range(5)]
    assert answers == [Authorized("code-1")] * 5
    assert [len(bank.requests), bank.accepted] == [5, 1]


@pytest.mark.parametrize(("status", "connections"), [(400, 1), (503, 1), (500, 3), (404, 3)])
async def test_only_an_answer_as_specified_keeps_the_connection(
    status: int, connections: int, start_raw_bank: StartRawBank
) -> None:
    bank = await start_raw_bank(says(answer(b"{}", status)))
    async with bank_at(bank.url).connection() as connection:
        for number in range(3):
            await connection.perform(authorize(f"ref_{number}"))
    assert [len(bank.requests), bank.accepted] == [3, connections]


async def test_an_answer_to_another_reference_ends_the_connection(start_raw_bank: StartRawBank) -> None:
    """Else each later call would be told the answer to the one before."""
    bank = await start_raw_bank(says(named("ref_0")))
    async with bank_at(bank.url).connection() as connection:
        for number in range(3):
            await connection.perform(authorize(f"ref_{number}"))
    assert [len(bank.requests), bank.accepted] == [3, 2]


@pytest.mark.parametrize(
    ("said", "connections"),
    [
        pytest.param(named("ref_1"), 1, id="its own"),
        pytest.param(YES, 3, id="none"),
        pytest.param(answer(b"{}", 400), 3, id="none, refused"),
        pytest.param(answer(b"", 503), 3, id="none, not processed"),
    ],
)
async def test_where_a_bank_names_references_only_an_answer_that_does_keeps_the_connection(
    said: bytes, connections: int, start_raw_bank: StartRawBank
) -> None:
    bank = await start_raw_bank(says(said))
    async with bank_at(bank.url, features=frozenset(BankFeature)).connection() as connection:
        for _ in range(3):
            await connection.perform(authorize("ref_1"))
    assert [len(bank.requests), bank.accepted] == [3, connections]


CHUNKED_YES = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (
    len(APPROVED),
    APPROVED,
)
HEAD_OF_LINE_FEEDS = b"HTTP/1.1 200 OK\nContent-Length: %d\n\n" % (len(APPROVED) + 4)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param([YES + NO], id="twice in one segment"),
        pytest.param([YES + NO[:30]], id="once and a half"),
        pytest.param([YES + b"\n"], id="one byte too many"),
        pytest.param([CHUNKED_YES + NO], id="twice, the first in chunks"),
        pytest.param([HEAD_OF_LINE_FEEDS + b"\r\n\r\n" + APPROVED + NO], id="twice, the head in line feeds"),
        pytest.param([HEAD_OF_LINE_FEEDS + b"\r\n\r\n" + APPROVED + b"HTTP"], id="four bytes too many"),
    ],
)
async def test_what_comes_behind_an_answer_is_never_read_by_the_next_call(
    said: list[bytes], start_raw_bank: StartRawBank
) -> None:
    bank = await start_raw_bank(says(*said))
    async with bank_at(bank.url).connection() as connection:
        assert await connection.perform(authorize("first")) == Authorized("code-1")
        bank.script = says(NO)
        assert await connection.perform(authorize("second")) == LOST
        assert await connection.perform(authorize("third")) == LOST
    assert [len(bank.requests), bank.accepted] == [3, 2]


@pytest.mark.parametrize("surplus", [YES, b"\n"])
async def test_what_comes_while_idle_is_never_read_by_the_next_call(
    surplus: bytes, start_raw_bank: StartRawBank
) -> None:
    said_more = trio.Event()
    more = trio.Event()

    async def answers_late_again(conversation: Conversation) -> None:
        await conversation.say(YES if conversation.number == 1 else NO)
        if conversation.number == 1:
            await more.wait()
            await conversation.say(surplus)
            said_more.set()

    bank = await start_raw_bank(answers_late_again)
    async with bank_at(bank.url).connection() as connection:
        await connection.perform(authorize("first"))
        more.set()
        await said_more.wait()
        assert await connection.perform(authorize("second")) == LOST
    assert bank.accepted == 2


async def closed_while_idle(connection: BankConnection, bank: RawBank) -> None:
    """Wait until the bank's end of the connection is known on this side."""
    assert isinstance(connection, HttpBankConnection)
    with trio.fail_after(5):
        await bank.has_closed.wait()
        while connection._link is not None and connection._link.is_usable:
            await wait_all_tasks_blocked(0.001)


async def test_a_connection_that_the_bank_closed_while_idle_is_replaced_without_doubt(
    start_raw_bank: StartRawBank,
) -> None:
    bank = await start_raw_bank(says_and_closes(YES))
    async with bank_at(bank.url).connection() as connection:
        for number in range(3):
            assert await connection.perform(authorize(f"ref_{number}")) == Authorized("code-1")
            await closed_while_idle(connection, bank)
            bank.has_closed = trio.Event()
    assert [len(bank.requests), bank.accepted] == [3, 3]


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(answer(APPROVED, headers=b"Connection: close\r\n"), id="it says that it will close"),
        pytest.param(YES.replace(b"HTTP/1.1", b"HTTP/1.0"), id="HTTP/1.0"),
    ],
)
async def test_a_connection_that_ends_with_its_answer_is_replaced(
    said: bytes, start_raw_bank: StartRawBank
) -> None:
    bank = await start_raw_bank(says(said))
    async with bank_at(bank.url).connection() as connection:
        for number in range(2):
            assert await connection.perform(authorize(f"ref_{number}")) == Authorized("code-1")
    assert [len(bank.requests), bank.accepted] == [2, 2]


async def test_an_answer_to_another_reference_is_no_answer(start_raw_bank: StartRawBank) -> None:
    echo = APPROVED.replace(b"}", b',"reference":"first"}')
    bank = await start_raw_bank(says(answer(echo)))
    async with bank_at(bank.url).connection() as connection:
        assert await connection.perform(authorize("first")) == Authorized("code-1")
        said = await connection.perform(authorize("second"))
    assert said == Doubtful("the answer is to another reference")


async def test_the_connection_is_closed_with_its_block(start_raw_bank: StartRawBank) -> None:
    bank = await start_raw_bank(says(YES))
    async with bank_at(bank.url).connection() as connection:
        await connection.perform(authorize())
    with trio.fail_after(5):
        await bank.has_closed.wait()
