"""A payment under a key, on real storage, when something fails on its way."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from pgw.domain.errors import Invalid, InvalidCode
from pgw.domain.result import Err
from pgw.http.app import make_app
from pgw.storage.sqlite import SqliteStorage, open_storage
from tests.actors.memory_storage import REFUSED
from tests.actors.tree import start_gateway
from tests.http.asking import paid
from tests.http.parts import MERCHANT_ID, SECRET, parts_over, ports_over
from tests.merchants import a_merchant
from tests.timeline import TIMELINE_KEY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from pathlib import Path

    from pgw.domain.errors import Refusal
    from pgw.domain.idempotency import Claim
    from pgw.domain.result import Result
    from pgw.http.front import Application
    from pgw.storage.port import Change, Storage
    from tests.http.asking import Answer

    Written = Result[None, Refusal | Claim]
    Write = Callable[[Change], Awaitable[Written]]

PATIENCE = 10.0


class Troubled:
    """Real storage, but for writes, which do what a test says instead of it or round it."""

    def __init__(self, storage: SqliteStorage, committed: trio.MemoryReceiveChannel[Any]) -> None:
        self._storage = storage
        self.committed = committed
        self.trouble: Callable[[Write, Change], Awaitable[Written]] | None = None
        self.accepted: list[Change] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._storage, name)

    async def write(self, change: Change) -> Written:
        if change.claim is None:
            return await self._storage.write(change)
        self.accepted.append(change)
        if self.trouble is None:
            return await self._storage.write(change)
        return await self.trouble(self._storage.write, change)


@asynccontextmanager
async def serving(path: Path) -> AsyncIterator[tuple[Application, Troubled]]:
    send: trio.MemorySendChannel[Any]
    committed: trio.MemoryReceiveChannel[Any]
    send, committed = trio.open_memory_channel(100)

    def publish(events: Sequence[Any]) -> None:
        for event in events:
            send.send_nowait(event)

    with trio.fail_after(PATIENCE):
        async with open_storage(path, publish) as real, trio.open_nursery() as nursery:
            await real.resume_timeline(TIMELINE_KEY)
            await real.add_merchant(a_merchant(MERCHANT_ID))
            troubled = Troubled(real, committed)
            storage = cast("Storage", troubled)
            ports = ports_over(storage)
            gateway = await start_gateway(nursery, ports)
            yield make_app(parts_over(storage, gateway, ports)), troubled
            nursery.cancel_scope.cancel()


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[tuple[Application, Troubled]]:
    async with serving(tmp_path / "pgw.db") as served:
        yield served


def is_replayed(answer: Answer) -> bool:
    replayed = answer.headers.get("idempotent-replayed")
    assert replayed in (None, "true")
    return replayed is not None


async def payments_of(storage: Troubled) -> int:
    """Return how many payments were accepted, each of which has one event that says so."""
    events = await storage._storage.events_after(MERCHANT_ID, 0)
    return [event.type for event in events].count(events[0].type) if events else 0


async def test_what_is_kept_names_neither_key_nor_card(served: tuple[Application, Troubled]) -> None:
    app, storage = served
    answer = await paid(app, "order-17")
    (accepted,) = storage.accepted
    assert accepted.claim is not None
    assert (answer.text, 64, 64) == (
        accepted.claim.answer,
        len(accepted.claim.key),
        len(accepted.claim.fingerprint),
    )
    for secret in ("order-17", "4242424242424242", SECRET.decode()):
        assert secret not in str(accepted.claim)


async def test_a_payment_without_a_key_makes_no_claim_and_no_fingerprint(
    served: tuple[Application, Troubled], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, storage = served
    monkeypatch.setattr("pgw.http.idempotency.fingerprint", lambda *_: pytest.fail("it was computed"))
    answers = [await paid(app) for _ in range(2)]
    assert ([202, 202], []) == ([one.status for one in answers], storage.accepted)
    assert 2 == await payments_of(storage)


async def test_a_refusal_frees_the_key_for_any_request(served: tuple[Application, Troubled]) -> None:
    app, storage = served

    async def refuse(_write: Write, _change: Change) -> Written:
        await trio.lowlevel.checkpoint()
        return REFUSED

    storage.trouble = refuse
    assert "StorageUnavailable" == (await paid(app, "k")).code
    storage.trouble = None
    assert "InvalidAmount" == (await paid(app, "k", amount="0")).code
    accepted = await paid(app, "k", amount="11.00")
    assert (202, False, 1) == (accepted.status, is_replayed(accepted), await payments_of(storage))


@pytest.mark.parametrize("writes_first", [True, False])
async def test_after_a_crash_the_same_key_pays_once(
    writes_first: bool, served: tuple[Application, Troubled]
) -> None:
    app, storage = served

    async def crash(write: Write, change: Change) -> Written:
        await trio.lowlevel.checkpoint()
        if writes_first:
            await write(change)
        raise ZeroDivisionError

    storage.trouble = crash
    assert (500, "InternalError") == ((failed := await paid(app, "k")).status, failed.code)
    storage.trouble = None
    repeated = [await paid(app, "k") for _ in range(2)]
    assert [202, 202] == [answer.status for answer in repeated]
    assert [writes_first, True] == [is_replayed(answer) for answer in repeated]
    assert (repeated[0].text, 1) == (repeated[1].text, await payments_of(storage))


async def test_while_the_first_one_runs_its_key_is_in_use_and_then_it_is_answered_again(
    served: tuple[Application, Troubled], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one's own answer came too late: it was told that it may have been accepted."""
    app, storage = served
    goes_on = trio.Event()

    async def wait(write: Write, change: Change) -> Written:
        await goes_on.wait()
        return await write(change)

    storage.trouble = wait
    monkeypatch.setattr("pgw.http.posted.ACCEPTANCE_SECONDS", 0.05)
    assert "InternalError" == (await paid(app, "k")).code
    for changes in ({}, {"amount": "11.00"}):
        in_use = await paid(app, "k", **changes)
        assert (409, "IdempotencyKeyInUse", "1") == (
            in_use.status,
            in_use.code,
            in_use.headers["retry-after"],
        )
    storage.trouble = None
    assert 202 == (await paid(app, "another key")).status
    goes_on.set()
    # Those of the other payment come before it.
    while (await storage.committed.receive()).job.id != storage.accepted[0].job.id:
        pass
    await wait_all_tasks_blocked()
    repeated = await paid(app, "k")
    assert (202, True, 2) == (repeated.status, is_replayed(repeated), await payments_of(storage))
    assert storage.accepted[0].job.id == json.loads(repeated.text)["jobId"]


