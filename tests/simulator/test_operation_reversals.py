"""A capture or a refund that was reversed does not count, now or later; a void stays."""

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from simulator.behaviour import Behaviour
from simulator.booking import Kind
from simulator.faults import Fault
from simulator.fields import MalformedError
from simulator.operation import Operation
from simulator.payment import Payment
from simulator.rates import FaultRates
from tests.simulator.a_bank import ANYBODY, WaitingCaller, a_bank, fields
from tests.simulator.an_operation import CAPTURE, REFUND, VOID, entries, held, money, operate, reversal


async def test_a_reversed_capture_gives_back_what_it_took_and_released(authorization: Payment) -> None:
    bank, ledger = a_bank()
    await bank.pay(authorization, "pay", ANYBODY)
    await operate(bank, CAPTURE, "c1", 300)
    await operate(bank, CAPTURE, "c2", 200, final=True)
    assert [await reversal(bank, "c2"), await reversal(bank, "c2")] == [True, True]
    assert (300, 750) == (money(ledger), held(ledger))
    looked_up = fields(await bank.look_up("c2", ANYBODY))
    assert {"accepted": True, "reference": "c2", "reversed": True} == looked_up
    assert [False, False, True] == [entry["reversed"] for entry in entries(ledger)]
    assert await operate(bank, CAPTURE, "c3", 750) is True
    assert (1050, 0) == (money(ledger), held(ledger))


async def test_what_an_earlier_capture_gives_back_is_not_captured_after_a_final_one(
    authorization: Payment,
) -> None:
    bank, ledger = a_bank()
    await bank.pay(authorization, "pay", ANYBODY)
    await operate(bank, CAPTURE, "c1", 300)
    await operate(bank, CAPTURE, "c2", 200, final=True)
    await reversal(bank, "c1")
    assert (200, 300) == (money(ledger), held(ledger))
    assert await operate(bank, CAPTURE, "c3", 1) == "already_captured"


async def test_a_payment_can_be_voided_once_its_only_capture_is_reversed(authorization: Payment) -> None:
    bank, ledger = a_bank()
    await bank.pay(authorization, "pay", ANYBODY)
    await operate(bank, CAPTURE, "c1")
    await reversal(bank, "c1")
    assert await operate(bank, VOID, "v1") is True
    assert (0, 0) == (money(ledger), held(ledger))


async def test_a_reversed_refund_can_be_made_again_and_lets_captures_go_on(authorization: Payment) -> None:
    bank, ledger = a_bank()
    await bank.pay(authorization, "pay", ANYBODY)
    await operate(bank, CAPTURE, "c1", 600)
    await operate(bank, REFUND, "r1")
    assert await reversal(bank, "r1")
    assert 600 == money(ledger)
    assert await operate(bank, CAPTURE, "c2", 50) is True
    assert await operate(bank, REFUND, "r2", 650) is True
    assert (0, 400) == (money(ledger), held(ledger))


async def test_a_capture_whose_money_was_refunded_is_not_reversed(authorization: Payment) -> None:
    bank, ledger = a_bank()
    await bank.pay(authorization, "pay", ANYBODY)
    await operate(bank, CAPTURE, "c1", 600)
    await operate(bank, CAPTURE, "c2", 400)
    await operate(bank, REFUND, "r1", 500)
    assert [await reversal(bank, reference) for reference in ("c1", "c2", "c1")] == [False, True, False]
    assert (100, 450) == (money(ledger), held(ledger))
    assert [await reversal(bank, reference) for reference in ("r1", "c1")] == [True, True]
    assert (0, 1050) == (money(ledger), held(ledger))


@pytest.mark.parametrize("kind", [CAPTURE, VOID, REFUND])
async def test_what_is_reversed_before_it_arrives_is_never_booked(kind: Kind, payment: Payment) -> None:
    bank, ledger = a_bank()
    await bank.pay(payment, "pay", ANYBODY)
    assert await reversal(bank, "o1")
    with pytest.raises(MalformedError, match="was reversed"):
        await operate(bank, kind, "o1")
    assert {"found": False} == fields(await bank.look_up("o1", ANYBODY))
    assert (1, 1) == (ledger.count, ledger.tombstones)


@pytest.mark.parametrize("kind", [CAPTURE, REFUND])
async def test_a_repeat_of_what_was_reversed_is_malformed(kind: Kind, payment: Payment) -> None:
    bank, ledger = a_bank()
    await bank.pay(payment, "pay", ANYBODY)
    await operate(bank, kind, "o1", 5)
    await reversal(bank, "o1")
    with pytest.raises(MalformedError, match="was reversed"):
        await operate(bank, kind, "o1", 5)
    assert 1050 == money(ledger)


