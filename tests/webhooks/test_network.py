"""Which addresses are connected to: those that were judged, and none that is inside."""

import errno
import os
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from pgw.webhooks import resolver
from pgw.webhooks.network import MOST_TRIED, CheckedNetwork
from pgw.webhooks.port import Answered, NotAnswered
from tests.webhooks.conftest import StartEndpoint
from tests.webhooks.raw_endpoint import answer, says
from tests.webhooks.scene import LOOPBACK, TIMEOUT, FakeResolver, send

PUBLIC, PUBLIC_TOO = "93.184.215.14", "8.8.8.8"
NOT_PUBLIC = NotAnswered("The URL's host has no address, or one that is not public, so nothing was sent.")
REFUSED = NotAnswered("The endpoint refused the connection.")


class UnconnectedSockets(trio.abc.SocketFactory):
    """Notes what is connected to, and connects to nothing, so that no test reaches the internet."""

    def __init__(self) -> None:
        self.tried: list[str] = []
        self.opened: list[UnconnectedSocket] = []
        self.errors: dict[str, int | None] = {}
        """By address; None is silence, and what is not named is refused."""

    def socket(self, family: int = -1, type: int = -1, proto: int = -1) -> Any:  # noqa: A002, ARG002
        self.opened.append(UnconnectedSocket(self, family))
        return self.opened[-1]


class UnconnectedSocket:
    def __init__(self, sockets: UnconnectedSockets, family: int) -> None:
        self._sockets = sockets
        self.family = family
        self.is_closed = False

    async def connect(self, address: tuple[str, int]) -> None:
        self._sockets.tried.append(address[0])
        assert (":" in address[0]) == (self.family == socket.AF_INET6)
        number = self._sockets.errors.get(address[0], errno.ECONNREFUSED)
        if number is None:
            await trio.sleep_forever()
        await trio.lowlevel.checkpoint()
        raise OSError(number, os.strerror(number or 0))

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
async def sockets() -> AsyncIterator[UnconnectedSockets]:
    unconnected = UnconnectedSockets()
    before = trio.socket.set_custom_socket_factory(unconnected)
    yield unconnected
    trio.socket.set_custom_socket_factory(before)
    assert all(one.is_closed for one in unconnected.opened)


def checked(fake: FakeResolver) -> CheckedNetwork:
    return CheckedNetwork(allow_private=False, resolve=fake)


@pytest.mark.parametrize(
    "addresses",
    [
        [LOOPBACK],
        [PUBLIC, LOOPBACK],
        [LOOPBACK, PUBLIC],
        [PUBLIC] * 20 + ["10.0.0.1"],
        ["::1"],
        ["fe80::1%lo"],
        [PUBLIC, "::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["169.254.169.254"],
        ["0.0.0.0"],
    ],
)
async def test_nothing_is_sent_where_one_of_a_name_s_addresses_is_not_public(
    addresses: list[str], sockets: UnconnectedSockets
) -> None:
    said = await send("https://hooks.test/", network=checked(FakeResolver(addresses)))
    assert NOT_PUBLIC == said
    assert [] == sockets.tried


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:7f00:1]", "10.0.0.1", "0.0.0.0"])
async def test_nothing_is_sent_to_an_address_that_is_not_public(
    host: str, sockets: UnconnectedSockets
) -> None:
    """Its URL was kept when the setting allowed it."""
    fake = FakeResolver([PUBLIC])
    assert NOT_PUBLIC == await send(f"http://{host}/", network=checked(fake))
    assert [[], []] == [sockets.tried, fake.asked]


async def test_an_endpoint_on_loopback_is_not_reached_unless_a_setting_opens_it(
    start_endpoint: StartEndpoint,
) -> None:
    """With the system's own resolver, socket and all."""
    endpoint = await start_endpoint(says(answer()))
    for host in ("127.0.0.1", "localhost"):
        url = f"http://{host}:{endpoint.port}/"
        assert NOT_PUBLIC == await send(url, network=CheckedNetwork(allow_private=False))
        assert 0 == endpoint.accepted
    for host in ("127.0.0.1", "localhost"):
        url = f"http://{host}:{endpoint.port}/"
        assert Answered(200) == await send(url, network=CheckedNetwork(allow_private=True))