async def test_an_answer_is_given_again_when_the_job_has_moved_on(tmp_path: Path) -> None:
    async with serving(tmp_path / "pgw.db") as (app, storage):
        first = await paid(app, "k")
        job_id = json.loads(first.text)["jobId"]
        events = [await storage.committed.receive() for _ in range(2)]
        assert [(job_id, False), (job_id, True)] == [(event.job.id, event.is_last) for event in events]
    async with serving(tmp_path / "pgw.db") as (app, storage):
        again = await paid(app, "k")
        assert (202, first.text, True) == (again.status, again.text, is_replayed(again))
        assert first.headers["location"] == again.headers["location"]
        assert 422 == (await paid(app, "k", amount="11.00")).status
        assert 1 == await payments_of(storage)


async def test_what_was_accepted_is_answered_again_though_it_would_be_refused_by_now(
    served: tuple[Application, Troubled], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A card expires between a request and its repeat: the payment was accepted all the same."""
    app, storage = served
    first = await paid(app, "order-17")
    expired = Err([Invalid(InvalidCode.EXPIRED_CARD, "The card has expired.")])
    monkeypatch.setattr("pgw.http.payments.submit.read_order", lambda *_: expired)
    again = await paid(app, "order-17")
    assert (first.status, first.text, True) == (again.status, again.text, is_replayed(again))
    refused = [await paid(app, "order-17", amount=99), await paid(app, "order-18"), await paid(app)]
    assert [(400, "ExpiredCard")] * 3 == [(one.status, one.code) for one in refused]
    assert 1 == await payments_of(storage)
