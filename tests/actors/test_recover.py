"""What a stop or a crash of the process left is taken up at the next start, from a real database file."""

import pytest
import trio

from pgw.actors.gateway import Gateway, GatewayLimits
from pgw.bank.port import Answer, Call
from pgw.domain.attempt import AttemptOutcome
from pgw.domain.errors import Refusal
from pgw.domain.job import Job
from pgw.domain.result import Err
from pgw.storage.port import Change, StorageUnavailable
from tests.actors.conftest import OpenDatabase
from tests.actors.fake_bank import YES, FakeConnector
from tests.actors.memory_storage import Written
from tests.actors.orders import pay
from tests.actors.tree import ports_with, start_gateway

HANGS = 666
"""The amount, in minor units, of payments over which the bank hangs."""


async def hangs_over_some(call: Call) -> Answer:
    if call.amount.minor_units == HANGS:
        await trio.sleep_forever()
    return YES


async def interrupt(open_database: OpenDatabase, amounts: list[int]) -> list[Job]:
    """Pay each amount, and stop the gateway once all but those over which the bank hangs are settled."""
    async with open_database() as storage, trio.open_nursery() as nursery:
        gateway = await start_gateway(nursery, ports_with(storage, FakeConnector(hangs_over_some)))
        jobs = [await pay(gateway, amount) for amount in amounts]
        with trio.fail_after(5):
            while gateway.in_flight > amounts.count(HANGS):
                await storage.check()
        nursery.cancel_scope.cancel()
    return jobs


async def test_interrupted_payments_become_unknown_and_the_others_stay(open_database: OpenDatabase) -> None:
    jobs = await interrupt(open_database, [HANGS, 100, HANGS])
    async with open_database() as storage:
        connector = FakeConnector()
        gateway = Gateway(ports_with(storage, connector), GatewayLimits(10, 10))
        await gateway.recover()
        changes = [await storage.change_of(job.id) for job in jobs]
        states = [(c.payment.status, c.job.status, c.attempt.outcome) for c in changes if c is not None]
        events = [(event.job.id, event.type) for event in await storage.events_after("mer_a", 4)]
    unknown = ("Unknown", "Created", AttemptOutcome.DOUBTFUL)
    assert states == [unknown, ("Approved", "Completed", AttemptOutcome.ANSWERED), unknown]
    assert sorted(events) == [(jobs[0].id, "job.updated"), (jobs[2].id, "job.updated")]
    assert (connector.asked, gateway.in_flight) == ([], 0)


async def test_recovery_takes_up_all_a_bounded_number_at_a_time(
    open_database: OpenDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pgw.actors.gateway.TAKEN_UP_AT_A_TIME", 2)
    await interrupt(open_database, [HANGS] * 5)
    async with open_database() as storage:
        await Gateway(ports_with(storage, FakeConnector()), GatewayLimits(10, 10)).recover()
        assert await storage.interrupted(10) == []


async def test_recovery_that_cannot_write_says_so(
    open_database: OpenDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    await interrupt(open_database, [HANGS])

    async def refuse(_change: Change) -> Written:
        return Err(Refusal.STORAGE_UNAVAILABLE)

    async with open_database() as storage:
        monkeypatch.setattr(storage, "write", refuse)
        with trio.fail_after(5), pytest.RaisesGroup(StorageUnavailable):
            await Gateway(ports_with(storage, FakeConnector()), GatewayLimits(10, 10)).recover()
        assert len(await storage.interrupted(10)) == 1
