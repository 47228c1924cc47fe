"""A merchant's server in a process of its own. Each webhook that comes is a line of its log, in this order.

`POST /trouble` and `POST /calm` say how `/troubled` is from then on; `/healthy` answers 200 at once, always.
"""

import json
import time
from collections import Counter
from functools import partial
from io import RawIOBase
from pathlib import Path

import click
import trio
from attrs import define, field

from tests.webhook_torture.trouble import RETRY_AFTER_SECONDS, Reply, reply_to
from tests.webhook_torture.wire import Connection, Malformed, Request

TROUBLED, HEALTHY = "/troubled", "/healthy"
# In seconds; a sender that is gone by then has hung up.
LONGEST_HANG = 30.0
SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature", "content-type")


@define(eq=False)
class Receiver:
    log: RawIOBase
    seed: int
    is_troubled: bool = False
    _tries: Counter[tuple[str, str]] = field(factory=Counter)
    _bodies: dict[tuple[str, str], bytes] = field(factory=dict)

    async def serve(self, stream: trio.SocketStream) -> None:
        connection = Connection(stream)
        try:
            async with stream:
                while (request := await connection.request()) is not None:
                    if not await self._answer(connection, request):
                        return
        except (trio.BrokenResourceError, trio.ClosedResourceError):  # the sender was killed, or gave up
            pass
        except (Malformed, ValueError, KeyError, TypeError) as error:
            self._write({"malformed": repr(error)})

    async def _answer(self, connection: Connection, request: Request) -> bool:
        """Return whether the connection goes on."""
        if request.path not in (TROUBLED, HEALTHY):
            if request.path != "/ready":
                self.is_troubled = request.path == "/trouble"
            await connection.answer(200)
            return True
        match self._take_note(request):
            case Reply.RESET:
                connection.reset_at_close()
                return False
            case Reply.CLOSE:
                return False
            case Reply.HANG:
                await connection.closed_by_the_other_side(LONGEST_HANG)
                return False
            case Reply.TOO_MANY:
                await connection.answer(429, headers=f"Retry-After: {RETRY_AFTER_SECONDS}\r\n")
            case reply:
                await connection.answer(int(reply), b"What the endpoint says of it.")
        return True

    def _take_note(self, request: Request) -> Reply:
        name = request.path, request.headers.get("webhook-id", "")
        self._tries[name] += 1
        is_troubled = self.is_troubled and request.path == TROUBLED
        reply = reply_to(self.seed, _event(request), self._tries[name]) if is_troubled else Reply.WELL
        is_new = self._bodies.get(name) != request.body
        self._bodies[name] = request.body
        self._write(
            {
                "path": request.path,
                "at": time.time_ns() // 1_000_000,
                "headers": [request.headers.get(header, "") for header in SIGNED],
                "body": request.body.decode(errors="replace") if is_new else None,
                "reply": reply,
            }
        )
        return reply

    def _write(self, line: dict[str, object]) -> None:
        self.log.write(json.dumps(line).encode() + b"\n")


def _event(request: Request) -> str:
    """Return what names an event in each run of the same seed; ids do not."""
    document = json.loads(request.body)
    return f"{document['type']} of {document['data']['payment']['reference']}"


@click.command()
@click.option("--port", required=True, type=int)
@click.option("--log", required=True, type=click.Path(path_type=Path))
@click.option("--seed", required=True, type=int)
def main(port: int, log: Path, seed: int) -> None:
    with log.open("ab", buffering=0) as file:
        receiver = Receiver(file, seed)
        trio.run(partial(trio.serve_tcp, receiver.serve, port, host="127.0.0.1", backlog=1024))


if __name__ == "__main__":
    main()
