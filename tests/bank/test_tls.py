"""A bank behind TLS, with a certificate made for the test."""

import ssl
from functools import partial

import pytest
import trio

from pgw.bank.port import Authorized, NotSent
from tests.bank.calls import authorize, bank_at
from tests.bank.conftest import StartTlsBank
from tests.bank.raw_bank import APPROVED, DECLINED, answer, says

LARGEST_TLS_RECORD = 16_384
"""In bytes of content (RFC 8446, section 5.1)."""
YES, NO = answer(APPROVED), answer(DECLINED)


async def test_calls_are_kept_on_one_connection_of_tls(
    start_tls_bank: StartTlsBank, trusting: ssl.SSLContext
) -> None:
    bank = await start_tls_bank(says(YES))
    async with bank_at(bank.url, tls=trusting).connection() as connection:
        for number in range(3):
            assert await connection.perform(authorize(f"ref_{number}")) == Authorized("code-1")
    assert [len(bank.requests), bank.accepted] == [3, 1]


@pytest.mark.parametrize("surplus", [NO, b"\n"])
async def test_a_second_answer_in_a_tls_record_of_its_own_is_never_read_by_the_next_call(
    surplus: bytes, start_tls_bank: StartTlsBank, trusting: ssl.SSLContext
) -> None:
    """Such a record has left the socket with the first, and no look at the socket sees it."""
    blanks = LARGEST_TLS_RECORD - len(answer(APPROVED + b" " * 10_000)) + 10_000
    first = answer(APPROVED + b" " * blanks)
    assert len(first) == LARGEST_TLS_RECORD
    bank = await start_tls_bank(says(first + surplus))
    async with bank_at(bank.url, tls=trusting).connection() as connection:
        assert await connection.perform(authorize("first")) == Authorized("code-1")
        bank.script = says(YES)
        assert await connection.perform(authorize("second")) == Authorized("code-1")
        assert await connection.perform(authorize("third")) == Authorized("code-1")
    assert [len(bank.requests), bank.accepted] == [3, 2]


async def test_a_certificate_that_is_not_trusted_is_not_sent(start_tls_bank: StartTlsBank) -> None:
    bank = await start_tls_bank(says(YES))
    async with bank_at(bank.url, tls=ssl.create_default_context()).connection() as connection:
        said = await connection.perform(authorize())
    assert isinstance(said, NotSent)
    assert "certificate verify failed" in said.reason
    assert bank.requests == []


async def test_a_certificate_of_another_host_is_not_sent(
    start_tls_bank: StartTlsBank, trusting: ssl.SSLContext
) -> None:
    bank = await start_tls_bank(says(YES))
    url = bank.url.replace("127.0.0.1", "localhost")
    async with bank_at(url, tls=trusting).connection() as connection:
        said = await connection.perform(authorize())
    assert isinstance(said, NotSent)
    assert "certificate verify failed" in said.reason
    assert bank.requests == []


async def test_a_handshake_that_hangs_is_not_sent_and_leaves_no_connection(
    trusting: ssl.SSLContext, nursery: trio.Nursery
) -> None:
    silent = await SilentBank.start(nursery)
    async with bank_at(silent.url, tls=trusting, connect_timeout=0.1).connection() as connection:
        assert isinstance(await connection.perform(authorize()), NotSent)
        with trio.fail_after(5):
            await silent.has_been_left.wait()


async def test_a_call_that_is_cancelled_in_the_handshake_leaves_no_connection(
    trusting: ssl.SSLContext, nursery: trio.Nursery
) -> None:
    silent = await SilentBank.start(nursery)
    async with bank_at(silent.url, tls=trusting).connection() as connection:
        with trio.move_on_after(0.1):
            await connection.perform(authorize())
        with trio.fail_after(5):
            await silent.has_been_left.wait()


class SilentBank:
    """Accepts, and says nothing."""

    url: str

    def __init__(self) -> None:
        self.has_been_left = trio.Event()

    @staticmethod
    async def start(nursery: trio.Nursery) -> "SilentBank":
        bank = SilentBank()
        [listener] = await nursery.start(partial(trio.serve_tcp, bank.serve, 0, host="127.0.0.1"))
        bank.url = f"https://127.0.0.1:{listener.socket.getsockname()[1]}"
        return bank

    async def serve(self, stream: trio.SocketStream) -> None:
        while await stream.receive_some():
            pass
        self.has_been_left.set()
