"""A client that does not read holds nobody up."""

import socket

import pytest
import trio

from pgw.http import connection
from pgw.http.connection import Connection, IdleWatch


async def test_a_client_that_does_not_read_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "SEND_SECONDS", 0.05)
    ours, theirs = (trio.socket.from_stdlib_socket(one) for one in socket.socketpair())
    stream = trio.SocketStream(ours)
    client = Connection(stream, IdleWatch(stream, 75, trio.sleep_forever))
    with theirs, trio.fail_after(5):
        # Hypercorn sends behind a shield, so that no time limit from without ends it.
        with pytest.raises(trio.BrokenResourceError), trio.CancelScope(shield=True):
            await client.send_all(b"x" * 10_000_000)
        assert ours.fileno() == -1
