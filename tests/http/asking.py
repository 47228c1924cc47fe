"""Requests to the application itself, without sockets."""

import json
from typing import Any

import trio
from attrs import frozen

from pgw.http.front import Application
from tests.described import assert_answer_described
from tests.end_to_end.programs import order
from tests.http.parts import KEY


@frozen
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def code(self) -> str:
        return str(json.loads(self.text)["code"])


async def asked(
    app: Application,
    method: str,
    path: str,
    body: bytes = b"",
    *more_headers: tuple[bytes, bytes],
    client: str = "127.0.0.1",
    key: str = KEY,
    media_type: str = "application/json",
) -> Answer:
    """Ask the application itself, as a server would."""
    sent: list[Any] = []
    headers = [(b"host", b"x"), (b"authorization", f"Bearer {key}".encode())]
    headers += [(b"content-type", media_type.encode()), (b"x-request-id", b"req.test"), *more_headers]
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
    }
    path, _, query = path.partition("?")
    scope |= {"method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode()}
    scope |= {"headers": headers, "client": (client, 1), "server": ("127.0.0.1", 2), "root_path": ""}

    async def receive() -> dict[str, Any]:
        await trio.lowlevel.checkpoint()
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        await trio.lowlevel.checkpoint()
        sent.append(message)

    await app(scope, receive, send)
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    text = b"".join(message["body"] for message in sent[1:]).decode()
    assert_answer_described(method, path, sent[0]["status"], answered.items(), text.encode())
    return Answer(sent[0]["status"], answered, text)


async def paid(app: Application, key: str | None = None, **changes: Any) -> Answer:
    """Pay, under an idempotency key or without one."""
    headers = [] if key is None else [(b"idempotency-key", key.encode())]
    return await asked(app, "POST", "/payments", json.dumps(order(**changes)).encode(), *headers)
