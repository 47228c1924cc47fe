"""A request left and no clean answer came: the bank may have taken the money."""

from collections.abc import Sequence

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from pgw.bank.link import LARGEST_ANSWER_BYTES
from pgw.bank.port import Answer, Authorized, Doubtful
from tests.bank.calls import authorize, bank_at
from tests.bank.conftest import StartRawBank
from tests.bank.raw_bank import APPROVED, Conversation, Script, answer, hangs, says, says_and_closes

WHOLE = answer(APPROVED)


async def trickles_without_end(conversation: Conversation) -> None:
    await conversation.say(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
    while True:
        await conversation.say(b" ")
        await trio.sleep(0.01)


async def goes_on_without_end(conversation: Conversation) -> None:
    while True:
        await conversation.say(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(says_and_closes(b""), id="closed without a byte"),
        pytest.param(says_and_closes(WHOLE[:1]), id="one byte"),
        pytest.param(says_and_closes(WHOLE[:20]), id="half a head"),
        pytest.param(says_and_closes(WHOLE[:-10]), id="half a body"),
        pytest.param(says_and_closes(WHOLE[: -len(APPROVED)]), id="all headers and no body"),
        pytest.param(
            says_and_closes(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"au'),
            id="half a chunk",
        ),
        pytest.param(says(b"\x00\xff" * 50), id="garbage"),
        pytest.param(says(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"), id="a length that is none"),
        pytest.param(
            says(b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n"), id="a huge length"
        ),
        pytest.param(
            says(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"), id="two lengths"
        ),
        pytest.param(says(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), id="101"),
        pytest.param(says(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000), id="an endless head"),
        pytest.param(says(answer(b" " * LARGEST_ANSWER_BYTES + APPROVED)), id="an answer too large"),
        pytest.param(goes_on_without_end, id="informational answers without end"),
    ],
)
async def test_what_is_no_whole_answer_leaves_doubt_and_no_connection(
    script: Script, start_raw_bank: StartRawBank
) -> None:
    bank = await start_raw_bank(script)
    async with bank_at(bank.url, answer_timeout=5).connection() as connection:
        said = await connection.perform(authorize())
        assert isinstance(said, Doubtful)
        assert "no answer within" not in said.reason
        bank.script = says(WHOLE)
        assert await connection.perform(authorize()) == Authorized("code-1")
        assert bank.accepted == 2


@pytest.mark.parametrize("script", [hangs, trickles_without_end])
async def test_the_time_limit_covers_the_whole_answer(script: Script, start_raw_bank: StartRawBank) -> None:
    bank = await start_raw_bank(script)
    async with bank_at(bank.url, answer_timeout=0.1).connection() as connection:
        with trio.fail_after(5):
            assert await connection.perform(authorize()) == Doubtful("no answer within 0.1 s")
            await bank.has_closed.wait()


async def test_whole_answers_just_within_the_bound_are_read(start_raw_bank: StartRawBank) -> None:
    bank = await start_raw_bank(says(answer(b" " * (LARGEST_ANSWER_BYTES - 200) + APPROVED)))
    async with bank_at(bank.url).connection() as connection:
        for _ in range(2):
            assert await connection.perform(authorize()) == Authorized("code-1")
    assert bank.accepted == 1


async def test_a_cancelled_call_closes_its_connection_and_the_next_reads_nothing_of_it(
    start_raw_bank: StartRawBank, nursery: trio.Nursery
) -> None:
    bank = await start_raw_bank(hangs)
    answers: list[Answer] = []
    async with bank_at(bank.url).connection() as connection:
        with trio.CancelScope() as cancelled:
            nursery.start_soon(cancel_once_sent, bank.requests, cancelled)
            answers.append(await connection.perform(authorize("first")))
        with trio.fail_after(5):
            await bank.has_closed.wait()
        bank.script = says(WHOLE)
        answers.append(await connection.perform(authorize("second")))
    assert answers == [Authorized("code-1")]
    assert bank.accepted == 2


async def cancel_once_sent(requests: Sequence[object], scope: trio.CancelScope) -> None:
    with trio.fail_after(5):
        while not requests:
            await wait_all_tasks_blocked(0.001)
    scope.cancel()
