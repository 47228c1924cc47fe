"""Read one HTTP request off a connection, within bounds of size and time."""

import h11
import trio

from simulator.answers import Answer, error_answer
from simulator.request import Request

HEADER_BYTES = 16 * 1024
BODY_BYTES = 64 * 1024
RECEIVE_BYTES = 64 * 1024
READ_SECONDS = 10
"""From a request's first byte to its last."""


class UnreadableError(Exception):
    """What came in is no request that the bank can read."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    def answer(self) -> Answer:
        return error_answer(self.status, str(self))


async def read_request(
    http: h11.Connection, stream: trio.abc.HalfCloseableStream, idle_seconds: float
) -> Request | None:
    """Read a request, or None when the caller sends no more; raises UnreadableError."""
    try:
        with trio.move_on_after(idle_seconds) as patience:
            return await _read(http, stream, patience)
    except h11.RemoteProtocolError as error:
        raise UnreadableError(error.error_status_hint, f"no HTTP request: {error}") from error
    if _between_requests(http):
        return None
    raise UnreadableError(408, f"the request was not complete after {READ_SECONDS} seconds")


async def _read(
    http: h11.Connection, stream: trio.abc.HalfCloseableStream, patience: trio.CancelScope
) -> Request | None:
    head = await _next_event(http, stream, patience)
    if not isinstance(head, h11.Request):
        return None
    body = bytearray()
    while isinstance(part := await _next_event(http, stream, patience), h11.Data):
        body += part.data
        if len(body) > BODY_BYTES:
            raise UnreadableError(413, f"the body is larger than {BODY_BYTES} bytes")
    keys = tuple(value.decode("latin-1") for name, value in head.headers if name == b"idempotency-key")
    return Request(head.method.decode(), head.target.decode(), bytes(body), keys)


async def _next_event(
    http: h11.Connection, stream: trio.abc.HalfCloseableStream, patience: trio.CancelScope
) -> h11.Event | type[h11.PAUSED]:
    while True:
        event = http.next_event()
        if not (isinstance(event, type) and issubclass(event, h11.NEED_DATA)):
            return event
        if http.they_are_waiting_for_100_continue:
            await stream.send_all(http.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
        is_first = _between_requests(http)
        received = await stream.receive_some(RECEIVE_BYTES)
        if is_first:
            patience.deadline = trio.current_time() + READ_SECONDS
        http.receive_data(bytes(received))


def _between_requests(http: h11.Connection) -> bool:
    """Tell whether not a byte of a request is there."""
    return http.their_state is h11.IDLE and not http.trailing_data[0]
