"""One reference names one thing, be it a payment or an operation on one."""

import pytest
import trio
from trio.testing import MockClock

from simulator.behaviour import Behaviour
from simulator.booking import Kind
from simulator.fields import MalformedError
from simulator.operation import Operation
from simulator.payment import Payment
from simulator.submission import LedgerFullError
from tests.simulator.a_bank import ANYBODY, a_bank, fields
from tests.simulator.an_operation import CAPTURE, REFUND, VOID, entries, held, money, operate

USED = "^Idempotency-Key: was used before for another request$"


async def test_a_repeat_gets_the_first_answer_and_books_nothing(authorization: Payment) -> None:
    bank, ledger = a_bank()
    await bank.pay(authorization, "pay", ANYBODY)
    asked = Operation(CAPTURE, "pay", 700)
    first = await bank.operate(asked, "c1", ANYBODY)
    assert {"accepted": True, "reference": "c1"} == fields(first)
    assert first == await bank.operate(asked, "c1", ANYBODY)
    assert (2, 700) == (ledger.count, money(ledger))
    assert 2 == entries(ledger)[1]["submissions"]


async def test_a_decline_is_repeated_though_it_would_be_accepted_now(authorization: Payment) -> None:
    bank, ledger = a_bank()
    await bank.pay(authorization, "pay", ANYBODY)
    assert await operate(bank, REFUND, "r1", 5) == "not_captured"
    await operate(bank, CAPTURE, "c1")
    assert await operate(bank, REFUND, "r1", 5) == "not_captured"
    assert 1050 == money(ledger)


@pytest.mark.parametrize(
    "other",
    [
        Operation(CAPTURE, "pay", 701),
        Operation(CAPTURE, "pay"),
        Operation(CAPTURE, "pay", 700, final=True),
        Operation(CAPTURE, "another", 700),
        Operation(REFUND, "pay", 700),
        Operation(VOID, "pay"),
    ],
    ids=str,
)
async def test_another_request_under_it_is_malformed(other: Operation, authorization: Payment) -> None:
    bank, ledger = a_bank()
    await bank.pay(authorization, "pay", ANYBODY)
    await bank.pay(authorization, "another", ANYBODY)
    await operate(bank, CAPTURE, "c1", 700)
    with pytest.raises(MalformedError, match=USED):
        await bank.operate(other, "c1", ANYBODY)
    assert 3 == ledger.count


@pytest.mark.parametrize("dedupe", [True, False])
async def test_a_payment_and_an_operation_are_never_under_one_reference(
    dedupe: bool, authorization: Payment
) -> None:
    bank, ledger = a_bank(Behaviour(dedupe=dedupe))
    await bank.pay(authorization, "pay", ANYBODY)
    await operate(bank, CAPTURE, "c1", 700)
    with pytest.raises(MalformedError, match=USED):
        await operate(bank, CAPTURE, "pay", 1)
    with pytest.raises(MalformedError, match=USED):
        await bank.pay(authorization, "c1", ANYBODY)
    assert (2, 700) == (ledger.count, money(ledger))


async def test_without_dedupe_a_repeat_moves_money_again_as_far_as_there_is_any(
    authorization: Payment,
) -> None:
    bank, ledger = a_bank(Behaviour(dedupe=False))
    await bank.pay(authorization, "pay", ANYBODY)
    answers = [await operate(bank, CAPTURE, "c1", 500) for _ in range(3)]
    assert [True, True, "amount_too_large"] == answers
    assert (1000, 50) == (money(ledger), held(ledger))


async def test_without_dedupe_operations_are_of_the_payments_latest_booking(authorization: Payment) -> None:
    bank, ledger = a_bank(Behaviour(dedupe=False))
    await bank.pay(authorization, "pay", ANYBODY)
    await operate(bank, VOID, "v1")
    await bank.pay(authorization, "pay", ANYBODY)
    assert await operate(bank, CAPTURE, "c1") is True
    assert (1050, 0) == (money(ledger), held(ledger))


async def test_without_a_reference_each_is_processed_and_echoes_none(authorization: Payment) -> None:
    bank, ledger = a_bank()
    await bank.pay(authorization, "pay", ANYBODY)
    for _ in range(2):
        reply = await bank.operate(Operation(CAPTURE, "pay", 100), None, ANYBODY)
        assert {"accepted": True} == fields(reply)
    assert (200, 850) == (money(ledger), held(ledger))
    assert [None, None] == [entry["reference"] for entry in entries(ledger)[1:]]


@pytest.mark.parametrize("kind", [CAPTURE, REFUND])
async def test_of_two_at_once_that_are_too_much_together_one_is_accepted(
    kind: Kind, payment: Payment, authorization: Payment, autojump_clock: MockClock
) -> None:
    bank, ledger = a_bank(Behaviour(latency=5, jitter=5))
    await bank.pay(authorization if kind is CAPTURE else payment, "pay", ANYBODY)
    begun = autojump_clock.current_time()
    answers = []

    async def one(reference: str) -> None:
        answers.append(await operate(bank, kind, reference, 600))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(one, "o1")
        nursery.start_soon(one, "o2")
    assert [True, "amount_too_large"] == answers
    assert (600 if kind is CAPTURE else 450) == money(ledger)
    assert 5 <= autojump_clock.current_time() - begun < 10


async def test_a_full_ledger_says_so_but_still_answers_what_it_knows(authorization: Payment) -> None:
    bank, _ = a_bank(limit=2)
    await bank.pay(authorization, "pay", ANYBODY)
    assert await operate(bank, CAPTURE, "c1", 1) is True
    for reference in ("c2", None):
        with pytest.raises(LedgerFullError, match="not processed: the ledger is full at 2"):
            await operate(bank, CAPTURE, reference, 1)
    assert await operate(bank, CAPTURE, "c1", 1) is True
