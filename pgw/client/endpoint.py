"""Registers a webhook endpoint at a gateway, and deletes it again."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpcore
import simplejson
import trio
from attrs import field, frozen

from pgw.client.address import GatewayAddress, told
from pgw.client.documents import read_object
from pgw.client.exchange import Answered, exchange
from pgw.client.refusals import CannotGoOn, read_problem, sentence_of, unreachable
from pgw.client.verification import NoSecret, WebhookSecret

SECONDS = 10.0
DESCRIPTION = "pgw listen"
REFUSES_THIS_MACHINE = (
    "The gateway refuses to send webhooks to this machine: start it with PGW_WEBHOOK_ALLOW_PRIVATE=1, for "
    "development alone (`pgw demo` does)."
)


@frozen
class Endpoint:
    """An endpoint that was registered, and what it is signed with."""

    id: str
    secret: WebhookSecret


@frozen
class Endpoints:
    """The endpoints of the key's merchant at a gateway. Each call takes 10 s at most.

    A request whose answer was lost is sent once more, for all of them are safe to repeat.
    """

    address: GatewayAddress
    key: str = field(repr=False)

    async def register(self, url: str, event_types: Sequence[str] | None, idempotency_key: str) -> Endpoint:
        """Register an endpoint for events of these types, or of all. Raises `CannotGoOn`."""
        body: dict[str, Any] = {"url": url, "description": DESCRIPTION}
        if event_types is not None:
            body["eventTypes"] = list(event_types)
        key = ("Idempotency-Key", idempotency_key)
        status, answer = await self._ask("POST", "", simplejson.dumps(body).encode(), key)
        if status != HTTPStatus.CREATED:
            raise CannotGoOn(self._refused(url, status, answer))
        registered = read_object(answer) or {}
        try:
            return Endpoint(str(registered["endpointId"]), WebhookSecret.of(str(registered["secret"])))
        except (KeyError, NoSecret) as error:
            raise CannotGoOn("The gateway's answer has no endpoint and its secret in it.") from error

    async def delete(self, endpoint_id: str) -> None:
        """Delete an endpoint; one that is gone already is no mistake. Raises `CannotGoOn`."""
        status, answer = await self._ask("DELETE", f"/{quote(endpoint_id, safe='')}")
        if status not in {HTTPStatus.OK, HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND}:
            raise CannotGoOn(sentence_of(status, answer))

    def _refused(self, url: str, status: int, answer: bytes) -> str:
        problem = read_problem(answer)
        if problem.get("code") == "DuplicateWebhookEndpoint":
            all_of_them = f"{self.address.url}/webhook-endpoints"
            return (
                f"An endpoint for {url} is there already, of an earlier run that could not delete it: "
                f"GET {all_of_them} tells its endpointId, DELETE {all_of_them}/{{endpointId}} deletes it."
            )
        errors = problem.get("errors")
        named = errors if isinstance(errors, list) else []
        pointers = [one.get("pointer") for one in named if isinstance(one, Mapping)]
        # The URL is ours, and sound: only where it points can be wrong with it.
        return REFUSES_THIS_MACHINE if "#/url" in pointers else sentence_of(status, answer)

    async def _ask(
        self, method: str, path: str, body: bytes = b"", *more: tuple[str, str]
    ) -> tuple[int, bytes]:
        headers = [("Authorization", f"Bearer {self.key}"), ("Content-Type", "application/json"), *more]
        url = f"{self.address.url}/webhook-endpoints{path}"
        ask = partial(exchange, method, url, headers, body, seconds=SECONDS, tls=self.address.tls)
        try:
            with trio.fail_after(SECONDS):
                answered = await _with_one_repeat(ask)
        except trio.TooSlowError as error:
            raise CannotGoOn(f"The gateway did not answer within {SECONDS:g} s.") from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise CannotGoOn(unreachable(self.address.url, told(error))) from error
        return answered.status, answered.body


async def _with_one_repeat(ask: Callable[[], Awaitable[Answered]]) -> Answered:
    try:
        return await ask()
    except httpcore.ConnectError:
        raise
    except (httpcore.NetworkError, httpcore.ProtocolError):
        return await ask()