async def test_a_name_is_asked_for_once_and_connected_to_where_it_was_judged(
    sockets: UnconnectedSockets,
) -> None:
    """A name that is public when it is judged and private when it is used (DNS rebinding)."""
    fake = FakeResolver([PUBLIC], [LOOPBACK])
    assert REFUSED == await send("https://hooks.test/", network=checked(fake))
    assert [["hooks.test"], [PUBLIC]] == [fake.asked, sockets.tried]
    assert NOT_PUBLIC == await send("https://hooks.test/", network=checked(fake))
    assert [["hooks.test"] * 2, [PUBLIC]] == [fake.asked, sockets.tried]


async def test_the_next_address_is_tried_where_one_does_not_take_it(
    sockets: UnconnectedSockets, autojump_clock: MockClock
) -> None:
    sockets.errors = {"2606:4700::1111": errno.ENETUNREACH, PUBLIC: None}
    fake = FakeResolver(["2606:4700::1111", PUBLIC, PUBLIC_TOO])
    assert REFUSED == await send("https://hooks.test/", network=checked(fake))
    assert ["2606:4700::1111", PUBLIC, PUBLIC_TOO] == sockets.tried
    assert TIMEOUT / 2 == autojump_clock.current_time()


async def test_of_very_many_addresses_a_few_are_tried(sockets: UnconnectedSockets) -> None:
    many = [f"8.8.{third}.8" for third in range(200)]
    assert REFUSED == await send("https://hooks.test/", network=checked(FakeResolver(many)))
    assert many[:MOST_TRIED] == sockets.tried


async def test_addresses_that_are_silent_end_in_time(
    sockets: UnconnectedSockets, autojump_clock: MockClock
) -> None:
    sockets.errors = {PUBLIC: None, PUBLIC_TOO: None}
    fake = FakeResolver([PUBLIC, PUBLIC_TOO])
    said = await send("https://hooks.test/", network=checked(fake))
    assert NotAnswered("The endpoint did not take the connection within 15 s.") == said
    assert [PUBLIC, PUBLIC_TOO] == sockets.tried
    assert TIMEOUT == autojump_clock.current_time()


async def test_a_try_that_is_cancelled_while_it_connects_leaves_no_socket(
    sockets: UnconnectedSockets, autojump_clock: MockClock
) -> None:
    sockets.errors = {PUBLIC: None}
    with trio.move_on_after(10):
        await send("https://hooks.test/", network=checked(FakeResolver([PUBLIC])))
    assert [True] == [one.is_closed for one in sockets.opened]
    assert 10 == autojump_clock.current_time()


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ECONNRESET, "The endpoint reset the connection."),
        (errno.ENETUNREACH, "There is no way to the endpoint's address."),
        (errno.EHOSTUNREACH, "There is no way to the endpoint's address."),
        (errno.EADDRNOTAVAIL, "No connection could be made."),
    ],
)
async def test_why_there_is_no_connection_is_told(
    number: int, reason: str, sockets: UnconnectedSockets
) -> None:
    sockets.errors = {PUBLIC: number}
    said = await send("https://hooks.test/", network=checked(FakeResolver([PUBLIC])))
    assert NotAnswered(reason) == said


@pytest.mark.parametrize("found", [socket.gaierror(socket.EAI_NONAME, "Name not known"), []])
async def test_a_name_that_is_not_found_is_told_as_one_that_is_not_public(
    found: Any, sockets: UnconnectedSockets
) -> None:
    said = await send("https://hooks.test/", network=checked(FakeResolver(found)))
    assert NOT_PUBLIC == said
    assert [] == sockets.tried


async def test_a_name_whose_servers_hang_ends_in_time(autojump_clock: MockClock) -> None:
    async def never(_name: str, _port: int) -> list[resolver.SocketAddress]:
        await trio.sleep_forever()
        raise AssertionError

    network = CheckedNetwork(allow_private=False, resolve=never)
    said = await send("https://hooks.test/", network=network)
    assert NotAnswered("What address the URL's host has was not known within 15 s.") == said
    assert TIMEOUT == autojump_clock.current_time()
