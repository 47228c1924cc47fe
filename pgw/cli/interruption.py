"""Ctrl-C as an end like any other, for a program that has something to say or to do at its end."""

import signal
from collections.abc import Awaitable, Callable

import trio


async def until_interrupted(program: Callable[[], Awaitable[None]]) -> int | None:
    """Run the program until it ends, or until SIGINT or SIGTERM cancels it; return the signal's number."""
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        came: int | None = None

        async def wait_for_signal(scope: trio.CancelScope) -> None:
            nonlocal came
            came = await anext(aiter(signals))
            scope.cancel()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait_for_signal, nursery.cancel_scope)
            await program()
            nursery.cancel_scope.cancel()
        return came
