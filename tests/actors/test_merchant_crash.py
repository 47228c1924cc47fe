"""A merchant's actor crashes: its payments are taken up, and no other merchant notices."""

from collections.abc import Callable

import pytest
import trio
from structlog.testing import LogCapture
from trio.testing import MockClock

from pgw.actors.mailbox import ReplyAbandoned
from pgw.actors.supervisor import RestartIntensity
from pgw.bank.port import Answer, Call
from pgw.domain.result import Ok
from pgw.storage.port import Change
from pgw.storage.sqlite import SqliteStorage
from tests.actors.fake_bank import YES, FakeConnector, says_yes
from tests.actors.memory_storage import MemoryStorage, Written
from tests.actors.orders import pay, submit
from tests.actors.tree import ports_with, start_gateway

MEETS_THE_BUG = 666
"""The amount, in minor units, of payments that do."""


def crashes_over(minor_units: int) -> Callable[[Change], Written]:
    def judge(change: Change) -> Written:
        if change.payment.amount.minor_units == minor_units:
            raise ZeroDivisionError
        return Ok(None)

    return judge


async def test_a_crashed_merchants_payments_are_taken_up_and_anothers_go_on(
    database: SqliteStorage, nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pgw.actors.merchant.INTENSITY", RestartIntensity(restarts=0, within=10))
    answer_now = trio.Event()

    async def says_yes_when_told(call: Call) -> Answer:
        if call.amount.minor_units == MEETS_THE_BUG:
            return None  # type: ignore[return-value]  # what no bank connection may do
        await answer_now.wait()
        return YES

    connector = FakeConnector(says_yes_when_told)
    gateway = await start_gateway(nursery, ports_with(database, connector))
    of_a = [await pay(gateway, 100, "mer_a") for _ in range(3)]
    of_b = await pay(gateway, 100, "mer_b")
    of_a.append(await pay(gateway, MEETS_THE_BUG, "mer_a"))
    with trio.fail_after(5):
        while [await status_of(database, job.id) for job in of_a] != ["Unknown"] * 4:
            pass
    assert (await status_of(database, of_b.id), gateway.in_flight) == ("Created", 1)
    answer_now.set()
    afterwards = await pay(gateway, 100, "mer_a")
    with trio.fail_after(5):
        while [await status_of(database, job.id) for job in (of_b, afterwards)] != ["Approved"] * 2:
            pass
    assert len(connector.asked) == 6
    assert len(set(connector.references)) == 6


async def status_of(storage: SqliteStorage, job_id: str) -> str:
    change = await storage.change_of(job_id)
    assert change is not None
    return change.payment.status


async def test_a_merchant_whose_every_payment_crashes_brings_nobody_else_down(
    nursery: trio.Nursery, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pgw.actors.merchant.INTENSITY", RestartIntensity(restarts=0, within=10))
    storage = MemoryStorage()
    storage.judge = crashes_over(MEETS_THE_BUG)
    gateway = await start_gateway(nursery, ports_with(storage, FakeConnector(says_yes)))
    abandoned = 0
    while autojump_clock.current_time() < 300:
        with pytest.raises(ReplyAbandoned):
            await submit(gateway, MEETS_THE_BUG, "mer_a")
        abandoned += 1
        await pay(gateway, 100, "mer_b")
    await pay(gateway, 100, "mer_a")
    await trio.sleep(1)
    assert storage.statuses() == ["Approved"] * (abandoned + 1)
    assert (abandoned > 100, gateway.in_flight) == (True, 0)


async def test_a_payment_that_cannot_be_taken_up_brings_not_even_its_merchant_down(
    nursery: trio.Nursery, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = MemoryStorage()
    storage.judge = crashes_over(MEETS_THE_BUG)
    read_at: list[float] = []

    async def unreadable(_job_id: str) -> Change | None:
        read_at.append(autojump_clock.current_time())
        raise ZeroDivisionError

    monkeypatch.setattr(storage, "change_of", unreadable)
    gateway = await start_gateway(nursery, ports_with(storage, FakeConnector(says_yes)))
    with pytest.raises(ReplyAbandoned):
        await submit(gateway, MEETS_THE_BUG)
    await trio.sleep(600)
    assert 100 < len(read_at) < 600 / 2.5 + 10
    await pay(gateway, 100)
    await trio.sleep(1)
    assert (storage.statuses(), gateway.in_flight) == (["Approved"], 0)


async def test_what_storage_cannot_read_for_a_while_is_taken_up_once_it_can(
    nursery: trio.Nursery, autojump_clock: MockClock, logged: LogCapture
) -> None:
    storage = MemoryStorage()
    storage.failing_reads = 100

    def crashes_over_an_outcome(change: Change) -> Written:
        if change.payment.status == "Approved":
            raise ZeroDivisionError
        return Ok(None)

    storage.judge = crashes_over_an_outcome
    gateway = await start_gateway(nursery, ports_with(storage, FakeConnector(says_yes)))
    await pay(gateway)
    await trio.sleep(100)
    assert storage.statuses() == ["Created"]
    await trio.sleep(300)
    assert (storage.statuses(), autojump_clock.current_time()) == (["Unknown"], 400)
    assert [entry["event"] for entry in logged.entries] == ["ActorCrashed"]
