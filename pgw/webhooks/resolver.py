"""Names to addresses, by the system's resolver, which blocks: on a bounded number of threads of its own."""

import socket
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import cast
from weakref import WeakValueDictionary

import trio
from attrs import define

MOST_LOOK_UPS = 32
"""Threads in all, those included that nobody waits for any more."""
MOST_LOOK_UPS_OF_A_NAME = 2
"""So that a name whose servers hang takes no places from the others."""

SocketAddress = tuple[str, int] | tuple[str, int, int, int]
Resolve = Callable[[str, int], Awaitable[Sequence[SocketAddress]]]
LookUp = Callable[[str, int], Sequence[SocketAddress]]


def look_up(name: str, port: int) -> Sequence[SocketAddress]:
    """Return what a name resolves to; blocks. Raises `OSError`."""
    # As bytes it is looked up as it stands; a text would be read once more, by IDNA 2003.
    found = socket.getaddrinfo(name.encode("ascii"), port, type=socket.SOCK_STREAM)
    return [cast("SocketAddress", address) for *_, address in found]


class Resolver:
    """Waits for a place, then for the answer; both end when they are cancelled, but the thread may not.

    Trio's own limiter of 40 threads, by which banks' names are looked up, is never used.
    """

    def __init__(self, look_up: LookUp = look_up) -> None:
        self._look_up = look_up
        self._all = trio.CapacityLimiter(MOST_LOOK_UPS)
        self._of_names: WeakValueDictionary[str, trio.CapacityLimiter] = WeakValueDictionary()

    async def __call__(self, name: str, port: int) -> Sequence[SocketAddress]:
        of_name = self._of_names.get(name)
        if of_name is None:
            of_name = self._of_names[name] = trio.CapacityLimiter(MOST_LOOK_UPS_OF_A_NAME)
        return await trio.to_thread.run_sync(
            partial(self._look_up, name, port),
            abandon_on_cancel=True,
            limiter=_Both(of_name, self._all),  # type: ignore[arg-type] # its documented port
        )


@define(eq=False)
class _Both:
    """A limiter of Trio's threads that asks two others, in this order. A thread that is over gives back."""

    first: trio.CapacityLimiter
    second: trio.CapacityLimiter

    async def acquire_on_behalf_of(self, borrower: object) -> None:
        await self.first.acquire_on_behalf_of(borrower)
        try:
            await self.second.acquire_on_behalf_of(borrower)
        except BaseException:
            self.first.release_on_behalf_of(borrower)
            raise

    def release_on_behalf_of(self, borrower: object) -> None:
        self.second.release_on_behalf_of(borrower)
        self.first.release_on_behalf_of(borrower)
