"""The second barrier: the database itself refuses what no race of operations may lead to."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
import trio
from attrs import evolve

from pgw.domain.money import Money
from pgw.domain.operation import CaptureOrder, RefundOrder, VoidOrder
from pgw.domain.payment import PaymentStatus, VoidReason
from pgw.domain.result import Ok
from pgw.storage.sqlite import SqliteStorage
from tests.storage.operating import Operating

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgw.domain.operation import OperationOrder
    from pgw.storage.port import Change, Storage
    from tests.storage.conftest import Changes, Database

LEFT_IT = "a payment is as its operations left it"


async def write_all(storage: Storage, *changes: Change) -> None:
    for change in changes:
        assert Ok(None) == await storage.write(change)


async def begun_and_written(storage: Storage, operating: Operating, *orders: OperationOrder) -> list[Change]:
    """Write the payment, and begin these one after the other; all but the last one are done."""
    await write_all(storage, *operating.paid)
    begun: list[Change] = []
    for order in orders:
        if begun:
            await write_all(storage, operating.done(begun[-1]))
        begun.append(operating.begin(order))
        await write_all(storage, begun[-1])
    return begun


def after(operating: Operating, order: OperationOrder, **taken_for: Any) -> Change:
    """Begin on a payment that somebody takes for another than it is, as without turns and checks."""
    is_really = operating.payment
    operating.payment = evolve(is_really, **taken_for)
    begun = operating.begin(order)
    operating.payment = is_really
    return begun


def _captures_beside_a_capture(operating: Operating) -> Change:
    return after(operating, CaptureOrder(1000), capturing=0)


def _captures_beside_a_void(operating: Operating) -> Change:
    return after(operating, CaptureOrder(1000), is_voiding=False)


def _voids_beside_a_capture(operating: Operating) -> Change:
    return after(operating, VoidOrder(), capturing=0)


def _voids_beside_a_void(operating: Operating) -> Change:
    return after(operating, VoidOrder(VoidReason.EXPIRED), is_voiding=False)


def _refunds_what_is_being_refunded(operating: Operating) -> Change:
    return after(operating, RefundOrder(6000), refunding=0)


def _forgets_what_is_being_refunded(operating: Operating) -> Change:
    """It would fit, but the payment would say that less is reserved than is."""
    return after(operating, RefundOrder(1000), refunding=0)


def _refunds_beside_a_capture(operating: Operating) -> Change:
    return after(operating, RefundOrder(1000), capturing=0)


def _captures_beside_a_refund(operating: Operating) -> Change:
    return after(operating, CaptureOrder(1000), refunding=0)


CAPTURED_IN_PART = CaptureOrder(4000)
FINAL = CaptureOrder(1000, is_final=True)
RACES: list[tuple[Callable[[Operating], Change], tuple[OperationOrder, ...]]] = [
    (_captures_beside_a_capture, (CaptureOrder(9000),)),
    (_captures_beside_a_capture, (CAPTURED_IN_PART, CaptureOrder(1))),
    (_captures_beside_a_void, (VoidOrder(),)),
    (_voids_beside_a_capture, (CaptureOrder(1),)),
    (_voids_beside_a_void, (VoidOrder(),)),
    (_refunds_what_is_being_refunded, (RefundOrder(6000),)),
    (_forgets_what_is_being_refunded, (RefundOrder(6000),)),
    (_refunds_beside_a_capture, (CAPTURED_IN_PART, CaptureOrder(1000))),
    (_captures_beside_a_refund, (CAPTURED_IN_PART, RefundOrder(1000))),
]


@pytest.mark.parametrize(("racing", "orders"), RACES)
async def test_what_races_past_the_turns_fails_alone_and_not_its_group(
    racing: Callable[[Operating], Change],
    orders: tuple[OperationOrder, ...],
    database: Database,
    changes: Changes,
) -> None:
    is_charged = isinstance(orders[0], RefundOrder)
    operating = Operating(changes, capture=is_charged)
    neighbours = [changes.accepted("mer_b") for _ in range(4)]
    async with database.open() as storage:
        *_, winner = await begun_and_written(storage, operating, *orders)
        group = [*neighbours[:2], racing(operating), *neighbours[2:]]
        answers: list[object] = [None] * len(group)

        async def write(position: int) -> None:
            try:
                answers[position] = await storage.write(group[position])
            except sqlite3.IntegrityError as error:
                answers[position] = error

        async with trio.open_nursery() as nursery:
            for position in range(len(group)):
                nursery.start_soon(write, position)
        loser = group[2]
        assert isinstance(answers.pop(2), sqlite3.IntegrityError)
        assert [Ok(None)] * 4 == answers
        assert await storage.change_of(loser.job.id) is None
        assert operating.payment == await storage.payment_to_change("mer_a", operating.payment.id)
        await write_all(storage, operating.done(winner))
        assert operating.payment == await storage.payment("mer_a", operating.payment.id)


@pytest.mark.parametrize("order", [CaptureOrder(1), VoidOrder()])
async def test_no_operation_is_on_what_the_bank_declined(
    order: OperationOrder, storage: Storage, changes: Changes
) -> None:
    operating = Operating(changes, capture=False)
    declined = changes.declined(operating.paid[0])
    await write_all(storage, operating.paid[0], declined)
    begun = operating.begin(order)
    payment = evolve(declined.payment, capturing=begun.payment.capturing, is_voiding=begun.payment.is_voiding)
    with pytest.raises(Exception, match="what the bank authorized"):
        await storage.write(evolve(begun, payment=payment))


@pytest.mark.parametrize(
    ("racing", "orders"),
    [
        (CaptureOrder(1), (FINAL,)),
        (CaptureOrder(1), (CAPTURED_IN_PART, RefundOrder(1))),
        (VoidOrder(), (FINAL,)),
        (CaptureOrder(1), (VoidOrder(),)),
    ],
)
async def test_nothing_follows_what_has_ended_it(
    racing: OperationOrder, orders: tuple[OperationOrder, ...], storage: Storage, changes: Changes
) -> None:
    """Not even where it would fit: as one that read the payment before."""
    operating = Operating(changes, capture=False)
    *_, last = await begun_and_written(storage, operating, *orders)
    await write_all(storage, operating.done(last))
    is_really = operating.payment
    operating.payment = operating.paid[1].payment
    with pytest.raises(Exception, match=r"stands|constraint|operations|nothing|wants|left it"):
        await storage.write(operating.begin(racing))
    assert is_really == await storage.payment_to_change("mer_a", is_really.id)


async def test_nothing_is_captured_after_a_final_capture_though_it_would_fit(
    storage: Storage, changes: Changes
) -> None:
    """By whoever knows what was captured, and not that it was all that will be."""
    operating = Operating(changes, capture=False)
    (last,) = await begun_and_written(storage, operating, FINAL)
    await write_all(storage, operating.done(last))
    with pytest.raises(Exception, match="nothing is captured after a final capture"):
        await storage.write(after(operating, CaptureOrder(1), status=PaymentStatus.PARTIALLY_CAPTURED))


async def test_a_charged_payment_has_nothing_to_capture_or_to_void(
    storage: Storage, changes: Changes
) -> None:
    operating = Operating(changes, capture=True)
    await write_all(storage, *operating.paid)
    charged = operating.payment
    for order in (CaptureOrder(1), VoidOrder()):
        operating.payment = evolve(charged, status=PaymentStatus.AUTHORIZED, captured=0)
        with pytest.raises(Exception, match=r"authorized|captured|stands|constraint"):
            await storage.write(operating.begin(order))


@pytest.mark.parametrize("order", [CaptureOrder(6000), RefundOrder(6000)])
@pytest.mark.parametrize("amount", [1, 5999])
async def test_a_job_moves_what_the_payment_says_and_no_less(
    order: OperationOrder, amount: int, storage: Storage, changes: Changes
) -> None:
    operating = Operating(changes, capture=isinstance(order, RefundOrder))
    (begun,) = await begun_and_written(storage, operating, order)
    done = operating.done(begun)
    less: dict[str, Any] = {"refunded": amount} if isinstance(order, RefundOrder) else {"captured": amount}
    with pytest.raises(Exception, match=LEFT_IT):
        await storage.write(evolve(done, payment=evolve(done.payment, **less)))
    assert begun == await storage.change_of(begun.job.id)


async def test_an_end_that_was_made_of_an_older_payment_is_refused(
    storage: Storage, changes: Changes
) -> None:
    operating = Operating(changes, capture=True)
    await write_all(storage, *operating.paid)
    one, other = operating.begin(RefundOrder(3000)), operating.begin(RefundOrder(4000))
    await write_all(storage, one, other)
    both_open = operating.payment
    done = operating.done(one)
    await write_all(storage, done)
    operating.payment = both_open
    with pytest.raises(Exception, match=f"{LEFT_IT}|stands"):
        await storage.write(operating.done(other))
    operating.payment = done.payment
    await write_all(storage, last := operating.done(other))
    assert (7000, 0) == (last.payment.refunded, last.payment.refunding)


async def test_what_ends_and_what_takes_its_place_go_in_one_group(
    database: Database, changes: Changes
) -> None:
    """Nobody writes so, since each waits for the other's write; but what is written is right."""
    refunds, captures = Operating(changes, capture=True), Operating(changes, capture=False)
    async with database.open() as storage:
        (refund,) = await begun_and_written(storage, refunds, RefundOrder(6000))
        (capture,) = await begun_and_written(storage, captures, CaptureOrder(6000))
        group = [refunds.failed(refund), refunds.begin(RefundOrder(10_000))]
        group += [captures.done(capture), last := captures.begin(CaptureOrder()), captures.done(last)]
        assert isinstance(storage, SqliteStorage)
        assert [Ok(None)] * len(group) == await storage._commit(group)
        for operating in (refunds, captures):
            assert operating.payment == await storage.payment_to_change("mer_a", operating.payment.id)
            assert operating.payment == await storage.payment("mer_a", operating.payment.id)
        assert (10_000, PaymentStatus.APPROVED) == (captures.payment.captured, captures.payment.status)
        assert 10_000 == refunds.payment.refunding


