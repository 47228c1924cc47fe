"""Another merchant's id is answered as an unknown one is, on whatever route, by whatever method."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pgw.http.jobs.upgrade import upgrade_required
from pgw.http.routes import ROUTES, Route
from tests.described import assert_described
from tests.end_to_end.hooks import add
from tests.end_to_end.programs import KEY, OTHER_KEY
from tests.end_to_end.streams import UPGRADE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.end_to_end.programs import Gateway

# A route with a parameter that stands in neither fails: give one in `ids`, or say that it is nobody's.
OF_A_MERCHANT = {"payment_id", "job_id", "endpoint_id", "delivery_id"}
OF_NOBODY = {"code", "name"}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE")
WAYS: Mapping[str, tuple[str, dict[str, str]]] = {
    "plain": ("", {}),
    "slash": ("/", {}),
    "slashes": ("//", {}),
    "query": ("?after=0&limit=1&status=Created", {}),
    "wait": ("", {"Prefer": "wait=1"}),
    "key": ("", {"Idempotency-Key": "a key of theirs"}),
    "accept": ("", {"Accept": "text/html"}),
    "websocket": ("", UPGRADE),
    "websocket, slash": ("/", UPGRADE),
    "websocket, resumed": ("?after=0", UPGRADE),
    "websocket, after what is not yet": ("?after=999999999", UPGRADE),
}
FILTERS = {"paymentId": "payment_id", "endpointId": "endpoint_id"}
LISTS = [route for route in ROUTES if route.path in {"/payments", "/jobs"} and route.method == "GET"]
WITH_ID = [route for route in ROUTES if "<" in route.path]


def named(route: Route) -> str:
    return f"{route.method} {route.path}"


def parameters(route: Route) -> set[str]:
    return set(re.findall("<([^>]+)>", route.path))


OWNED = [route for route in WITH_ID if parameters(route) & OF_A_MERCHANT]


@pytest.fixture(scope="module")
def ids(gateway: Gateway) -> dict[str, str]:
    """Return the ids of what the first merchant has."""
    endpoint_id = add(gateway.client).json()["endpointId"]
    job = gateway.settled(gateway.pay())
    told = gateway.client.get("/webhook-deliveries", params={"endpointId": endpoint_id}).json()
    return {
        "payment_id": job["paymentId"],
        "job_id": job["jobId"],
        "endpoint_id": endpoint_id,
        "delivery_id": told["data"][0]["deliveryId"],
    }


def filled(path: str, ids: Mapping[str, str]) -> str:
    return re.sub("<([^>]+)>", lambda found: ids[found[1]], path)


def unknown(ids: Mapping[str, str]) -> dict[str, str]:
    """Return ids that look alike and are nobody's: their letters go on from the middle in another order."""
    return {name: one[:20] + one[:19:-1] for name, one in ids.items()}


@pytest.fixture(scope="module")
def client(gateway: Gateway) -> Iterator[httpx.Client]:
    """Return a client without a key, one request a connection: a refused upgrade ends its own."""
    hooks = {"response": [assert_described]}
    limits = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(base_url=gateway.url, timeout=20, event_hooks=hooks, limits=limits) as opened:
        yield opened


def asked(client: httpx.Client, method: str, path: str, headers: Mapping[str, str]) -> httpx.Response:
    content = {"POST": b"{}", "PUT": b"{}", "PATCH": b'{"description":"theirs"}'}.get(method, b"")
    media_type = {"Content-Type": "application/json"} if content else {}
    told = {"X-Request-Id": "req.tenants", **media_type, **headers}
    return client.request(method, path, headers=told, content=content)


def all_of(answer: httpx.Response, ids: Mapping[str, str]) -> tuple[int, list[Any], str]:
    """Return all of an answer but its date, and the ids that were asked for."""
    text = answer.text
    for one in ids.values():
        text = text.replace(one, "ID")
    text = re.sub(r'"date":"[^"]*"', "", text)
    headers = [header for header in answer.headers.raw if header[0].lower() != b"date"]
    return answer.status_code, headers, text


@pytest.mark.parametrize("route", WITH_ID, ids=named)
def test_each_parameter_of_a_path_is_known_here(route: Route) -> None:
    assert set() == parameters(route) - OF_A_MERCHANT - OF_NOBODY


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("route", OWNED, ids=named)
def test_anothers_id_is_answered_as_an_unknown_one(
    route: Route, way: str, client: httpx.Client, ids: dict[str, str]
) -> None:
    suffix, headers = WAYS[way]
    nobodys = unknown(ids)
    for method in METHODS if "Upgrade" not in headers else ("GET",):
        answers = [
            all_of(asked(client, method, filled(route.path, given) + suffix, OTHER_KEY | headers), given)
            for given in (ids, nobodys)
        ]
        assert answers[1] == answers[0], method
        assert 400 <= answers[0][0] < 500, method


# A `GET` of a stream is told that it is a WebSocket, and nothing else is looked at.
LOOKED_UP = [route for route in OWNED if route.endpoint is not upgrade_required]
# What is deleted must be there for all others first.
LOOKED_UP.sort(key=lambda route: route.method == "DELETE")


@pytest.mark.parametrize("route", LOOKED_UP, ids=named)
def test_their_owner_is_answered_otherwise(route: Route, client: httpx.Client, ids: dict[str, str]) -> None:
    """What holds above must not hold because the ids are nobody's."""
    method, headers = ("GET", KEY | UPGRADE) if route.method == "WS" else (route.method, KEY)
    theirs, nobodys = (
        asked(client, method, filled(route.path, given), headers) for given in (ids, unknown(ids))
    )
    assert 404 == nobodys.status_code
    if route.method == "WS":
        assert 101 == theirs.status_code
    elif route.method == "DELETE":
        assert (204, "") == (theirs.status_code, theirs.text)
    elif route.path.endswith(("/captures", "/voids")):
        # It was charged at once.
        assert (409, True) == (theirs.status_code, "The payment is Approved" in theirs.text)
    else:
        assert theirs.is_success
        assert any(one in theirs.text for one in ids.values())


@pytest.mark.parametrize("route", LISTS, ids=named)
def test_a_list_has_nothing_of_anothers(route: Route, client: httpx.Client, ids: dict[str, str]) -> None:
    theirs = asked(client, "GET", f"{route.path}?limit=100", KEY)
    assert any(one in theirs.text for one in ids.values())
    names = {one.name for one in route.operation.parameters}
    filters = [f"{name}={ids[of]}" for name, of in FILTERS.items() if name in names]
    for query in ("limit=100", *filters):
        others = asked(client, "GET", f"{route.path}?{query}", OTHER_KEY)
        assert 200 == others.status_code
        assert not any(one in others.text for one in ids.values()), query
