"""Sends an input through a connection of its own, and takes what is answered until nothing more comes."""

from collections.abc import Mapping

import trio

from tests.fuzz.inputs import Input
from tests.fuzz.wire import read

QUIET_SECONDS = 0.3
PATIENCE_SECONDS = 1.0
LONGEST_SECONDS = 20.0
MOST_BYTES = 4_000_000


async def exchange(address: tuple[str, int], source: str, sent: Input, ids: Mapping[bytes, bytes]) -> bytes:
    """Return all that was answered. `ids` stand for the names in the input that only a run knows.

    Raises `OSError` where nobody listens.
    """
    received = bytearray()
    stream = await trio.open_tcp_stream(*address, local_address=source)
    with trio.move_on_after(LONGEST_SECONDS):
        async with stream, trio.open_nursery() as nursery:
            heard, finished = trio.Event(), trio.Event()
            nursery.start_soon(_send, stream, sent, ids, heard, finished)
            await _receive(stream, sent, received, heard, finished)
            nursery.cancel_scope.cancel()
    return bytes(received)


async def _send(
    stream: trio.SocketStream,
    sent: Input,
    ids: Mapping[bytes, bytes],
    heard: trio.Event,
    finished: trio.Event,
) -> None:
    try:
        for number, piece in enumerate(sent.pieces):
            if number:
                await trio.sleep(0.001)  # so that it is a packet of its own
            if number and sent.is_patient:
                with trio.move_on_after(PATIENCE_SECONDS):
                    await heard.wait()
            await stream.send_all(filled(piece, ids))
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        pass  # the gateway has heard enough
    finally:
        finished.set()


def filled(piece: bytes, ids: Mapping[bytes, bytes]) -> bytes:
    for name, value in ids.items():
        piece = piece.replace(name, value)
    return piece


async def _receive(
    stream: trio.SocketStream,
    sent: Input,
    received: bytearray,
    heard: trio.Event,
    finished: trio.Event,
) -> None:
    """Take answers until there are as many as requests, the gateway closes, or it has been quiet."""
    while len(received) < MOST_BYTES:
        data: bytes | bytearray | None = None
        with trio.move_on_after(QUIET_SECONDS):
            try:
                data = await stream.receive_some()
            except trio.BrokenResourceError:
                return
        if data == b"":
            return
        if data is not None:
            received += data
            heard.set()
            if sent.requests is not None and len(read(bytes(received)).answers) >= sent.requests:
                return
        elif finished.is_set():
            return
