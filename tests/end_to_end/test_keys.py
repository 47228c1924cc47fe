"""Merchants' keys beside a running gateway, from the first to the last."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import trio
from trio_websocket import ConnectionClosed

from pgw.domain.key_format import is_well_formed
from tests.end_to_end.commands import pgw
from tests.end_to_end.programs import PROJECT, environment_without_settings, order
from tests.end_to_end.streams import UPGRADE, frame, listening

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from trio_websocket import WebSocketConnection

    from tests.end_to_end.programs import Gateway

# A command runs a loop of its own, so beside the test's.
beside = trio.to_thread.run_sync
INVALID = 'Bearer error="invalid_token"'
SLOW = "4000009900000012"
# In virtual time it is at once; here other programs may have the processor.
SOON = 5.0


def by_a_process(*arguments: str, database: Path) -> str:
    """Run a command as a program of its own and return what it printed."""
    command = [sys.executable, "-m", "pgw", *arguments, "--database", str(database)]
    environment = environment_without_settings()
    ended = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert 0 == ended.returncode, ended.stderr
    return ended.stdout.strip()


class Shop:
    """A merchant of a gateway, and its keys by their ids."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway, self.keys = gateway, dict[str, str]()
        (added,) = pgw("merchants", "add", "Shop", "--json", database=gateway.database).documents
        self.id: str = added["merchantId"]

    def create_key(self, *options: str) -> str:
        return self._made("create", self.id, *options)

    def rotate(self, key_id: str, *options: str) -> str:
        return self._made("rotate", key_id, *options)

    def _made(self, *arguments: str) -> str:
        (made,) = pgw("keys", *arguments, "--json", database=self.gateway.database).documents
        self.keys[made["keyId"]] = made["key"]
        return str(made["keyId"])

    def bearer(self, key_id: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[key_id]}"}

    def asked(self, key_id: str, path: str = "/jobs/job_x", **headers: str) -> httpx.Response:
        url = self.gateway.url + path
        return httpx.get(url, headers=self.bearer(key_id) | headers, timeout=40)

    def pay(self, key_id: str, number: str = "4242424242424242") -> httpx.Response:
        url = f"{self.gateway.url}/payments"
        return httpx.post(url, headers=self.bearer(key_id), json=order(number))


@pytest.fixture
def shop(gateway: Gateway) -> Shop:
    return Shop(gateway)


async def closed_with(stream: WebSocketConnection) -> tuple[int, str | None]:
    """Return why the stream was closed, once it was."""
    # Sooner than `listening` itself gives up, which cannot close then.
    with suppress(ConnectionClosed), trio.fail_after(12):
        while True:
            await stream.get_message()
    assert stream.closed is not None
    return int(stream.closed.code), stream.closed.reason


def refusal(answer: httpx.Response) -> tuple[int, str, str | None]:
    return answer.status_code, answer.json()["code"], answer.headers.get("WWW-Authenticate")


def test_a_key_pays_and_the_log_says_which_it_was(gateway: Gateway) -> None:
    """By programs of their own, as an operator runs them."""
    merchant = by_a_process("merchants", "add", "Shop of Zoë", database=gateway.database)
    key = by_a_process("keys", "create", merchant, database=gateway.database)
    assert is_well_formed(key)
    bearer = {"Authorization": f"Bearer {key}"}
    accepted = httpx.post(f"{gateway.url}/payments", headers=bearer, json=order())
    assert 202 == accepted.status_code
    (listed,) = pgw("keys", "list", merchant, "--json", database=gateway.database).documents
    log = gateway.request_log(accepted.headers["X-Request-Id"])
    assert (merchant, listed["keyId"]) == (log["MerchantId"], log["KeyId"])
    path = accepted.headers["Location"]
    assert 200 == httpx.get(gateway.url + path, headers=bearer).status_code
    assert 404 == gateway.client.get(path).status_code


