"""A merchant's server that receives webhooks, and answers as a test says."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from attrs import frozen
from standardwebhooks import Webhook

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

Answer = int


@frozen
class Received:
    """A webhook that came whole, and what it was answered."""

    id: str
    body: dict[str, Any]
    answer: Answer

    @property
    def payment_id(self) -> str:
        return str(self.body["data"]["payment"]["paymentId"])

    @property
    def sequence(self) -> int:
        return int(self.body["data"]["sequence"])


class Receiver:
    """Verifies what comes once it has the `secret`. `answer` gives a status to the n-th webhook, from 0."""

    def __init__(self, answer: Callable[[int], Answer] = lambda _number: 200) -> None:
        self.received: list[Received] = []
        self.secret: str | None = None
        self._answer = answer
        self._lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(receiver.receive(dict(self.headers.items()), body))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/hooks"

    def receive(self, headers: dict[str, str], body: bytes) -> Answer:
        if self.secret is not None:
            Webhook(self.secret).verify(body, {name.lower(): value for name, value in headers.items()})
        lowered = {name.lower(): value for name, value in headers.items()}
        with self._lock:
            answer = self._answer(len(self.received))
            self.received.append(Received(lowered["webhook-id"], json.loads(body), answer))
        return answer

    def of_payments(self) -> dict[str, list[int]]:
        """Return each payment's `sequence`s that were taken, in the order in which each first was."""
        taken: defaultdict[str, list[int]] = defaultdict(list)
        for one in list(self.received):
            if one.answer == 200 and one.sequence not in taken[one.payment_id]:
                taken[one.payment_id].append(one.sequence)
        return dict(taken)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
