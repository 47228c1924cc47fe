"""The real HTTP front door, over connections in memory: Hypercorn, Quart-Trio and `pgw.http` as they ship.

    async with front_door(parts, simulation, life) as client:
        status, headers, body = await client.post_payment(document, "key-1")
        status, headers, body = await client.get("/jobs/job_1")
        async with client_stream(client, after=0) as stream:
            event = await stream.next_event()

`parts` is what `pgw.http.app.make_app` takes; `API_KEY` must be a key in its ring. Enter it inside the
life's scope, and let the tasks that use the client be the world's: they outlive the life, and meet
`Unanswered` where it ends, or where the client itself gave up by its habits (`client.faults`:
`NO_CLIENT_FAULTS`, `HASTY`). `status` is an int, names of headers are in lower case. Each request waits at
most `ANSWER_SECONDS`; one that is cancelled closes its connection.

A graceful stop is `parts.stopping.set()`, and leaving: then connections are refused and running requests have
`GRACE_SECONDS` to end. A kill is `Life.kill()`: nothing is answered from then on.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, cast

import trio

from pgw.http.app import make_app
from pgw.http.call import Parts
from pgw.http.door import Door
from pgw.http.open_connections import OpenConnections
from pgw.http.server import serve
from tests.simulation.front_door_client import HASTY, NO_CLIENT_FAULTS, Client, ClientFaults
from tests.simulation.front_door_http import Answer, Unanswered
from tests.simulation.front_door_listener import MemoryListener
from tests.simulation.front_door_websocket import ClientStream, Refused, client_stream
from tests.simulation.life import Life
from tests.simulation.seeded import Simulation

__all__ = [
    "API_KEY",
    "HASTY",
    "NO_CLIENT_FAULTS",
    "Answer",
    "Client",
    "ClientFaults",
    "ClientStream",
    "Refused",
    "Unanswered",
    "client_stream",
    "front_door",
]

API_KEY = "ap_simulated"
GRACE_SECONDS = 10.0


@asynccontextmanager
async def front_door(
    parts: Parts,
    simulation: Simulation,
    life: Life,
    *,
    faults: ClientFaults = NO_CLIENT_FAULTS,
    api_key: str = API_KEY,
) -> AsyncIterator[Client]:
    """Serve the app of one life, and give a client of it."""
    listener = MemoryListener(life, simulation.random)
    serve_all = partial(
        serve,
        make_app(parts),
        cast("Any", listener),
        clock=parts.clock,
        door=Door(parts.clock, parts.ids),
        ids=parts.ids,
        shutdown=parts.stopping.wait,
        grace=GRACE_SECONDS,
        connections=OpenConnections(),
    )
    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve_all)
        yield Client(listener, simulation, faults, api_key)
        if not parts.stopping.is_set():
            nursery.cancel_scope.cancel()
