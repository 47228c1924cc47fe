"""What a stop or a crash of the process left is taken up at the next start, from a real database file."""

from collections.abc import Sequence
from datetime import datetime

import pytest
import trio

from pgw.actors.gateway import Gateway, GatewayLimits, settle_payment
from pgw.actors.settlement import Verdict
from pgw.bank.port import Answer, Authorize, BankFeature, Call, LookUp, Reverse
from pgw.domain.attempt import AttemptOutcome
from pgw.domain.flag import FlagCode
from pgw.domain.job import Job, JobEvent
from pgw.domain.payment import PaymentStatus
from pgw.domain.result import Ok
from pgw.storage.port import StorageUnavailable
from pgw.storage.sqlite import SqliteStorage
from tests.actors.conftest import OpenDatabase
from tests.actors.fake_bank import YES
from tests.actors.knowing_bank import DOUBT, EVERYTHING, PENDING, KnowingBank, says
from tests.actors.orders import pay
from tests.actors.tree import ports_with, start_gateway

pytestmark = pytest.mark.usefixtures("recovery_looks_often")
HANGS = 666
"""The amount, in minor units, of payments over which the bank hangs."""
UNKNOWN = ("Unknown", "Created", "Doubtful")
APPROVED = ("Approved", "Completed", "Answered")
REVERSING = ("Unknown", "Created", "Reversing")
FAILED = ("Failed", "Failed", "Reversed")


async def hangs_over_some(call: Call) -> Answer:
    if isinstance(call, Authorize) and call.amount.minor_units == HANGS:
        await trio.sleep_forever()
    return YES


async def hangs(_call: Call) -> Answer:
    await trio.sleep_forever()
    raise AssertionError


async def states(storage: SqliteStorage, jobs: Sequence[Job]) -> list[tuple[str, str, str]]:
    changes = [await storage.change_of(job.id) for job in jobs]
    return [(c.payment.status, c.job.status, c.attempt.outcome) for c in changes if c is not None]


async def reach(storage: SqliteStorage, jobs: Sequence[Job], *expected: tuple[str, str, str]) -> None:
    with trio.fail_after(10):
        while list(expected) != await states(storage, jobs):
            await storage.check()


async def interrupt(open_database: OpenDatabase, amounts: list[int]) -> list[Job]:
    """Pay each amount, and stop the gateway once all but those over which the bank hangs are settled."""
    async with open_database() as storage, trio.open_nursery() as nursery:
        gateway = await start_gateway(nursery, ports_with(storage, KnowingBank(hangs_over_some)))
        jobs = [await pay(gateway, amount) for amount in amounts]
        with trio.fail_after(5):
            while gateway.in_flight > amounts.count(HANGS):
                await storage.check()
        nursery.cancel_scope.cancel()
    return jobs


async def restart(
    nursery: trio.Nursery, storage: SqliteStorage, bank: KnowingBank, first_inquiry: float = 0.02
) -> Gateway:
    gateway = await start_gateway(nursery, ports_with(storage, bank, first_inquiry=first_inquiry))
    await gateway.recover()
    return gateway


async def test_interrupted_payments_become_unknown_and_are_looked_up_and_the_others_stay(
    open_database: OpenDatabase,
) -> None:
    jobs = await interrupt(open_database, [HANGS, 100, HANGS])
    async with open_database() as storage, trio.open_nursery() as nursery:
        bank = KnowingBank(look_up=says(PENDING))
        gateway = await restart(nursery, storage, bank)
        await reach(storage, jobs, UNKNOWN, APPROVED, UNKNOWN)
        events = [
            (event.job.id, event.type)
            for event in await storage.events_after("mer_a", 4)
            if isinstance(event, JobEvent)
        ]
        assert sorted(events) == [(jobs[0].id, "job.updated"), (jobs[2].id, "job.updated")]
        bank.look_up = says(YES)
        await reach(storage, jobs, APPROVED, APPROVED, APPROVED)
        assert (set(bank.calls), len(set(bank.references)), gateway.in_flight) == ({LookUp}, 2, 0)
        nursery.cancel_scope.cancel()


