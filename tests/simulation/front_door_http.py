"""Requests and answers on a client's connection, by h11."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import h11
import trio

from tests.simulation.front_door_stream import ClientEnd


class Unanswered(Exception):
    """There was no answer, or not all of one; whether the request was accepted is not known."""


class Answer(NamedTuple):
    """Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.body)
        return document


def encoded(
    http: h11.Connection, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
) -> bytes:
    """Return a request as it is sent."""
    about = {} if body is None else {"Content-Type": "application/json", "Content-Length": str(len(body))}
    events = [
        h11.Request(method=method, target=path, headers=list({**headers, **about}.items())),
        *([] if body is None else [h11.Data(data=body)]),
        h11.EndOfMessage(),
    ]
    return b"".join(http.send(event) or b"" for event in events)


async def read_answer(end: ClientEnd, http: h11.Connection) -> Answer:
    """Read one answer from its head on. Raises `Unanswered` where the connection ends before it does."""
    head = await next_event(end, http)
    assert isinstance(head, h11.Response), head
    return await read_rest(end, http, head)


async def read_rest(end: ClientEnd, http: h11.Connection, head: h11.Response) -> Answer:
    """Read what comes behind a head. Raises `Unanswered` where the connection ends before it does."""
    body = b""
    while isinstance(data := await next_event(end, http), h11.Data):
        body += data.data
    assert isinstance(data, h11.EndOfMessage), data
    assert (b"", False) == http.trailing_data, "more than was asked for"
    headers = {name.decode(): value.decode() for name, value in head.headers}
    return Answer(head.status_code, headers, body)


async def next_event(end: ClientEnd, http: h11.Connection) -> object:
    """Return h11's next event. Raises `Unanswered` where the connection ends before it."""
    while (event := http.next_event()) is h11.NEED_DATA:
        http.receive_data(await received(end))
    return event


async def received(end: ClientEnd) -> bytes:
    """Return some bytes, at least one. Raises `Unanswered` at the end."""
    try:
        data = await end.receive_some()
    except trio.BrokenResourceError as error:
        raise Unanswered(str(error)) from None
    if not data:
        raise Unanswered("the server has closed")
    return data
