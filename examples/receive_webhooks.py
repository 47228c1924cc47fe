"""Receive webhooks with the standard library alone.

PGW_WEBHOOK_SECRET=whsec_… python examples/receive_webhooks.py --port 8000
"""

import argparse
import base64
import hmac
import json
import os
import sys
import time
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE_SECONDS = 300
LONGEST_LENGTH = 6  # in digits: bodies are of a few KiB


def key_of(secret: str) -> bytes:
    """Return what webhooks are signed with; nothing where this is no secret of an endpoint."""
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        return b""


def verified_id(key: bytes, headers: Message, body: bytes) -> str | None:
    """Return the webhook's id where the gateway sent this body just now (Standard Webhooks 1.0.0)."""
    webhook_id, timestamp = headers.get("webhook-id"), headers.get("webhook-timestamp", "")
    if not webhook_id or not timestamp.isdecimal() or len(timestamp) > 12:  # noqa: PLR2004
        return None
    if abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        return None
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    expected = b"v1," + base64.b64encode(hmac.digest(key, signed, "sha256"))
    # There are two while a secret is rotated. Compared in a time that tells nothing of how much is right.
    given = headers.get("webhook-signature", "").encode().split(b" ")
    return webhook_id if any(hmac.compare_digest(expected, one) for one in given) else None


class Receiver(BaseHTTPRequestHandler):
    key = b""
    handled: set[str] = set()  # noqa: RUF012 - one for all; yours is a table, written with what you do
    timeout = 15

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or len(length) > LONGEST_LENGTH:
            self.answer(413)
            return
        body = self.rfile.read(int(length))
        webhook_id = verified_id(self.key, self.headers, body)
        if webhook_id is None:
            self.answer(400)
            return
        # A webhook comes again, under the same id, where the gateway did not hear that you have it.
        if webhook_id not in self.handled:
            event = json.loads(body)
            print(f"{event['timestamp']} {event['type']} {webhook_id}", flush=True)
            self.handled.add(webhook_id)
        self.answer(204)

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Connection", "close")
        self.end_headers()


def main() -> int:
    parser = argparse.ArgumentParser(description="Receive webhooks, verify them and print them.")
    parser.add_argument("--port", type=int, default=8000, help="port on this machine; 0 takes a free one")
    options = parser.parse_args()
    Receiver.key = key_of(os.environ.get("PGW_WEBHOOK_SECRET", ""))
    if not Receiver.key:
        print("Set PGW_WEBHOOK_SECRET to the secret that POST /webhook-endpoints answered.", file=sys.stderr)
        return 2
    with ThreadingHTTPServer(("127.0.0.1", options.port), Receiver) as server:
        print(f"Listening on http://127.0.0.1:{server.server_port}/", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
