"""Which operation is accepted when, and what of the money it moves."""

from datetime import datetime, timedelta

import attrs
import pytest

from simulator.behaviour import Behaviour
from simulator.booking import Kind
from simulator.payment import Payment
from tests.simulator.a_bank import ANYBODY, NOON, a_bank
from tests.simulator.an_operation import CAPTURE, REFUND, VOID, entries, held, money, operate, reversal


async def test_captures_go_on_until_all_is_captured(authorization: Payment) -> None:
    bank, ledger = a_bank()
    await bank.pay(authorization, "pay", ANYBODY)
    assert (0, 1050) == (money(ledger), held(ledger))
    assert await operate(bank, CAPTURE, "c1", 300) is True
    assert (300, 750) == (money(ledger), held(ledger))
    assert await operate(bank, CAPTURE, "c2", 751) == "amount_too_large"
    assert await operate(bank, CAPTURE, "c3") is True
    assert (1050, 0) == (money(ledger), held(ledger))
    assert await operate(bank, CAPTURE, "c4", 1) == "already_captured"
    assert await operate(bank, CAPTURE, "c5") == "already_captured"
    told = [(entry["amount"], entry["net_amount"], entry["released_amount"]) for entry in entries(ledger)[1:]]
    assert [(300, 300, 300), (751, 0, 0), (750, 750, 750), (1, 0, 0), (0, 0, 0)] == told


async def test_a_final_capture_releases_the_rest(authorization: Payment) -> None:
    bank, ledger = a_bank()
    await bank.pay(authorization, "pay", ANYBODY)
    assert await operate(bank, CAPTURE, "c1", 300) is True
    assert await operate(bank, CAPTURE, "c2", 200, final=True) is True
    assert (500, 0) == (money(ledger), held(ledger))
    assert [300, 750] == [entry["released_amount"] for entry in entries(ledger)[1:]]
    assert await operate(bank, CAPTURE, "c3", 1) == "already_captured"


async def test_what_is_paid_at_once_is_captured_and_can_be_refunded(payment: Payment) -> None:
    bank, ledger = a_bank()
    await bank.pay(payment, "pay", ANYBODY)
    assert await operate(bank, CAPTURE, "c1", 1) == "already_captured"
    assert await operate(bank, VOID, "v1") == "already_captured"
    assert await operate(bank, REFUND, "r1", 1050) is True
    assert (0, 0) == (money(ledger), held(ledger))


async def test_a_void_releases_all_that_is_held_and_ends_it(authorization: Payment) -> None:
    bank, ledger = a_bank()
    await bank.pay(authorization, "pay", ANYBODY)
    assert await operate(bank, VOID, "v1") is True
    assert (0, 0) == (money(ledger), held(ledger))
    [void] = entries(ledger)[1:]
    assert (1050, 1050, 0) == (void["amount"], void["released_amount"], void["net_amount"])
    assert await operate(bank, VOID, "v2") == "already_voided"
    assert await operate(bank, CAPTURE, "c1", 1) == "already_voided"
    assert await operate(bank, REFUND, "r1", 1) == "not_captured"


async def test_no_void_after_a_capture_of_a_part(authorization: Payment) -> None:
    bank, ledger = a_bank()
    await bank.pay(authorization, "pay", ANYBODY)
    await operate(bank, CAPTURE, "c1", 1)
    assert await operate(bank, VOID, "v1") == "already_captured"
    assert 1049 == held(ledger)


async def test_refunds_go_on_until_all_that_was_captured_is_back(authorization: Payment) -> None:
    bank, ledger = a_bank()
    await bank.pay(authorization, "pay", ANYBODY)
    assert await operate(bank, REFUND, "r1", 1) == "not_captured"
    assert await operate(bank, REFUND, "r2") == "not_captured"
    await operate(bank, CAPTURE, "c1", 600)
    assert await operate(bank, REFUND, "r3", 601) == "amount_too_large"
    assert await operate(bank, REFUND, "r4", 250) is True
    assert await operate(bank, REFUND, "r5", 351) == "amount_too_large"
    assert (350, 450) == (money(ledger), held(ledger))
    assert await operate(bank, REFUND, "r6") is True
    assert (0, 450) == (money(ledger), held(ledger))
    assert await operate(bank, REFUND, "r7", 1) == "amount_too_large"
    assert await operate(bank, REFUND, "r8") == "amount_too_large"
    told = {
        entry["reference"]: (entry["net_amount"], entry["released_amount"]) for entry in entries(ledger)[1:]
    }
    assert ((-250, 0), (-350, 0)) == (told["r4"], told["r6"])


async def test_no_capture_after_a_refund(authorization: Payment) -> None:
    bank, _ = a_bank()
    await bank.pay(authorization, "pay", ANYBODY)
    await operate(bank, CAPTURE, "c1", 600)
    await operate(bank, REFUND, "r1", 1)
    assert await operate(bank, CAPTURE, "c2", 1) == "already_refunded"


@pytest.mark.parametrize("kind", [CAPTURE, VOID, REFUND])
async def test_a_payment_that_does_not_count_is_unknown(kind: Kind, payment: Payment) -> None:
    bank, ledger = a_bank()
    await bank.pay(attrs.evolve(payment, card_number="4000000000009995"), "declined", ANYBODY)
    await bank.pay(payment, "undone", ANYBODY)
    await reversal(bank, "undone")
    await reversal(bank, "tombstone")
    await operate(bank, CAPTURE, "operation", payment="never-seen")
    for reference in ("declined", "undone", "tombstone", "never-seen", "operation"):
        assert await operate(bank, kind, f"on-{reference}", payment=reference) == "unknown_payment"
    currencies = {entry["payment_reference"]: entry["currency"] for entry in entries(ledger)[2:]}
    expected = {"declined", "undone", "tombstone", "never-seen", "operation"}
    assert dict.fromkeys(expected, "XXX") == currencies
    assert not any(entry["accepted"] or entry["net_amount"] for entry in entries(ledger)[2:])


async def test_an_authorization_expires_for_captures_and_voids(
    authorization: Payment, payment: Payment
) -> None:
    now = NOON

    def clock() -> datetime:
        return now

    bank, ledger = a_bank(Behaviour(authorization_seconds=60), now=clock)
    await bank.pay(authorization, "pay", ANYBODY)
    await bank.pay(payment, "paid", ANYBODY)
    now = NOON + timedelta(seconds=59.9)
    assert await operate(bank, CAPTURE, "c1", 100) is True
    await bank.pay(authorization, "younger", ANYBODY)
    now = NOON + timedelta(seconds=60)
    assert await operate(bank, CAPTURE, "c2", 100) == "authorization_expired"
    assert await operate(bank, CAPTURE, "c3", payment="younger") is True
    assert await operate(bank, REFUND, "r1", payment="paid") is True
    await reversal(bank, "c1")
    assert await operate(bank, VOID, "v1") == "authorization_expired"
    assert 1050 == held(ledger)


async def test_without_a_time_an_authorization_never_expires(authorization: Payment) -> None:
    now = NOON
    bank, _ = a_bank(now=lambda: now)
    await bank.pay(authorization, "pay", ANYBODY)
    now = NOON + timedelta(days=10_000)
    assert await operate(bank, VOID, "v1") is True
