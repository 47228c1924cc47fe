"""One request and its answer: the body first, then the endpoint, then the answer in two messages."""

from typing import Any, cast

import trio
from quart.wrappers import Response
from quart_trio.asgi import TrioASGIHTTPConnection

from pgw.domain.result import Err, Ok, Result
from pgw.http.patience import patience_of

BODY = "pgw.body"
LARGEST_BODY_BYTES = 64 * 1024
_END = {"type": "http.response.body", "body": b"", "more_body": False}


class Exchange(TrioASGIHTTPConnection):
    """Quart-Trio's own cancels the endpoint when its client leaves, which takes two more tasks a request.

    Here it goes on to its end, which every endpoint has; an accepted payment needs nobody to wait for it.
    """

    async def __call__(self, receive: Any, send: Any) -> None:
        request = self._create_request_from_scope(send)
        body = cast("dict[str, Any]", request.scope)[BODY] = await _receive_body(
            receive, patience_of(self.scope).body
        )
        if body is None:
            return
        response = await self.app.handle_request(request)
        if isinstance(body, Ok):
            await self._send_response(send, response)
        else:
            await self._send_while_discarding(receive, send, response)

    async def _send_while_discarding(self, receive: Any, send: Any, response: Any) -> None:
        """Answer a client that may still be sending, and read on meanwhile.

        A connection closed with bytes unread is reset, and the answer may be lost with it. Hypercorn, for its
        part, waits without end where nobody takes what it holds.
        """
        ended = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_discard, receive, ended)
            await self._send_response(send, response, is_whole=False)
            with trio.move_on_after(patience_of(self.scope).discard):
                await ended.wait()
            await send(_END)
            nursery.cancel_scope.cancel()

    async def _send_response(self, send: Any, response: Any, *, is_whole: bool = True) -> None:
        assert isinstance(response, Response)
        headers = [(name.lower().encode(), value.encode()) for name, value in response.headers]
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        body = await response.get_data(as_text=False)
        await send({"type": "http.response.body", "body": body, "more_body": not is_whole})


async def _receive_body(receive: Any, seconds: float) -> Result[bytes, str] | None:
    """Return the whole body, or the code of the problem with it; None where the client left meanwhile."""
    body = bytearray()
    with trio.move_on_after(seconds):
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return None
            body += message["body"]
            if len(body) > LARGEST_BODY_BYTES:
                return Err("RequestTooLarge")
            if not message.get("more_body", False):
                return Ok(bytes(body))
    return Err("RequestTimeout")


async def _discard(receive: Any, ended: trio.Event) -> None:
    """Take what nobody waits for until cancelled, and tell when the request has ended."""
    while True:
        message = await receive()
        if not message.get("more_body", False):
            ended.set()
