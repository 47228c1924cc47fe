"""Whose request it is, and what is answered to whoever does not say it well."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from pgw.actors.gateway import Gateway, GatewayLimits
from pgw.actors.key_ring import Credential
from pgw.domain.merchant import Scope
from pgw.http.app import make_app
from pgw.http.authentication import INVALID_KEY, NO_KEY, credential_of
from pgw.http.routes import ROUTES
from tests.actors.memory_storage import MemoryStorage
from tests.http.asking import asked
from tests.http.parts import KEY, MERCHANT_ID, parts_over, ports_over
from tests.merchants import CREATED_AT, key_on, ring_with

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pgw.http.front import Application
    from pgw.http.routes import Route

RING = ring_with("live-key", "mer_live")
DIGEST = RING.digest_of("live-key")

NO_KEYS = [None, "", " ", "live-key", "Basic live-key", "Bearerlive-key", "Bearer\tlive-key"]
BAD_KEYS = ["Bearer", "Bearer ", "Bearer live key", "Bearer live-key,live-key", "Bearer " + "a" * 60_000]
OTHER_KEYS = ["Bearer live-key2", "Bearer live-ke", "Bearer LIVE-KEY", f"Bearer {DIGEST}"]
NOT_ASCII = ["Bearer \udcff", "Bearer \xe9"]
WITH_SCOPE = [route for route in ROUTES if route.scope and route.method != "WS"]


@asynccontextmanager
async def serving(**changes: Any) -> AsyncIterator[Application]:
    """Serve with a key that differs from a good one by these changes."""
    storage = MemoryStorage()
    ports = ports_over(storage)
    parts = parts_over(storage, Gateway(ports, GatewayLimits(1, 1, taken_up=1)), ports)
    parts.keys.take([evolve(key_on(parts.keys, KEY, MERCHANT_ID), **changes)])
    yield make_app(parts)


@pytest.mark.parametrize(
    "authorization",
    ["Bearer live-key", "bearer live-key", "BEARER live-key", "Bearer  live-key", "Bearer live-key "],
)
def test_a_key_determines_the_merchant(authorization: str) -> None:
    credential = credential_of(RING, authorization)
    assert isinstance(credential, Credential)
    assert "mer_live" == credential.key.merchant_id


@pytest.mark.parametrize("authorization", NO_KEYS, ids=ascii)
def test_who_sends_no_key_is_told_how_to_send_one(authorization: str | None) -> None:
    assert NO_KEY == credential_of(RING, authorization)


@pytest.mark.parametrize(
    "authorization", [*BAD_KEYS, *OTHER_KEYS, *NOT_ASCII], ids=lambda one: ascii(one)[:30]
)
def test_anything_else_is_nobodys_key(authorization: str) -> None:
    assert INVALID_KEY == credential_of(RING, authorization)


@pytest.mark.parametrize("route", WITH_SCOPE, ids=lambda one: f"{one.method} {one.path}")
async def test_a_key_without_the_routes_scope_is_refused_with_the_scope_it_takes(route: Route) -> None:
    others = tuple(scope for scope in Scope if scope is not route.scope)
    path = route.path.replace("<", "").replace(">", "")
    async with serving(scopes=others) as app:
        answer = await asked(app, route.method, path)
    assert (403, "InsufficientScope") == (answer.status, answer.code)
    challenge = f'Bearer error="insufficient_scope", scope="{route.scope}"'
    assert challenge == answer.headers["www-authenticate"]


async def test_a_key_that_is_no_longer_good_is_answered_as_an_unknown_one() -> None:
    answers = []
    ended: list[dict[str, Any]] = [{"revoked_at": CREATED_AT}, {"expires_at": CREATED_AT}]
    for changes in ended:
        async with serving(**changes) as app:
            answers.append(await asked(app, "GET", "/jobs/job_1"))
    async with serving() as app:
        answers.append(await asked(app, "GET", "/jobs/job_1", key="unknown"))
    assert [(401, "UnauthorizedAccess", INVALID_KEY.header)] * 3 == [
        (one.status, one.code, one.headers["www-authenticate"]) for one in answers
    ]
    assert 1 == len({json.dumps(json.loads(one.text) | {"date": ""}) for one in answers})


async def test_no_answer_repeats_the_key() -> None:
    async with serving(scopes=(Scope.PAYMENTS_READ,)) as app:
        for method, path in (("POST", "/payments"), ("GET", f"/problems/{KEY}"), ("GET", "/jobs/stream")):
            answer = await asked(app, method, path)
            told = json.loads(answer.text)
            told.pop("instance")
            assert KEY not in json.dumps(told) + json.dumps(answer.headers)