async def test_a_void_is_not_reversed_be_it_booked_declined_or_on_its_way(
    authorization: Payment, payment: Payment, autojump_clock: MockClock
) -> None:
    bank, ledger = a_bank(Behaviour(latency=5))
    await bank.pay(authorization, "pay", ANYBODY)
    await bank.pay(payment, "paid", ANYBODY)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(operate, bank, VOID, "v1")
        await wait_all_tasks_blocked()
        assert {"pending": True} == fields(await bank.look_up("v1", ANYBODY))
        assert await reversal(bank, "v1") is False
    assert await reversal(bank, "v1") is False
    assert {"accepted": True, "reference": "v1"} == fields(await bank.look_up("v1", ANYBODY))
    assert await operate(bank, VOID, "v2", payment="paid") == "already_captured"
    assert await reversal(bank, "v2") is False
    assert (0, 0, 1050) == (held(ledger), ledger.tombstones, money(ledger))
    assert autojump_clock.current_time() == 20


async def test_a_capture_reversed_while_in_process_is_not_booked(
    authorization: Payment, autojump_clock: MockClock
) -> None:
    bank, ledger = a_bank(Behaviour(operation_faults=FaultRates(((Fault.LATE, 1.0),))))
    await bank.pay(authorization, "pay", ANYBODY)
    told = []

    async def capture() -> None:
        told.append(fields(await bank.operate(Operation(CAPTURE, "pay"), "c1", ANYBODY)))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(capture)
        await wait_all_tasks_blocked()
        assert {"pending": True} == fields(await bank.look_up("c1", ANYBODY))
        assert await reversal(bank, "c1")
        assert {"found": False} == fields(await bank.look_up("c1", ANYBODY))
    assert [{"error_message": "Idempotency-Key: was reversed"}] == told
    assert (0, 1050, 15) == (money(ledger), held(ledger), autojump_clock.current_time())


async def test_a_refund_stuck_on_its_way_is_not_booked_when_it_was_reversed_meanwhile(
    payment: Payment, autojump_clock: MockClock
) -> None:
    bank, ledger = a_bank(Behaviour(operation_faults=FaultRates(((Fault.DELAYED, 1.0),))))
    await bank.pay(payment, "pay", ANYBODY)
    caller = WaitingCaller()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(bank.operate, Operation(REFUND, "pay"), "r1", caller)
        await wait_all_tasks_blocked()
        assert caller.was_hung_up_on
        assert {"found": False} == fields(await bank.look_up("r1", ANYBODY))
        assert await reversal(bank, "r1")
    assert (1050, 1, 15) == (money(ledger), ledger.tombstones, autojump_clock.current_time())


async def test_with_the_whole_payment_its_operations_are_reversed(authorization: Payment) -> None:
    bank, ledger = a_bank()
    await bank.pay(authorization, "pay", ANYBODY)
    await bank.pay(authorization, "other", ANYBODY)
    await operate(bank, CAPTURE, "c1", 600)
    await operate(bank, CAPTURE, "c2", 5_000)
    await operate(bank, REFUND, "r1", 100)
    await operate(bank, CAPTURE, "c3", 50, payment="other")
    assert await reversal(bank, "pay")
    assert (50, 1000) == (money(ledger), held(ledger))
    told = {entry["reference"]: entry["reversed"] for entry in entries(ledger)}
    expected = {"pay": True, "other": False, "c1": True, "c2": False, "r1": True, "c3": False}
    assert expected == told
    assert fields(await bank.look_up("c1", ANYBODY))["reversed"] is True
    assert [await reversal(bank, reference) for reference in ("c1", "r1")] == [True, True]
    assert (50, 1000) == (money(ledger), held(ledger))


async def test_an_operation_in_process_when_its_payment_is_reversed_is_declined(
    authorization: Payment, autojump_clock: MockClock
) -> None:
    bank, ledger = a_bank(Behaviour(latency=5))
    await bank.pay(authorization, "pay", ANYBODY)
    answers = []

    async def capture() -> None:
        answers.append(await operate(bank, CAPTURE, "c1"))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(capture)
        await wait_all_tasks_blocked()
        await reversal(bank, "pay")
    assert (["unknown_payment"], 0, 0) == (answers, money(ledger), held(ledger))
    assert autojump_clock.current_time() == 10


async def test_a_share_of_operations_cannot_be_reversed(authorization: Payment) -> None:
    bank, ledger = a_bank(Behaviour(refuse_reversals=1))
    await bank.pay(authorization, "pay", ANYBODY)
    await operate(bank, CAPTURE, "c1", 600)
    assert await reversal(bank, "c1") is False
    assert 600 == money(ledger)
