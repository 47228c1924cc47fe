"""An operation asked for again under its key is the one that was accepted, on a real database file."""

from functools import partial

import pytest
import trio

from pgw.actors.gateway import Gateway, submit_operation, submit_payment
from pgw.actors.operation import Accepted
from pgw.domain.errors import Refusal
from pgw.domain.idempotency import Claim
from pgw.domain.job import Job, JobType
from pgw.domain.operation import CaptureOrder, OperationOrder, OperationRefusal, RefundOrder, VoidOrder
from pgw.domain.payment import Payment
from pgw.domain.result import Err, Ok
from pgw.storage.sqlite import SqliteStorage
from tests.actors.knowing_bank import PENDING, KnowingBank, says
from tests.actors.operations import an_order_for
from tests.actors.orders import PATIENCE
from tests.actors.test_operations import hangs
from tests.actors.tree import ports_with, start_gateway

KEY, OTHER_KEY = "a" * 64, "b" * 64


def a_claim(key: str, job: Job) -> Claim:
    return Claim(key, "f" * 64, job.id, f"the answer of {job.id}")


async def submit(gateway: Gateway, payment: Payment, order: OperationOrder, key: str = KEY) -> Accepted:
    with trio.fail_after(PATIENCE):
        return await submit_operation(
            gateway, "mer_a", payment.id, order, "req_2", key=key, make_claim=partial(a_claim, key)
        )


async def accepted(gateway: Gateway, payment: Payment, order: OperationOrder, key: str = KEY) -> Job:
    answer = await submit(gateway, payment, order, key)
    assert isinstance(answer, Ok)
    assert isinstance(answer.value, Job)
    return answer.value


async def paid(gateway: Gateway, storage: SqliteStorage, kind: JobType, key: str | None = None) -> Payment:
    make_claim = partial(a_claim, key) if key else None
    answer = await submit_payment(
        gateway, "mer_a", an_order_for(kind), "req_1", key=key, make_claim=make_claim
    )
    assert isinstance(answer, Ok)
    assert isinstance(answer.value, Job)
    with trio.fail_after(PATIENCE):
        while gateway.in_flight:
            await storage.check()
    payment = await storage.payment("mer_a", answer.value.payment_id)
    assert payment is not None
    return payment


@pytest.fixture
async def gateway(database: SqliteStorage, nursery: trio.Nursery) -> Gateway:
    return await start_gateway(nursery, ports_with(database, KnowingBank(look_up=says(PENDING))))


@pytest.mark.parametrize(
    ("kind", "order"),
    [
        # All of it, so that it is refused now but for the key.
        (JobType.CAPTURE, CaptureOrder()),
        (JobType.VOID, VoidOrder()),
        (JobType.REFUND, RefundOrder()),
        # A part, so that it would be possible again.
        (JobType.CAPTURE, CaptureOrder(1000)),
        (JobType.REFUND, RefundOrder(1000)),
    ],
)
async def test_the_same_key_again_is_the_same_operation(
    kind: JobType, order: OperationOrder, gateway: Gateway, database: SqliteStorage
) -> None:
    payment = await paid(gateway, database, kind)
    job = await accepted(gateway, payment, order)
    for _ in range(3):
        assert Ok(a_claim(KEY, job)) == await submit(gateway, payment, order)
    with trio.fail_after(PATIENCE):
        while (await database.job("mer_a", job.id)) == job:
            await database.check()
    assert Ok(a_claim(KEY, job)) == await submit(gateway, payment, order)
    now = await database.payment_to_change("mer_a", payment.id)
    assert now is not None
    moved = job.amount.minor_units * (kind is not JobType.VOID)
    before = payment.captured + payment.refunded
    assert (moved, 0, 0) == (now.captured + now.refunded - before, now.capturing, now.refunding)


async def test_another_key_is_another_operation(gateway: Gateway, database: SqliteStorage) -> None:
    payment = await paid(gateway, database, JobType.REFUND)
    one = await accepted(gateway, payment, RefundOrder(6000))
    assert Err(OperationRefusal.AMOUNT_TOO_LARGE) == await submit(
        gateway, payment, RefundOrder(6000), OTHER_KEY
    )
    other = await accepted(gateway, payment, RefundOrder(4000), OTHER_KEY)
    assert one.id != other.id, "a refusal had freed the key"


async def test_a_key_that_was_used_for_a_payment_is_that_claim(
    gateway: Gateway, database: SqliteStorage
) -> None:
    payment = await paid(gateway, database, JobType.REFUND, KEY)
    claim = await database.claim("mer_a", KEY)
    assert claim is not None
    assert Ok(claim) == await submit(gateway, payment, RefundOrder(1000))
    assert Ok(claim) == await submit(gateway, payment, RefundOrder(10_001)), "also where it is refused now"
    assert payment == await database.payment_to_change("mer_a", payment.id)


async def test_the_same_key_twice_at_once_is_in_use_or_one_operation(
    gateway: Gateway, database: SqliteStorage
) -> None:
    payment = await paid(gateway, database, JobType.REFUND)
    answers: list[Accepted] = []

    async def refund() -> None:
        answers.append(await submit(gateway, payment, RefundOrder(1000)))

    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(refund)
    jobs = [answer.value for answer in answers if isinstance(answer, Ok) and isinstance(answer.value, Job)]
    [job] = jobs
    others = [answer for answer in answers if answer != Ok(job)]
    assert {"IdempotencyKeyInUse"} == {answer.error for answer in others if isinstance(answer, Err)}
    assert Err(Refusal.IDEMPOTENCY_KEY_IN_USE) in others
    assert 1000 == job.amount.minor_units
    with trio.fail_after(PATIENCE):
        while gateway.in_flight:
            await database.check()
    now = await database.payment_to_change("mer_a", payment.id)
    assert now is not None
    assert (1000, 0) == (now.refunded, now.refunding)


async def test_a_caller_that_is_gone_finds_its_operation_under_its_key(
    database: SqliteStorage, nursery: trio.Nursery
) -> None:
    """Its command goes on without it; the same key again is what became of that."""
    gateway = await start_gateway(nursery, ports_with(database, KnowingBank(operate=hangs)))
    payment = await paid(gateway, database, JobType.REFUND)
    with trio.move_on_after(0):
        await submit(gateway, payment, RefundOrder(6000))
    with trio.fail_after(PATIENCE):
        answer = await submit(gateway, payment, RefundOrder(6000))
        while answer == Err(Refusal.IDEMPOTENCY_KEY_IN_USE):
            answer = await submit(gateway, payment, RefundOrder(6000))
    assert isinstance(answer, Ok)
    now = await database.payment_to_change("mer_a", payment.id)
    assert now is not None
    assert 6000 == now.refunding


async def test_many_small_refunds_at_once_are_all_accepted_and_not_one_too_many(
    gateway: Gateway, database: SqliteStorage
) -> None:
    payment = await paid(gateway, database, JobType.REFUND)
    answers: list[Accepted] = []

    async def refund(number: int) -> None:
        answers.append(await submit(gateway, payment, RefundOrder(200), f"{number:064}"))

    async with trio.open_nursery() as nursery:
        for number in range(60):
            nursery.start_soon(refund, number)
    assert 50 == sum(isinstance(answer, Ok) for answer in answers)
    assert Err(OperationRefusal.AMOUNT_TOO_LARGE) in answers
    with trio.fail_after(PATIENCE):
        while gateway.in_flight:
            await database.check()
    now = await database.payment_to_change("mer_a", payment.id)
    assert now is not None
    assert ("Refunded", 10_000, 0) == (now.status, now.refunded, now.refunding)
