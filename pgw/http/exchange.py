"""One request and its answer: the body first, then the endpoint, then the answer in two messages."""

from typing import Any, cast

import trio
from quart.wrappers import Response
from quart_trio.asgi import TrioASGIHTTPConnection

from pgw.domain.result import Err, Ok, Result

BODY = "pgw.body"
LARGEST_BODY_BYTES = 64 * 1024
BODY_SECONDS = 15
DISCARD_SECONDS = 5


class Exchange(TrioASGIHTTPConnection):
    """Quart-Trio's own cancels the endpoint when its client leaves, which takes two more tasks a request.

    Here it goes on to its end, which every endpoint has; an accepted payment needs nobody to wait for it.
    """

    async def __call__(self, receive: Any, send: Any) -> None:
        request = self._create_request_from_scope(send)
        body = cast("dict[str, Any]", request.scope)[BODY] = await _receive_body(receive)
        response = await self.app.handle_request(request)
        await self._send_response(send, response)
        if isinstance(body, Err):
            await _discard(receive)

    async def _send_response(self, send: Any, response: Any) -> None:
        assert isinstance(response, Response)
        headers = [(name.lower().encode(), value.encode()) for name, value in response.headers]
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        body = await response.get_data(as_text=False)
        await send({"type": "http.response.body", "body": body, "more_body": False})


async def _receive_body(receive: Any) -> Result[bytes, str]:
    """Return the whole body, or the code of the problem with it, once an endpoint asks for it."""
    body = b""
    with trio.move_on_after(BODY_SECONDS):
        while True:
            message = await receive()
            if message["type"] != "http.request":
                break
            body += message["body"]
            if len(body) > LARGEST_BODY_BYTES:
                return Err("RequestTooLarge")
            if not message.get("more_body", False):
                return Ok(body)
    return Err("RequestTimeout")


async def _discard(receive: Any) -> None:
    """Read on for a while what nobody waits for, so that Hypercorn can put down what it holds."""
    with trio.move_on_after(DISCARD_SECONDS):
        while (await receive())["type"] != "http.disconnect":
            pass
