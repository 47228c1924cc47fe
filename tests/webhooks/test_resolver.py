"""Looking up blocks a thread, and a name whose servers hang may hold it for long."""

import threading
from collections.abc import AsyncIterator, Sequence

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from pgw.webhooks.resolver import MOST_LOOK_UPS, MOST_LOOK_UPS_OF_A_NAME, Resolver, SocketAddress, look_up
from tests.webhooks.scene import PATIENCE

FOUND = [("8.8.8.8", 443)]
SLOW = [f"slow-{first}{second}.test" for first in "abcdefgh" for second in "abcdefgh"]


class HangingServers:
    """Looks names up as the system does, in its thread; names that begin with `slow` hang until the end."""

    def __init__(self) -> None:
        self.end = threading.Event()
        self.under_way: list[str] = []
        self._trio = trio.lowlevel.current_trio_token()
        self._one_more = trio.Event()

    def look_up(self, name: str, port: int) -> Sequence[SocketAddress]:
        if name.startswith("slow"):
            self._trio.run_sync_soon(self._note, name)
            assert self.end.wait(PATIENCE)
        return [("8.8.8.8", port)]

    def _note(self, name: str) -> None:
        self.under_way.append(name)
        self._one_more.set()
        self._one_more = trio.Event()

    async def hang(self, resolver: Resolver, names: Sequence[str], *, threads: int) -> None:
        """Ask for names that hang, and give up once so many threads hang and no other will start."""
        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                for name in names:
                    nursery.start_soon(resolver, name, 443)
                while len(self.under_way) < threads:
                    await self._one_more.wait()
                await wait_all_tasks_blocked()
                nursery.cancel_scope.cancel()


@pytest.fixture
async def servers() -> AsyncIterator[HangingServers]:
    hanging = HangingServers()
    yield hanging
    hanging.end.set()


async def find(resolver: Resolver, name: str) -> Sequence[SocketAddress]:
    with trio.fail_after(PATIENCE):
        return await resolver(name, 443)


async def test_a_name_is_found_as_the_system_finds_it() -> None:
    assert ("127.0.0.1", 443) in await find(Resolver(), "localhost")
    assert [("127.0.0.1", 80)] == look_up("127.0.0.1", 80)


async def test_nobody_waits_for_a_thread_that_hangs(servers: HangingServers) -> None:
    await servers.hang(Resolver(servers.look_up), ["slow.test"], threads=1)
    assert ["slow.test"] == servers.under_way


async def test_a_name_that_hangs_takes_no_place_from_the_others(servers: HangingServers) -> None:
    resolver = Resolver(servers.look_up)
    for _ in range(2):
        await servers.hang(resolver, ["slow.test"] * MOST_LOOK_UPS, threads=MOST_LOOK_UPS_OF_A_NAME)
    assert ["slow.test"] * MOST_LOOK_UPS_OF_A_NAME == servers.under_way
    assert FOUND == await find(resolver, "well.test")


async def test_however_many_names_hang_the_threads_are_bounded(servers: HangingServers) -> None:
    resolver = Resolver(servers.look_up)
    for names in (SLOW, ["slower.test", *reversed(SLOW)]):
        await servers.hang(resolver, names, threads=MOST_LOOK_UPS)
    assert MOST_LOOK_UPS == len(servers.under_way)


async def test_who_gives_up_waiting_for_a_thread_holds_no_place(servers: HangingServers) -> None:
    resolver = Resolver(servers.look_up)
    await servers.hang(resolver, SLOW[:MOST_LOOK_UPS], threads=MOST_LOOK_UPS)
    await servers.hang(resolver, SLOW[:1], threads=MOST_LOOK_UPS)
    assert 1 == resolver._of_names[SLOW[0]].borrowed_tokens


async def test_banks_names_are_looked_up_beside_however_many_that_hang(servers: HangingServers) -> None:
    """Trio's own limiter has 40 places."""
    await servers.hang(Resolver(servers.look_up), SLOW, threads=MOST_LOOK_UPS)
    assert 0 == trio.to_thread.current_default_thread_limiter().borrowed_tokens
    with trio.fail_after(PATIENCE):
        assert await trio.socket.getaddrinfo("localhost", 443)


async def test_a_thread_that_is_over_gives_its_place_back(servers: HangingServers) -> None:
    resolver = Resolver(servers.look_up)
    await servers.hang(resolver, SLOW, threads=MOST_LOOK_UPS)
    servers.end.set()
    for name in SLOW[:MOST_LOOK_UPS]:
        assert FOUND == await find(resolver, name)
