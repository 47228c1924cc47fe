"""Answers as they came, read strictly: what RFC 9112 does not allow is no answer."""

import re
from collections.abc import Iterator, Mapping

from attrs import field, frozen

_STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) [\t\x20-\x7e]*")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*")
_CHUNK = re.compile(rb"([0-9a-fA-F]{1,8})\r\n")
SWITCHING_PROTOCOLS, NO_CONTENT, NOT_MODIFIED = 101, 204, 304


class NotHttp(Exception):
    """What is wrong with the bytes, as a sentence."""


class Unfinished(Exception):
    """More bytes are to come."""


@frozen
class Answer:
    """A final answer. `head` is as it came; of two headers with one name the last is in `headers`."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    head: bytes = field(repr=False, default=b"")


@frozen
class Frame:
    opcode: int
    payload: bytes


@frozen
class Received:
    """What one connection was answered. `trouble` says what is not as RFC 9112 or 6455 want it."""

    answers: tuple[Answer, ...] = ()
    frames: tuple[Frame, ...] = ()
    trouble: str | None = None
    is_cut_short: bool = False


def read(data: bytes) -> Received:
    """Read all answers, and all frames behind a 101."""
    answers: list[Answer] = []
    frames: list[Frame] = []
    while data:
        try:
            answer, data = _answer(data)
        except NotHttp as trouble:
            return Received(tuple(answers), (), str(trouble))
        except Unfinished:
            return Received(tuple(answers), (), None, is_cut_short=True)
        if answer.status == SWITCHING_PROTOCOLS or answer.status >= 200:
            answers.append(answer)
        if answer.status == SWITCHING_PROTOCOLS:
            try:
                frames.extend(_frames(data))
            except NotHttp as trouble:
                return Received(tuple(answers), tuple(frames), str(trouble))
            break
    return Received(tuple(answers), tuple(frames))


def _answer(data: bytes) -> tuple[Answer, bytes]:
    """Return the first answer, and what comes behind it."""
    head, end, rest = data.partition(b"\r\n\r\n")
    if not end:
        if not b"HTTP/1.1 ".startswith(data[:9]) and not data.startswith(b"HTTP/1.1 "):
            raise NotHttp(f"no answer begins with {data[:40]!r}")
        raise Unfinished
    status_line, *lines = head.split(b"\r\n")
    matched = _STATUS_LINE.fullmatch(status_line)
    if matched is None:
        raise NotHttp(f"{status_line[:100]!r} is no status line")
    status, headers = int(matched[1]), dict(map(_header, lines))
    if status < 200 or status in {NO_CONTENT, NOT_MODIFIED}:
        return Answer(status, headers, b"", head), rest
    # An answer to HEAD says how long it would be and ends there; no body of ours begins like an answer.
    if not rest or rest.startswith(b"HTTP/1.1 "):
        return Answer(status, headers, b"", head), rest
    body, rest = _body(headers, rest)
    return Answer(status, headers, body, head), rest


def _header(line: bytes) -> tuple[str, str]:
    matched = _HEADER.fullmatch(line)
    if matched is None:
        raise NotHttp(f"{line[:100]!r} is no header")
    return matched[1].decode().lower(), matched[2].decode("latin1")


def _body(headers: Mapping[str, str], rest: bytes) -> tuple[bytes, bytes]:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return _chunks(rest)
    length = headers.get("content-length")
    if length is None:
        return rest, b""
    if not length.isdecimal():
        raise NotHttp(f"{length!r} is no length")
    if len(rest) < int(length):
        raise Unfinished
    return rest[: int(length)], rest[int(length) :]


def _chunks(rest: bytes) -> tuple[bytes, bytes]:
    body = b""
    while True:
        matched = _CHUNK.match(rest)
        if matched is None:
            if b"\r\n" in rest[:10]:
                raise NotHttp(f"{rest[:20]!r} begins no chunk")
            raise Unfinished
        size, rest = int(matched[1], 16), rest[matched.end() :]
        if len(rest) < size + 2:
            raise Unfinished
        if rest[size : size + 2] != b"\r\n":
            raise NotHttp("a chunk does not end where it says")
        body, rest = body + rest[:size], rest[size + 2 :]
        if size == 0:
            return body, rest


def _frames(data: bytes) -> Iterator[Frame]:
    """Yield each whole frame of a server, which masks and fragments none."""
    while len(data) >= 2:
        first, size = data[0], data[1]
        if first & 0xF0 != 0x80 or first & 0x0F not in {1, 8, 9, 10} or size & 0x80:
            raise NotHttp(f"{data[:2]!r} begins no frame of ours")
        begin = {126: 4, 127: 10}.get(size, 2)
        length = size if begin == 2 else int.from_bytes(data[2:begin], "big")
        if len(data) < begin + length:
            return
        yield Frame(first & 0x0F, data[begin : begin + length])
        data = data[begin + length :]