async def test_what_is_looked_up_and_what_is_reversed_go_on_after_each_restart(
    open_database: OpenDatabase,
) -> None:
    jobs = await interrupt(open_database, [HANGS])
    lives: list[tuple[KnowingBank, type[Call], tuple[str, str, str]]] = [
        (KnowingBank(look_up=hangs), LookUp, UNKNOWN),
        (KnowingBank(look_up=says(PENDING)), LookUp, UNKNOWN),
        (KnowingBank(reverse=hangs), Reverse, REVERSING),
        (KnowingBank(look_up=says(YES), reverse=says(DOUBT)), Reverse, REVERSING),
        (KnowingBank(look_up=says(YES)), Reverse, FAILED),
    ]
    for bank, awaited, expected in lives:
        async with open_database() as storage, trio.open_nursery() as nursery:
            await restart(nursery, storage, bank)
            with trio.fail_after(10):
                while awaited not in bank.calls:
                    await storage.check()
            await reach(storage, jobs, expected)
            nursery.cancel_scope.cancel()
    calls = [asked.call for bank, *_ in lives for asked in bank.asked]
    assert len({call.reference for call in calls}) == 1
    assert {type(call) for call in calls} == {LookUp, Reverse}


async def test_what_is_left_is_taken_up_a_bounded_number_at_a_time(open_database: OpenDatabase) -> None:
    jobs = await interrupt(open_database, [HANGS] * 7)
    async with open_database() as storage, trio.open_nursery() as nursery:
        bank = KnowingBank(look_up=hangs)
        gateway = await start_gateway(nursery, ports_with(storage, bank), taken_up=2)
        await gateway.recover()
        with trio.fail_after(10):
            while len(bank.asked) < 2:
                await storage.check()
            for _ in range(50):
                await storage.check()
        assert len(bank.asked) == 2
        assert (await states(storage, jobs)).count(UNKNOWN) == 2
        nursery.cancel_scope.cancel()
    async with open_database() as storage, trio.open_nursery() as nursery:
        gateway = await start_gateway(nursery, ports_with(storage, KnowingBank()), taken_up=2)
        await gateway.recover()
        await reach(storage, jobs, *[FAILED] * 7)
        nursery.cancel_scope.cancel()


async def test_what_no_look_up_could_settle_is_looked_up_once_the_bank_offers_it(
    open_database: OpenDatabase,
) -> None:
    jobs = await interrupt(open_database, [HANGS, HANGS])
    async with open_database() as storage, trio.open_nursery() as nursery:
        bank = KnowingBank(features=frozenset({BankFeature.REVERSE}))
        gateway = await restart(nursery, storage, bank)
        await reach(storage, jobs, UNKNOWN, UNKNOWN)
        settled = await settle_payment(gateway, jobs[1].id, Verdict.DECLINED, "the bank's statement")
        assert (bank.asked, isinstance(settled, Ok)) == ([], True)
        nursery.cancel_scope.cancel()
    async with open_database() as storage, trio.open_nursery() as nursery:
        bank = KnowingBank(look_up=says(YES), features=EVERYTHING)
        await restart(nursery, storage, bank)
        await reach(storage, jobs, APPROVED, (PaymentStatus.DECLINED, "Completed", "Settled"))
        assert bank.calls == [LookUp]
        nursery.cancel_scope.cancel()


async def test_an_operators_word_outlives_a_restart_and_a_late_charge_is_flagged_on_disk(
    open_database: OpenDatabase,
) -> None:
    jobs = await interrupt(open_database, [HANGS])
    settled = ("Failed", "Failed", "Settled")
    async with open_database() as storage, trio.open_nursery() as nursery:
        gateway = await restart(nursery, storage, KnowingBank(look_up=says(PENDING)))
        await reach(storage, jobs, UNKNOWN)
        await settle_payment(gateway, jobs[0].id, Verdict.FAILED, "the bank's statement")
        nursery.cancel_scope.cancel()
    async with open_database() as storage, trio.open_nursery() as nursery:
        await restart(nursery, storage, KnowingBank(look_up=says(YES)))
        with trio.fail_after(10):
            while not (unresolved := await storage.unresolved("", 10)):
                await storage.check()
        assert await states(storage, jobs) == [settled]
        [flag] = unresolved[0].flags
        assert (flag.code, unresolved[0].change.attempt.due_at) == (FlagCode.LATE_DECISION, None)
        assert unresolved[0].change.attempt.settled_because == "the bank's statement"
        nursery.cancel_scope.cancel()


async def test_a_start_that_cannot_write_says_so(
    open_database: OpenDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = await interrupt(open_database, [HANGS])

    async def fails(_at: datetime, _outcomes: Sequence[AttemptOutcome], _job_ids: object = None) -> int:
        raise StorageUnavailable

    async with open_database() as storage:
        monkeypatch.setattr(storage, "let_rest", fails)
        gateway = Gateway(ports_with(storage, KnowingBank()), GatewayLimits(10, 10, taken_up=2))
        with trio.fail_after(5), pytest.raises(StorageUnavailable):
            await gateway.recover()
        assert await states(storage, jobs) == [("Created", "Created", "Intended")]
