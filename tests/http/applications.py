"""Applications for a server under test, smaller than ours."""

from typing import Any

import trio


class Answering:
    """Takes a whole body and answers 202 after a while, or lets a WebSocket in; tells what it saw."""

    def __init__(self, after: float = 0.0, accept_after: float = 0.0) -> None:
        self.after = after
        self.accept_after = accept_after
        self.began = trio.Event()
        self.ended = trio.Event()
        self.received: list[Any] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] != "lifespan"  # by which Hypercorn learns that there is none
        self.began.set()
        try:
            await (
                self._listen(receive, send) if scope["type"] == "websocket" else self._answer(receive, send)
            )
        finally:
            self.ended.set()

    async def _answer(self, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            if not message.get("more_body"):
                break
        await trio.sleep(self.after)
        await send({"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok", "more_body": False})

    async def _listen(self, receive: Any, send: Any) -> None:
        await receive()
        await trio.sleep(self.accept_after)
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            self.received.append(message)


async def refusing(scope: Any, receive: Any, send: Any) -> None:
    """Answer each WebSocket with 401 at once."""
    assert scope["type"] == "websocket"
    await receive()
    await send(
        {"type": "websocket.http.response.start", "status": 401, "headers": [(b"content-length", b"2")]}
    )
    await send({"type": "websocket.http.response.body", "body": b"no"})


class Flooding:
    """Answers with more than any buffer holds."""

    def __init__(self) -> None:
        self.ended = trio.Event()

    async def __call__(self, scope: Any, _receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        try:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"x" * 20_000_000, "more_body": False})
        finally:
            self.ended.set()


class SendingForEver:
    """A WebSocket that only sends, and looks for nothing else; `most` times after its client has left."""

    MOST = 500_000

    def __init__(self) -> None:
        self.has_left = False
        self.sent_to_nobody = 0
        self.ended = trio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] != "lifespan"
        await receive()
        await send({"type": "websocket.accept"})
        try:
            while self.sent_to_nobody < self.MOST:
                await send({"type": "websocket.send", "text": "more"})
                self.sent_to_nobody += self.has_left
        finally:
            self.ended.set()


class AtLength:
    """Answers with more than the buffers on the way hold."""

    async def __call__(self, _scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * 20_000_000, "more_body": False})


class SendingTwoAtOnce:
    """A WebSocket that sends two messages at a time, each more than the buffers on the way hold."""

    SIZE = 20_000_000

    def __init__(self) -> None:
        self.ended = trio.Event()

    async def __call__(self, _scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        try:
            async with trio.open_nursery() as nursery:
                for _ in range(2):
                    nursery.start_soon(send, {"type": "websocket.send", "text": "x" * self.SIZE})
        finally:
            self.ended.set()
