"""A capture or a refund that was reversed does not count, now or later; a void stays."""

import pytest

from simulator.behaviour import Behaviour
from simulator.booking import Kind
from simulator.fields import MalformedError
from simulator.payment import Payment
from tests.simulator.a_bank import ANYBODY, a_bank, fields
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


async def test_a_share_of_operations_cannot_be_reversed(authorization: Payment) -> None:
    bank, ledger = a_bank(Behaviour(refuse_reversals=1))
    await bank.pay(authorization, "pay", ANYBODY)
    await operate(bank, CAPTURE, "c1", 600)
    assert await reversal(bank, "c1") is False
    assert 600 == money(ledger)
