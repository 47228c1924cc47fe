"""A merchant's actor crashes: its payments are taken up, and no other merchant notices."""

from collections.abc import Callable, Sequence
from datetime import datetime

import pytest
import trio
from trio.testing import MockClock

from pgw.actors.mailbox import ReplyAbandoned
from pgw.actors.supervisor import RestartIntensity
from pgw.bank.port import Answer, Authorize, Call, LookUp, Reverse
from pgw.domain.attempt import AttemptOutcome
from pgw.domain.result import Ok
from pgw.storage.port import Change, StorageUnavailable
from pgw.storage.sqlite import SqliteStorage
from tests.actors.buggy_writes import MEETS_THE_BUG, BuggyWrites
from tests.actors.fake_bank import YES, FakeConnector, says_yes
from tests.actors.knowing_bank import NEVER_SEEN, PENDING, KnowingBank, says
from tests.actors.memory_storage import MemoryStorage, Written
from tests.actors.orders import pay, submit
from tests.actors.tree import ports_with, start_gateway


def crashes_over(minor_units: int) -> Callable[[Change], Written]:
    def judge(change: Change) -> Written:
        if change.payment.amount.minor_units == minor_units:
            raise ZeroDivisionError
        return Ok(None)

    return judge


@pytest.mark.usefixtures("recovery_looks_often")
async def test_a_crashed_merchants_payments_are_taken_up_and_anothers_go_on(
    database: SqliteStorage, nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pgw.actors.merchant.INTENSITY", RestartIntensity(restarts=0, within=10))
    monkeypatch.setattr(database, "write", BuggyWrites(database, 2, writes_first=False).write)
    answer_now = trio.Event()

    async def says_yes_when_told(call: Call) -> Answer:
        if isinstance(call, Authorize) and call.amount.minor_units != MEETS_THE_BUG:
            await answer_now.wait()
        return YES

    connector = KnowingBank(says_yes_when_told, says(PENDING))
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
    sent = [asked.call.reference for asked in connector.asked if isinstance(asked.call, Authorize)]
    assert (len(sent), len(set(sent))) == (6, 6)


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


async def test_a_payment_that_cannot_be_let_rest_brings_not_even_its_merchant_down(
    nursery: trio.Nursery, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = MemoryStorage()
    tried_at: list[float] = []

    async def has_a_bug(_at: datetime, _outcomes: object, job_ids: Sequence[str]) -> int:
        if not job_ids:
            return 0
        tried_at.append(autojump_clock.current_time())
        raise ZeroDivisionError

    monkeypatch.setattr(storage, "let_rest", has_a_bug)
    gateway = await start_gateway(nursery, ports_with(storage, FakeConnector(says_yes)))
    storage.judge = crashes_over(MEETS_THE_BUG)
    with pytest.raises(ReplyAbandoned):
        await submit(gateway, MEETS_THE_BUG)
    await trio.sleep(600)
    assert 100 < len(tried_at) < 600 / 2.5 + 10
    await pay(gateway, 100)
    await trio.sleep(1)
    assert (storage.statuses(), gateway.in_flight) == (["Approved"], 0)


@pytest.mark.parametrize("intensity", [0, 50])
async def test_what_storage_takes_no_writes_of_for_a_while_is_let_rest_once_it_does(
    intensity: int, nursery: trio.Nursery, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the payment's actor, or by its merchant's where that crashed with it."""
    monkeypatch.setattr("pgw.actors.merchant.INTENSITY", RestartIntensity(restarts=intensity, within=10))
    storage, bank = MemoryStorage(), KnowingBank(look_up=says(NEVER_SEEN))
    let_rest = storage.let_rest

    async def fails_for_a_while(
        at: datetime, outcomes: Sequence[AttemptOutcome], job_ids: Sequence[str]
    ) -> int:
        if job_ids and autojump_clock.current_time() < 100:
            raise StorageUnavailable("writes fail")
        return await let_rest(at, outcomes, job_ids)

    def crashes_over_an_approval(change: Change) -> Written:
        if change.payment.status == "Approved":
            raise ZeroDivisionError
        return Ok(None)

    monkeypatch.setattr(storage, "let_rest", fails_for_a_while)
    storage.judge = crashes_over_an_approval
    gateway = await start_gateway(nursery, ports_with(storage, bank))
    await pay(gateway)
    await trio.sleep(99)
    assert (storage.statuses(), bank.calls) == (["Created"], [Authorize])
    await trio.sleep(21)
    assert (storage.statuses(), bank.calls) == (["Failed"], [Authorize, LookUp, Reverse])
    assert (gateway.in_flight, autojump_clock.current_time()) == (0, 120)
