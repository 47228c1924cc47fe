"""A client of the simulated world: HTTP/1.1, with the habits that a seed gives it.

It outlives lives: a request that the server dies under ends with `Unanswered`, as does one that the client
itself gives up. Of both nobody knows whether they were accepted. A wrong answer is an error of the test:
bytes that are no HTTP, or the answer to another request, told by the `X-Request-Id`.
"""

import json
from collections.abc import Mapping
from typing import Any

import h11
import trio
from attrs import frozen

from tests.simulation.front_door_http import Answer, Unanswered, encoded, read_answer
from tests.simulation.front_door_listener import MemoryListener
from tests.simulation.front_door_stream import ON_ITS_WAY_SECONDS, ClientEnd
from tests.simulation.seeded import Simulation

_BEFORE_THE_HEAD_WAS_WHOLE = (408, 503)  # then the gateway knows neither its path nor its id
ANSWER_SECONDS = 60.0  # longer than the gateway takes for any answer
LONGEST_PAUSE_SECONDS = 12.0


@frozen
class ClientFaults:
    """Chances from 0 to 1, for each request.

    `slow` is the chance of pauses between the pieces of a request, together sometimes longer than the
    gateway's patience; `reuse` that of a kept-alive connection, where there is one.
    """

    leave_mid_request: float = 0.0
    leave_after_sending: float = 0.0
    slow: float = 0.0
    reuse: float = 1.0


NO_CLIENT_FAULTS = ClientFaults()
HASTY = ClientFaults(leave_mid_request=0.05, leave_after_sending=0.1, slow=0.1, reuse=0.6)


@frozen
class _Connection:
    end: ClientEnd
    http: h11.Connection


class Client:
    """May be used by several tasks at once. Assign `faults` to change its habits."""

    def __init__(
        self, listener: MemoryListener, simulation: Simulation, faults: ClientFaults, api_key: str
    ) -> None:
        self.faults = faults
        self.simulation = simulation
        self._listener = listener
        self._random = simulation.random
        self._api_key = api_key
        self._idle: list[_Connection] = []

    async def post_payment(self, document: Mapping[str, Any], key: str | None = None) -> Answer:
        """`POST /payments`, under an idempotency key. Raises `Unanswered`."""
        return await self.post("/payments", document, key)

    async def post(
        self,
        path: str,
        document: Mapping[str, Any] | None,
        key: str | None = None,
        request_id: str | None = None,
    ) -> Answer:
        """`POST` a path, under an idempotency key and an id of the request's own. Raises `Unanswered`."""
        keyed = {} if key is None else {"Idempotency-Key": key}
        body = None if document is None else json.dumps(document).encode()
        return await self._request("POST", path, keyed, body, request_id)

    async def get(self, path: str, *, wait: int = 0) -> Answer:
        """`GET` a path, at its next change within so many seconds (RFC 7240). Raises `Unanswered`."""
        return await self._request("GET", path, {"Prefer": f"wait={wait}"} if wait else {}, None)

    def headers(self, request_id: str) -> dict[str, str]:
        """Return what each request carries."""
        return {"Host": "pgw", "Authorization": f"Bearer {self._api_key}", "X-Request-Id": request_id}

    async def connect(self) -> ClientEnd:
        """Connect. Raises `Unanswered`."""
        await trio.sleep(self._random.random() * ON_ITS_WAY_SECONDS)
        try:
            return self._listener.connect()
        except trio.BrokenResourceError as error:
            raise Unanswered(str(error)) from None

    async def _request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None,
        request_id: str | None = None,
    ) -> Answer:
        request_id = request_id or self.simulation.ids.new("req")
        event = self.simulation.trace.event
        event(f"client: {request_id} {method} {path} {headers}")
        try:
            with trio.fail_after(ANSWER_SECONDS):
                connection = self._kept_alive() or _Connection(
                    await self.connect(), h11.Connection(h11.CLIENT)
                )
                request = encoded(
                    connection.http, method, path, {**self.headers(request_id), **headers}, body
                )
                answer = await self._exchange(connection, request)
        except (Unanswered, trio.TooSlowError) as error:
            event(f"client: {request_id} {error!r}")
            raise Unanswered(str(error)) from error
        event(f"client: {request_id} {answer}")
        is_whole = answer.status not in _BEFORE_THE_HEAD_WAS_WHOLE or "instance" in answer.document
        told = answer.headers.get("x-request-id")
        assert told == request_id or (told and not is_whole), f"not the answer to {request_id}: {answer}"
        return answer

    async def _exchange(self, connection: _Connection, request: bytes) -> Answer:
        http = connection.http
        is_reusable = False
        try:
            await self._send(connection.end, request)
            answer = await read_answer(connection.end, http)
            is_reusable = h11.DONE is http.our_state is http.their_state
        finally:
            if not is_reusable:
                connection.end.close()
        if is_reusable:
            http.start_next_cycle()
            self._idle.append(connection)
        return answer

    def _kept_alive(self) -> _Connection | None:
        """Return one that the server has not closed, as far as can be seen."""
        if self._random.random() >= self.faults.reuse:
            return None
        self._idle = [one for one in self._idle if not one.end.has_ended]
        return self._idle.pop(self._random.randrange(len(self._idle))) if self._idle else None

    async def _send(self, end: ClientEnd, request: bytes) -> None:
        """Send as the habits are. A server that has closed meanwhile may have answered before it did."""
        random, faults = self._random, self.faults
        leaves = random.random() < faults.leave_mid_request
        pause = LONGEST_PAUSE_SECONDS if random.random() < faults.slow else 0.0
        if leaves:
            request = request[: random.randrange(len(request))]
        # The first piece has something in it: a connection without a first byte is closed without an answer.
        cuts = sorted(random.randrange(max(1, len(request))) + 1 for _ in range(random.choice((0, 1, 3))))
        try:
            for begin, until in zip([0, *cuts], [*cuts, len(request)], strict=True):
                await trio.sleep(random.random() * pause)
                await end.send_all(request[begin:until])
        except trio.BrokenResourceError:
            return
        if leaves:
            raise Unanswered("the client left in the midst of its request")
        if random.random() < faults.leave_after_sending:
            raise Unanswered("the client left")
