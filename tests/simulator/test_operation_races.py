"""A reversal that comes while an operation is in process or on its way."""

import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from simulator.behaviour import Behaviour
from simulator.faults import Fault
from simulator.operation import Operation
from simulator.payment import Payment
from simulator.rates import FaultRates
from tests.simulator.a_bank import ANYBODY, WaitingCaller, a_bank, fields
from tests.simulator.an_operation import CAPTURE, REFUND, VOID, held, money, operate, reversal


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