async def test_a_rotated_key_works_until_it_is_revoked_and_then_everything_of_it_ends_at_once(
    shop: Shop,
) -> None:
    old = await beside(shop.create_key)
    new = await beside(shop.rotate, old, "--overlap", "1h")
    job = shop.pay(old, SLOW)
    assert [202, 200] == [job.status_code, shop.asked(new, job.headers["Location"]).status_code]
    hangs = shop.pay(old, "4000009900000020").headers["Location"]
    answers: dict[str, httpx.Response] = {}

    async def wait(name: str, key_id: str) -> None:
        ask = partial(shop.asked, key_id, hangs, Prefer="wait=30")
        answers[name] = await beside(ask)
        ended[name] = time.monotonic()

    ended: dict[str, float] = {}
    async with (
        listening(shop.gateway, key=shop.bearer(old)) as stream,
        listening(shop.gateway, key=shop.bearer(new)) as other,
        trio.open_nursery() as nursery,
    ):
        for one in (stream, other):
            assert "stream.ready" == (await frame(one))["type"]
        nursery.start_soon(wait, "old", old)
        await trio.sleep(0.2)  # until it waits; where it comes late it is refused, which is as good
        revoke = partial(pgw, "keys", "revoke", old, database=shop.gateway.database)
        assert 0 == (await beside(revoke)).exit_code
        revoked = time.monotonic()
        assert (1008, "The key is not good any more.") == await closed_with(stream)
        assert time.monotonic() - revoked < SOON
        assert (401, "UnauthorizedAccess", INVALID) == refusal(shop.asked(old))
        assert 404 == shop.asked(new).status_code
        assert other.closed is None
    assert (401, "UnauthorizedAccess", INVALID) == refusal(answers["old"])
    assert ended["old"] - revoked < SOON


async def test_a_disabled_merchant_is_refused_and_its_payments_go_on(shop: Shop) -> None:
    key, database = await beside(shop.create_key), shop.gateway.database
    accepted = shop.pay(key, SLOW)
    async with listening(shop.gateway, key=shop.bearer(key)) as stream:
        disable = partial(pgw, "merchants", "disable", shop.id, database=database)
        assert 0 == (await beside(disable)).exit_code
        assert 1008 == (await closed_with(stream))[0]
    assert (401, "UnauthorizedAccess", INVALID) == refusal(shop.asked(key))
    assert (401, "UnauthorizedAccess", INVALID) == refusal(shop.pay(key))
    assert 401 == shop.asked(key, "/jobs/stream", **UPGRADE).status_code
    enable = partial(pgw, "merchants", "enable", shop.id, database=database)
    assert 0 == (await beside(enable)).exit_code
    job = shop.asked(key, accepted.headers["Location"], Prefer="wait=10").json()
    assert ("Completed", "Approved") == (job["status"], job["paymentStatus"])


async def test_a_key_that_expires_ends_its_stream(shop: Shop) -> None:
    key = await beside(shop.create_key, "--expires-in", "3s")
    made = time.monotonic()
    async with listening(shop.gateway, key=shop.bearer(key)) as stream:
        assert 1008 == (await closed_with(stream))[0]
    assert time.monotonic() - made < 3 + SOON
    assert (401, "UnauthorizedAccess", INVALID) == refusal(shop.asked(key))


async def test_a_key_is_good_for_its_scopes_alone(shop: Shop) -> None:
    reading = await beside(shop.create_key, "--scope", "payments:read")
    writing = await beside(shop.create_key, "--scope", "payments:write")
    paid = shop.pay(writing)
    path = paid.headers["Location"]
    assert [202, 200] == [paid.status_code, shop.asked(reading, path).status_code]
    for answer, scope in ((shop.pay(reading), "write"), (shop.asked(writing, path), "read")):
        challenge = f'Bearer error="insufficient_scope", scope="payments:{scope}"'
        assert (403, "InsufficientScope", challenge) == refusal(answer)
    assert 403 == shop.asked(writing, "/jobs/stream", **UPGRADE).status_code


@pytest.mark.parametrize(
    "change",
    [
        lambda key: key[:-1] + ("x" if key[-1] != "x" else "y"),
        lambda key: key + "x",
        lambda key: key.lower(),
        lambda _key: "pgw_sk_" + "0" * 49,
    ],
)
def test_a_mistyped_key_is_refused(shop: Shop, change: Callable[[str], str]) -> None:
    key = shop.create_key()
    shop.keys["mistyped"] = change(shop.keys[key])
    assert (401, "UnauthorizedAccess", INVALID) == refusal(shop.asked("mistyped"))


def test_who_sends_no_key_is_told_how(gateway: Gateway) -> None:
    answers: list[Any] = [httpx.get(f"{gateway.url}/jobs/job_x")]
    answers.append(httpx.get(f"{gateway.url}/jobs/job_x", headers={"Authorization": "Basic eDp5"}))
    assert [(401, "UnauthorizedAccess", "Bearer")] * 2 == [refusal(answer) for answer in answers]
