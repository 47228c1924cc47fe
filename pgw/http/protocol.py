"""HTTP/1.1 as Hypercorn speaks it, less what it answers by itself and what it upgrades to."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

import h11
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData
from hypercorn.protocol.events import EndBody, Request
from hypercorn.protocol.events import Event as StreamEvent
from hypercorn.protocol.h11 import STREAM_ID, H11Protocol, H11WSConnection
from hypercorn.protocol.http_stream import HTTPStream

from pgw.http.connection import Connection, Whole
from pgw.http.door import PAYMENTS, TURNED_AWAY, Door
from pgw.http.refusal import Refusals
from pgw.http.websocket import WebSocket, is_handshake

MOST_HEADER_FIELDS = 100
_CODES = {431: "RequestHeadTooLarge", 501: "UnsupportedTransferEncoding"}


class Requests(h11.Connection):
    """h11's, which looks at nothing behind a request that closes, and tells when a head begins.

    It would take a byte there for an error of that request, which may have been accepted (RFC 9112, 9.6).
    """

    def __init__(self, connection: Connection, largest_head: int) -> None:
        super().__init__(h11.SERVER, max_incomplete_event_size=largest_head)
        self._connection = connection

    def next_event(self) -> Any:
        if self.their_state is h11.MUST_CLOSE:
            return h11.NEED_DATA
        event = super().next_event()
        if event is h11.NEED_DATA and self.our_state is h11.IDLE and self.trailing_data[0]:
            self._connection.begin_head()
        return event


def is_ambiguous(request: h11.Request) -> bool:
    """Tell a request whose end others may see elsewhere: it may be an attempt to smuggle another one in.

    RFC 9112, section 6.1: both a length and a coding, or a coding in HTTP/1.0.
    """
    names = {name for name, _ in request.headers}
    has_coding = b"transfer-encoding" in names
    return has_coding and (b"content-length" in names or request.http_version == b"1.0")


class Stream(HTTPStream):
    """Hypercorn's, whose own answer, where the application ended without one, is in our shape too."""

    door: Door
    peer: Connection
    refuse: Callable[[str], Awaitable[None]]

    async def handle(self, event: StreamEvent) -> None:
        """Take a payment for at work from when all of it is there."""
        if isinstance(event, EndBody) and self._is_payment:
            if self.door.is_closed and not self.door.has(self.peer):
                cast("dict[str, Any]", self.scope)[TURNED_AWAY] = True
            else:
                self.door.enter(self.peer)
        await super().handle(event)

    async def app_send(self, message: Any) -> None:
        """Take it for at work until its answer begins: who does not read that must hold up nobody."""
        if message is None or message["type"] == "http.response.start":
            self.door.leave(self.peer)
        await super().app_send(message)

    @property
    def _is_payment(self) -> bool:
        return self.scope["method"] == "POST" and self.scope["path"] == PAYMENTS

    async def _send_error_response(self, _status_code: int) -> None:
        await self.refuse("InternalError")


class Protocol(H11Protocol):
    """Hypercorn's, with refusals in our one shape, and never HTTP/2, of which no client here has a need."""

    def __init__(
        self, connection: Connection, refusals: Refusals, door: Door, config: Config, *rest: Any
    ) -> None:
        app, *others = rest
        super().__init__(app, config, *others)
        self._refusals = refusals
        self._door = door
        self._peer = connection
        self._requests = self.connection = Requests(connection, config.h11_max_incomplete_size)
        self._is_head = False
        self._is_over = False

    async def handle(self, event: Event) -> None:
        if isinstance(event, RawData) and (self._is_over or self._requests.their_state is h11.MUST_CLOSE):
            return  # h11 would keep it
        if not isinstance(event, RawData) or not await self._is_turned_away(event.data):
            await super().handle(event)

    async def _is_turned_away(self, received: bytes) -> bool:
        """Refuse a payment unparsed, where the door is closed and one read is all of one request."""
        requests = self._requests
        is_between = requests.their_state is h11.IDLE and requests.our_state is h11.IDLE
        if not is_between or requests.trailing_data[0] or cast("Any", self.config).is_stopping:
            return False
        headers = b"".join(b"%s: %s\r\n" % field for field in self.config.response_headers("h11"))
        answer = self._door.answer_to(received, self._peer, headers)
        if answer is not None:
            await self.send(cast("Any", Whole(answer)))
            self._peer.be_idle()
        return answer is not None

    async def refuse(self, code: str) -> None:
        """Answer with a problem unless an answer has begun, and take nothing more from this client."""
        self._door.leave(self._peer)
        if self._requests.our_state is h11.SEND_BODY:
            self._is_over = True  # the answer that is under way ends the connection
            return
        if self._requests.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            scope = None if self.stream is None else cast("dict[str, Any]", self.stream.scope)
            refused = self._refusals.of(code, self.client and self.client[0], scope)
            headers = [*refused.headers, *self.config.response_headers("h11")]
            await self._send_h11_event(h11.Response(status_code=refused.status, headers=headers))
            if not self._is_head:
                await self._send_h11_event(h11.Data(data=refused.body))
            await self._send_h11_event(h11.EndOfMessage())
        await self.send(Closed())

    def end(self) -> bool:
        """Take no more; tell whether the client may have sent something that was not read."""
        self._is_over = True
        return self._requests.their_state is not h11.DONE

    async def _send_error_response(self, status_code: int) -> None:
        if self.stream is not None and self._requests.trailing_data[1]:
            return  # it left in the midst of a request, which ends with its connection
        of_head = self._peer.given_up or _CODES.get(status_code, "MalformedHttp")
        await self.refuse(of_head if self.stream is None else "MalformedHttp")

    async def _check_protocol(self, event: h11.Request) -> None:
        """Upgrade to nothing: h2c is ignored, as it may be (RFC 9110, 7.8)."""

    async def _create_stream(self, request: h11.Request) -> None:
        self._is_head = request.method == b"HEAD"
        headers = list(request.headers)
        if not request.http_version.startswith(b"1."):
            await self.refuse("UnsupportedHttpVersion")
        elif is_ambiguous(request):
            await self.refuse("MalformedHttp")
        elif len(headers) > MOST_HEADER_FIELDS:
            await self.refuse("RequestHeadTooLarge")
        elif not is_handshake(request.method, headers, request.http_version.decode()):
            await self._begin(Stream, request, headers)
        elif self._requests.trailing_data[0]:
            await self.refuse("MalformedHttp")
        else:
            self.connection = H11WSConnection(self._requests)
            # No extension is spoken: a compressed frame may be any size once it is unpacked.
            spoken = [field for field in headers if field[0] != b"sec-websocket-extensions"]
            await self._begin(WebSocket, request, spoken)

    async def _begin(
        self, kind: type[Stream | WebSocket], request: h11.Request, headers: list[tuple[bytes, bytes]]
    ) -> None:
        """Begin a request, without counting it: Hypercorn closes a connection after 1,000."""
        self.stream = kind(
            self.app,
            self.config,
            self.context,
            self.task_group,
            self.ssl,
            self.client,
            self.server,
            self.stream_send,
            STREAM_ID,
        )
        self.stream.refuse = self.refuse
        if isinstance(self.stream, WebSocket):
            self.stream.pong = self._peer.expect_pong
        else:
            self.stream.door, self.stream.peer = self._door, self._peer
        await self.stream.handle(
            Request(
                stream_id=STREAM_ID,
                headers=headers,
                http_version=request.http_version.decode(),
                method=request.method.decode("ascii").upper(),
                raw_path=request.target,
                state=self.connection_state,
            )
        )
