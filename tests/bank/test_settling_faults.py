"""A look-up and a reversal at a bank that misbehaves: every fault leaves doubt, and the next call is well."""

import socket
from collections.abc import Callable

import httpcore
import pytest
import trio

from pgw.bank.link import LARGEST_ANSWER_BYTES
from pgw.bank.network import TcpNetwork
from pgw.bank.port import Answer, Call, Doubtful, LookUp, NeverSeen, NotProcessed, NotSent, Reverse, Reversed
from tests.bank.calls import bank_at
from tests.bank.conftest import StartRawBank
from tests.bank.raw_bank import (
    NEVER_SEEN,
    REVERSED,
    Conversation,
    Script,
    answer,
    hangs,
    says,
    says_and_closes,
)

LOOK_UP, REVERSE = LookUp("ref_1"), Reverse("ref_1")
WELL = {LOOK_UP: (answer(NEVER_SEEN, 404), NeverSeen()), REVERSE: (answer(REVERSED), Reversed())}

Fault = Callable[[bytes], Script]
"""What a bank does where the bytes would have been a good answer."""

both_calls = pytest.mark.parametrize("call", [LOOK_UP, REVERSE], ids=["look-up", "reversal"])


def says_half(whole: bytes) -> Script:
    return says_and_closes(whole[:-5])


def says_late(whole: bytes) -> Script:
    """Say it once the caller has gone: it left the connection for good."""

    async def script(conversation: Conversation) -> None:
        await conversation.hear_caller_leave()
        await conversation.say(whole)

    return script


@both_calls
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(lambda _: says_and_closes(b""), id="dropped"),
        pytest.param(lambda whole: says_and_closes(whole[:1]), id="dropped after a byte"),
        pytest.param(says_half, id="half an answer"),
        pytest.param(lambda whole: says_and_closes(whole.partition(b"\r\n\r\n")[0]), id="half a head"),
        pytest.param(lambda whole: says(whole + whole), id="duplicate"),
        pytest.param(lambda whole: says(whole + b"\n"), id="a byte too many"),
        pytest.param(lambda _: says(b"\x00\xff" * 50), id="garbage"),
        pytest.param(lambda _: says(answer(b"<html>OK</html>")), id="garbage for a body"),
        pytest.param(lambda _: says(answer(b"{}", 500)), id="500"),
        pytest.param(lambda whole: says(answer(b" " * LARGEST_ANSWER_BYTES + whole)), id="too large"),
        pytest.param(
            lambda whole: says(whole.replace(b"HTTP/1.1 200", b"HTTP/1.1 201").replace(b" 404 ", b" 410 ")),
            id="another status",
        ),
    ],
)
async def test_a_fault_leaves_doubt_and_the_next_call_is_well(
    call: Call, fault: Fault, start_raw_bank: StartRawBank
) -> None:
    whole, expected = WELL[call]
    bank = await start_raw_bank(fault(whole))
    async with bank_at(bank.url, answer_timeout=5).connection() as connection:
        said = await connection.perform(call)
        assert isinstance(said, Doubtful)
        assert "no answer within" not in said.reason
        bank.script = says(whole)
        assert await connection.perform(call) == expected


@both_calls
@pytest.mark.parametrize("fault", [lambda _: hangs, says_late])
async def test_a_bank_that_is_late_is_left_at_the_time_limit(
    call: Call, fault: Fault, start_raw_bank: StartRawBank
) -> None:
    whole, expected = WELL[call]
    bank = await start_raw_bank(fault(whole))
    async with bank_at(bank.url, answer_timeout=0.1).connection() as connection:
        with trio.fail_after(5):
            assert await connection.perform(call) == Doubtful("no answer within 0.1 s")
            await bank.has_closed.wait()
    bank.script = says(whole)
    async with bank_at(bank.url).connection() as connection:
        assert await connection.perform(call) == expected


@both_calls
async def test_503_is_not_processed_and_keeps_the_connection(
    call: Call, start_raw_bank: StartRawBank
) -> None:
    bank = await start_raw_bank(says(answer(b"", 503)))
    async with bank_at(bank.url).connection() as connection:
        assert await connection.perform(call) == NotProcessed()
        bank.script = says(WELL[call][0])
        assert await connection.perform(call) == WELL[call][1]
    assert bank.accepted == 1


@both_calls
async def test_a_refused_port_is_not_sent(call: Call) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    async with bank_at(url).connection() as connection:
        assert isinstance(await connection.perform(call), NotSent)


@both_calls
async def test_a_connection_that_breaks_as_the_request_is_written_leaves_doubt(
    call: Call, start_raw_bank: StartRawBank
) -> None:
    """Some of it may have left."""
    bank = await start_raw_bank(says(WELL[call][0]))
    async with bank_at(bank.url, network=BreakingAtWrites()).connection() as connection:
        assert isinstance(await connection.perform(call), Doubtful)
    assert bank.requests == []


class BreakingAtWrites(TcpNetwork):
    async def connect_tcp(self, *args: object, **kwargs: object) -> httpcore.AsyncNetworkStream:
        stream = await super().connect_tcp(*args, **kwargs)  # type: ignore[arg-type]
        await stream.aclose()
        return stream


@both_calls
async def test_a_cancelled_call_closes_its_connection_and_the_next_reads_nothing_of_it(
    call: Call, start_raw_bank: StartRawBank, nursery: trio.Nursery
) -> None:
    heard = trio.Event()

    async def hears_and_hangs(conversation: Conversation) -> None:
        heard.set()
        await conversation.hear_caller_leave()

    bank = await start_raw_bank(hears_and_hangs)
    whole, expected = WELL[call]
    answers: list[Answer] = []
    async with bank_at(bank.url).connection() as connection:
        with trio.CancelScope() as cancelled:
            nursery.start_soon(cancel_at, heard, cancelled)
            answers.append(await connection.perform(call))
        with trio.fail_after(5):
            await bank.has_closed.wait()
        bank.script = says(whole)
        answers.append(await connection.perform(call))
    assert answers == [expected]
    assert bank.accepted == 2


async def cancel_at(event: trio.Event, scope: trio.CancelScope) -> None:
    with trio.fail_after(5):
        await event.wait()
    scope.cancel()


async def test_calls_of_every_kind_take_turns_on_one_connection(start_raw_bank: StartRawBank) -> None:
    bank = await start_raw_bank(says(WELL[LOOK_UP][0]))
    answers = []
    async with bank_at(bank.url).connection() as connection:
        for call in (LOOK_UP, REVERSE, LOOK_UP, REVERSE):
            bank.script = says(WELL[call][0])
            answers.append(await connection.perform(call))
    assert answers == [NeverSeen(), Reversed(), NeverSeen(), Reversed()]
    assert bank.accepted == 1
