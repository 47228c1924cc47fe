"""`NotSent` exactly when no byte of the request left."""

import socket
from typing import Any

import httpcore
import pytest
import trio

from pgw.bank.network import TcpNetwork
from pgw.bank.port import Authorized, NotSent
from tests.bank.calls import authorize, bank_at
from tests.bank.conftest import StartRawBank
from tests.bank.raw_bank import APPROVED, answer, says


@pytest.fixture
def refusing_url() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


async def test_a_refused_port_is_not_sent(refusing_url: str) -> None:
    async with bank_at(refusing_url).connection() as connection:
        said = await connection.perform(authorize())
    assert isinstance(said, NotSent)
    assert said.reason.startswith("ConnectError")


async def test_a_bank_that_takes_no_connection_in_time_is_not_sent() -> None:
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        # The system completes one connection more than the backlog says, and lets the others wait.
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        bank = bank_at(f"http://127.0.0.1:{full.getsockname()[1]}", connect_timeout=0.1)
        async with bank.connection() as connection:
            said = await connection.perform(authorize())
    assert said == NotSent("ConnectTimeout: no connection within 0.1 s")


async def test_a_request_that_cannot_be_written_as_http_is_not_sent(start_raw_bank: StartRawBank) -> None:
    """No reference of ours has a line end in it; should one ever, nothing of the request must leave."""
    bank = await start_raw_bank(says(answer(APPROVED)))
    async with bank_at(bank.url).connection() as connection:
        assert isinstance(await connection.perform(authorize("ref_1\r\nX: y")), NotSent)
        assert await connection.perform(authorize()) == Authorized("code-1")
    assert len(bank.requests) == 1


async def test_after_a_refusal_the_same_connection_object_connects_again(
    start_raw_bank: StartRawBank,
) -> None:
    bank = await start_raw_bank(says(answer(APPROVED)))
    network = RefusingOnce()
    async with bank_at(bank.url, network=network).connection() as connection:
        assert isinstance(await connection.perform(authorize()), NotSent)
        assert await connection.perform(authorize()) == Authorized("code-1")


class RefusingOnce(TcpNetwork):
    def __init__(self) -> None:
        self.has_refused = False

    async def connect_tcp(self, *args: Any, **kwargs: Any) -> httpcore.AsyncNetworkStream:
        if not self.has_refused:
            self.has_refused = True
            raise httpcore.ConnectError("refused once")
        return await super().connect_tcp(*args, **kwargs)


async def test_a_call_that_is_cancelled_while_connecting_sends_nothing(start_raw_bank: StartRawBank) -> None:
    bank = await start_raw_bank(says(answer(APPROVED)))
    async with bank_at(bank.url).connection() as connection:
        with trio.CancelScope() as cancelled:
            cancelled.cancel()
            await connection.perform(authorize("cancelled"))
        assert await connection.perform(authorize("sent")) == Authorized("code-1")
    assert [dict(request.headers)[b"Idempotency-Key"] for request in bank.requests] == [b"sent"]
