"""A payment's actor meets a bug, on a real database file: nobody else notices."""

import pytest
import trio

from pgw.actors.gateway import Gateway
from pgw.actors.mailbox import ReplyAbandoned
from pgw.bank.port import Answer, Authorize, Call, LookUp
from pgw.domain.attempt import AttemptOutcome
from pgw.domain.job import Job
from pgw.domain.payment import PaymentStatus
from pgw.storage.sqlite import SqliteStorage
from tests.actors.buggy_writes import MEETS_THE_BUG, BuggyWrites
from tests.actors.knowing_bank import PENDING, REFUSED_PORT, KnowingBank, says
from tests.actors.orders import pay, submit
from tests.actors.tree import ports_with, start_gateway

pytestmark = pytest.mark.usefixtures("recovery_looks_often")


@pytest.fixture
def connector() -> KnowingBank:
    """Approves; of what it is asked about again it says that it is pending, so that this stays unknown."""
    return KnowingBank(look_up=says(PENDING))


async def settled(gateway: Gateway, storage: SqliteStorage, *jobs: Job) -> list[str]:
    """Return the statuses of the payments once nobody is at work on any."""
    with trio.fail_after(5):
        while True:
            changes = [await storage.change_of(job.id) for job in jobs]
            statuses = [change.payment.status.value for change in changes if change is not None]
            at_work = any(merchant._at_work for merchant in gateway._merchants.values())
            if not at_work and PaymentStatus.CREATED not in statuses:
                assert gateway.in_flight == 0
                return statuses


async def pay_around(gateway: Gateway) -> list[Job]:
    """Pay by the same merchant and by another."""
    return [await pay(gateway, 100, merchant) for merchant in ("mer_a", "mer_b")]


async def test_a_bug_while_the_bank_is_asked_leaves_that_payment_unknown_and_looked_up(
    connector: KnowingBank, database: SqliteStorage, nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = ports_with(database, connector)
    perform = ports.bank.perform

    async def buggy(call: Call, *, submit_by: float) -> Answer:
        answer: Answer = await perform(call, submit_by=submit_by)
        if isinstance(call, Authorize) and call.amount.minor_units == MEETS_THE_BUG:
            raise ZeroDivisionError
        return answer

    monkeypatch.setattr(ports.bank, "perform", buggy)
    gateway = await start_gateway(nursery, ports)
    before, crashing, after = await pay_around(gateway), await pay(gateway, MEETS_THE_BUG), []
    after = await pay_around(gateway)
    assert await settled(gateway, database, crashing) == ["Unknown"]
    assert await settled(gateway, database, *before, *after) == ["Approved"] * 4
    assert connector.calls.count(Authorize) == 5
    [reference] = {asked.call.reference for asked in connector.asked if isinstance(asked.call, LookUp)}
    change = await database.change_of(crashing.id)
    assert change is not None
    assert change.attempt.reference == reference


@pytest.mark.parametrize(
    ("writes_first", "left"),
    [
        pytest.param(False, [], id="before it was accepted"),
        pytest.param(True, ["Unknown"], id="between accept and reply"),
    ],
)
async def test_a_bug_before_the_reply_abandons_the_caller_and_never_asks_the_bank(  # noqa: PLR0917
    writes_first: bool,
    left: list[str],
    connector: KnowingBank,
    database: SqliteStorage,
    nursery: trio.Nursery,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    buggy = BuggyWrites(database, 1, writes_first=writes_first)
    monkeypatch.setattr(database, "write", buggy.write)
    gateway = await start_gateway(nursery, ports_with(database, connector))
    before = await pay_around(gateway)
    with pytest.raises(ReplyAbandoned):
        await submit(gateway, MEETS_THE_BUG)
    after = await pay_around(gateway)
    assert await settled(gateway, database, *before, *after) == ["Approved"] * 4
    assert buggy.job is not None
    assert await settled(gateway, database, buggy.job) == left
    sent = [asked.call for asked in connector.asked if isinstance(asked.call, Authorize)]
    assert [call.amount.minor_units for call in sent] == [100] * 4


@pytest.mark.parametrize(
    ("writes_first", "status", "outcome"),
    [
        pytest.param(False, "Unknown", AttemptOutcome.DOUBTFUL, id="the outcome is lost"),
        pytest.param(True, "Approved", AttemptOutcome.ANSWERED, id="the outcome is stored"),
    ],
)
async def test_a_bug_over_the_outcome_never_asks_the_bank_again(  # noqa: PLR0917
    writes_first: bool,
    status: str,
    outcome: AttemptOutcome,
    connector: KnowingBank,
    database: SqliteStorage,
    nursery: trio.Nursery,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    buggy = BuggyWrites(database, 2, writes_first=writes_first)
    monkeypatch.setattr(database, "write", buggy.write)
    gateway = await start_gateway(nursery, ports_with(database, connector))
    job = await pay(gateway, MEETS_THE_BUG)
    assert await settled(gateway, database, job) == [status]
    change = await database.change_of(job.id)
    assert change is not None
    assert (change.attempt.outcome, connector.calls.count(Authorize)) == (outcome, 1)


async def test_a_payment_that_crashes_between_two_tries_is_not_tried_again(
    connector: KnowingBank, database: SqliteStorage, nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector.authorize = says(REFUSED_PORT)
    ports = ports_with(database, connector)
    perform = ports.bank.perform

    async def buggy_at_the_second_try(call: Call, *, submit_by: float) -> Answer:
        if isinstance(call, Authorize) and connector.asked:
            raise ZeroDivisionError
        return await perform(call, submit_by=submit_by)

    monkeypatch.setattr(ports.bank, "perform", buggy_at_the_second_try)
    gateway = await start_gateway(nursery, ports)
    assert await settled(gateway, database, await pay(gateway)) == ["Unknown"]
    assert connector.calls.count(Authorize) == 1
