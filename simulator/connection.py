"""One caller's connection. HTTP/1.1 by h11, so that an answer can be doubled, cut short or withheld."""

from collections.abc import Awaitable, Callable
from email.utils import formatdate
from http import HTTPStatus

import attrs
import h11
import trio

from simulator.answers import Answer, Delivery, Reply
from simulator.faults import Caller
from simulator.reading import HEADER_BYTES, RECEIVE_BYTES, UnreadableError, read_request
from simulator.request import Request

WRITE_SECONDS = 30
LINGER_SECONDS = 1

Handler = Callable[[Request, Caller], Awaitable[Reply]]


@attrs.frozen
class Patience:
    """How long the bank waits for a caller, in seconds."""

    idle: float = 5
    """For its next request."""
    hang: float = 300
    """For it to leave, when it gets no answer on purpose."""


class Connection:
    def __init__(self, stream: trio.abc.HalfCloseableStream, handler: Handler, patience: Patience) -> None:
        self._stream = stream
        self._handler = handler
        self._patience = patience
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=HEADER_BYTES)
        self._hung_up = False

    async def serve(self) -> None:
        """Answer one request after another until either side has had enough."""
        async with self._stream:
            try:
                while await self._serve_one():
                    self._http.start_next_cycle()
            except UnreadableError as error:
                await self._turn_away(error.answer())
            except (trio.BrokenResourceError, trio.TooSlowError):
                return  # the caller left, or does not read

    async def leaves(self) -> None:
        """Return when the caller has closed its side, or `Patience.hang` has passed."""
        with trio.move_on_after(self._patience.hang):
            await self._read_to_the_end()

    async def hang_up(self) -> None:
        """Close before the answer is there; whoever answers goes on, and still counts as a connection."""
        self._hung_up = True
        await self._stream.aclose()

    async def _serve_one(self) -> bool:
        """Answer one request, and tell whether the connection goes on."""
        request = await read_request(self._http, self._stream, self._patience.idle)
        if request is None:
            return False
        reply = await self._handler(request, self)
        if reply.delivery is Delivery.NOTHING or self._hung_up:
            return False
        await self._deliver(reply, has_body=request.method != "HEAD")
        return reply.delivery is not Delivery.HALF and self._http.our_state is h11.DONE

    async def _deliver(self, reply: Reply, *, has_body: bool = True) -> None:
        body = reply.answer.body if has_body else b""
        response = self._encode(reply.answer, body)
        match reply.delivery:
            case Delivery.TWICE:
                response += response
            case Delivery.HALF:
                response = response[: len(response) - len(body) // 2]
        with trio.fail_after(WRITE_SECONDS):
            await self._stream.send_all(response)

    def _encode(self, answer: Answer, body: bytes) -> bytes:
        headers = [
            ("date", formatdate(usegmt=True)),
            ("content-type", "application/json"),
            ("content-length", str(len(answer.body))),
            *answer.headers,
        ]
        events = (
            h11.Response(status_code=answer.status, reason=HTTPStatus(answer.status).phrase, headers=headers),
            h11.Data(data=body),
            h11.EndOfMessage(),
        )
        return b"".join(self._http.send(event) or b"" for event in events)

    async def _turn_away(self, answer: Answer) -> None:
        """Answer what is no request, and read on for a moment so that the answer is not lost to a reset."""
        closing = attrs.evolve(answer, headers=(("connection", "close"),))
        try:
            await self._deliver(Reply(closing))
            await self._stream.send_eof()
            with trio.move_on_after(LINGER_SECONDS):
                await self._read_to_the_end()
        except (trio.BrokenResourceError, trio.TooSlowError):
            return  # the caller left

    async def _read_to_the_end(self) -> None:
        try:
            while await self._stream.receive_some(RECEIVE_BYTES):
                pass
        except trio.BrokenResourceError:
            return  # it left with a reset