async def test_what_is_to_be_changed_is_read_behind_the_write_that_is_under_way(
    storage: Storage, changes: Changes
) -> None:
    """Also where who wrote it was cancelled meanwhile, and does not know of it."""
    operating = Operating(changes, capture=True)
    await write_all(storage, *operating.paid)
    begun = operating.begin(RefundOrder(6000))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(storage.write, begun)
        # The group begins at once, and is under way when this is asked.
        while isinstance(storage, SqliteStorage) and not storage._writes._running:
            await trio.lowlevel.checkpoint()
        nursery.cancel_scope.cancel()
        with trio.CancelScope(shield=True):
            assert begun.payment == await storage.payment_to_change("mer_a", begun.payment.id)


async def test_another_merchants_payment_is_not_there_to_be_changed(
    storage: Storage, changes: Changes
) -> None:
    operating = Operating(changes, capture=True)
    await write_all(storage, *operating.paid)
    assert await storage.payment_to_change("mer_b", operating.payment.id) is None
    assert await storage.payment_to_change("mer_a", "pay_x") is None


async def test_each_operation_is_read_as_it_was_written(storage: Storage, changes: Changes) -> None:
    reserved, charged = Operating(changes, capture=False), Operating(changes, capture=True)
    await write_all(storage, *reserved.paid, *charged.paid)
    voiding = reserved.begin(VoidOrder(VoidReason.EXPIRED))
    refunding = charged.begin(RefundOrder(100, "broken"))
    for begun in (voiding, refunding):
        await write_all(storage, begun)
        assert begun == await storage.change_of(begun.job.id)
    declined = reserved.failed(voiding)
    await write_all(storage, declined, doubted := charged.doubted(refunding))
    assert declined == await storage.change_of(declined.job.id)
    assert evolve(doubted, is_told=True) == await storage.change_of(doubted.job.id)
    await write_all(storage, capturing := reserved.begin(FINAL))
    assert capturing == await storage.change_of(capturing.job.id)
    assert Money(1000, capturing.payment.amount.currency) == capturing.job.amount
