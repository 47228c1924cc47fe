"""One JSON line in, one JSON line out, on a connection of its own."""

import simplejson
import trio

from pgw.control.answers import Document

LARGEST_COMMAND_BYTES = 64 * 1024
LARGEST_ANSWER_BYTES = 8 * 1024 * 1024
"""A page of unresolved payments is some 60 KiB; flags and reasons of the longest make it 1 MiB."""
_RECEIVE_BYTES = 64 * 1024


def to_line(document: Document) -> bytes:
    return simplejson.dumps(document, use_decimal=True, separators=(",", ":")).encode() + b"\n"


def from_line(line: bytes) -> object:
    """Read what a line says, numbers with decimals exactly; None where it is no JSON."""
    try:
        return simplejson.loads(line.decode(), use_decimal=True)
    except (ValueError, RecursionError):
        return None


async def receive_line(stream: trio.abc.ReceiveStream, largest: int) -> bytes | None:
    """Return what came up to the first line's end; None where it never ended, or not within so many bytes.

    Raises `trio.BrokenResourceError`.
    """
    line = bytearray()
    while len(line) <= largest:
        received = await stream.receive_some(_RECEIVE_BYTES)
        if not received:
            return None
        head, end, _ = bytes(received).partition(b"\n")
        line += head
        if end:
            return bytes(line) if len(line) <= largest else None
    return None
