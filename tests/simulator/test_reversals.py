"""A reversal is a tombstone: what is under it does not count, now or later."""

import json

import attrs
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from simulator.answers import Delivery
from simulator.bank import Bank
from simulator.behaviour import Behaviour
from simulator.faults import Fault
from simulator.fields import MalformedError
from simulator.payment import Payment
from simulator.rates import FaultRates
from simulator.submission import LedgerFullError
from simulator.wire import statement
from tests.simulator.a_bank import ANYBODY, a_bank, fields

SLOW = "4000009900000012"


async def reversal(bank: Bank, reference: str) -> bool:
    answer = fields(await bank.reverse(reference, ANYBODY))
    assert set(answer) == {"reversed"}
    return bool(answer["reversed"])


async def test_a_payment_that_was_booked_is_reversed_once_and_again(payment: Payment) -> None:
    bank, ledger = a_bank()
    paid = fields(await bank.pay(payment, "a", ANYBODY))
    assert [await reversal(bank, "a"), await reversal(bank, "a")] == [True, True]
    assert paid | {"reversed": True} == fields(await bank.look_up("a", ANYBODY))
    assert (1, 0) == (ledger.count, ledger.tombstones)


async def test_a_reference_never_seen_is_reversed_stays_unknown_and_books_nothing_later(
    payment: Payment,
) -> None:
    bank, ledger = a_bank()
    assert await reversal(bank, "a")
    look_up = await bank.look_up("a", ANYBODY)
    assert (404, {"found": False}) == (look_up.answer.status, fields(look_up))
    with pytest.raises(MalformedError, match="was reversed"):
        await bank.pay(payment, "a", ANYBODY)
    assert await reversal(bank, "a")
    assert (0, 1) == (ledger.count, ledger.tombstones)


async def test_a_repeat_of_a_reversed_payment_is_malformed(payment: Payment) -> None:
    bank, ledger = a_bank()
    await bank.pay(payment, "a", ANYBODY)
    await reversal(bank, "a")
    with pytest.raises(MalformedError, match="was reversed"):
        await bank.pay(payment, "a", ANYBODY)
    assert ledger.count == 1


async def test_a_payment_reversed_while_in_process_is_not_booked_and_its_caller_is_told(
    payment: Payment, autojump_clock: MockClock
) -> None:
    bank, ledger = a_bank()
    statuses = []

    async def pay() -> None:
        reply = await bank.pay(attrs.evolve(payment, card_number=SLOW), "a", ANYBODY)
        statuses.append((reply.answer.status, fields(reply)))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(pay)
        await wait_all_tasks_blocked()
        assert fields(await bank.look_up("a", ANYBODY)) == {"pending": True}
        assert await reversal(bank, "a")
        assert fields(await bank.look_up("a", ANYBODY)) == {"found": False}
        assert statuses == []
    assert [(400, {"error_message": "Idempotency-Key: was reversed"})] == statuses
    assert (0, 1) == (ledger.count, ledger.tombstones)
    assert autojump_clock.current_time() == 15


async def test_without_dedupe_all_bookings_of_a_reference_are_reversed_and_no_more_come(
    payment: Payment,
) -> None:
    bank, ledger = a_bank(Behaviour(dedupe=False))
    for reference in ("a", "a", "b"):
        await bank.pay(payment, reference, ANYBODY)
    await reversal(bank, "a")
    with pytest.raises(MalformedError, match="was reversed"):
        await bank.pay(payment, "a", ANYBODY)
    entries = fields_of_ledger(statement(ledger, ledger.bookings()).body)
    expected = [("a", True, 1050, 0), ("a", True, 1050, 0), ("b", False, 1050, 1050)]
    assert expected == entries


def fields_of_ledger(body: bytes) -> list[tuple[str, bool, int, int]]:
    names = ("reference", "reversed", "captured_amount", "net_amount")
    return [tuple(entry[name] for name in names) for entry in json.loads(body)["bookings"]]


async def test_a_share_of_references_cannot_be_reversed_and_it_is_always_the_same_ones(
    payment: Payment,
) -> None:
    behaviour = Behaviour(refuse_reversals=0.3)
    (bank, _), (other, _) = a_bank(behaviour, limit=1_000), a_bank(behaviour, limit=1_000)
    references = [f"order-{number}" for number in range(1_000)]
    first = [await reversal(bank, reference) for reference in references]
    assert 250 < first.count(False) < 350
    assert first == [await reversal(bank, reference) for reference in references]
    assert first == [await reversal(other, reference) for reference in references]
    refused = references[first.index(False)]
    assert fields(await bank.pay(payment, refused, ANYBODY))["authorized"] is True
    assert "reversed" not in fields(await bank.look_up(refused, ANYBODY))


async def test_a_refusal_of_all_reverses_none() -> None:
    bank, ledger = a_bank(Behaviour(refuse_reversals=1))
    assert {False} == {await reversal(bank, f"order-{number}") for number in range(50)}
    assert ledger.tombstones == 0


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.REFUSE, (False, Delivery.NOTHING)),
        (Fault.UNAVAILABLE_503, (False, Delivery.WHOLE)),
        (Fault.DROP_AFTER_BOOKING, (True, Delivery.NOTHING)),
        (Fault.ERROR_500, (True, Delivery.WHOLE)),
        (Fault.TWICE, (True, Delivery.TWICE)),
        (Fault.HALF, (True, Delivery.HALF)),
        (Fault.LATE, (True, Delivery.WHOLE)),
        (Fault.DELAYED, (True, Delivery.NOTHING)),
    ],
)
async def test_a_reversal_misbehaves_by_its_own_rate(
    fault: Fault, expected: tuple[bool, Delivery], payment: Payment, autojump_clock: MockClock
) -> None:
    bank, ledger = a_bank(Behaviour(reversal_faults=FaultRates(((fault, 1.0),))))
    await bank.pay(payment, "a", ANYBODY)
    reply = await bank.reverse("a", ANYBODY)
    assert (15 if fault in (Fault.LATE, Fault.DELAYED) else 0) == autojump_clock.current_time()
    submission = ledger.submission("a")
    assert submission
    assert expected == (submission.reversed, reply.delivery)
    assert fields(await bank.look_up("a", ANYBODY))["authorized"] is True


async def test_a_full_ledger_takes_no_new_tombstone_but_reverses_what_it_knows(payment: Payment) -> None:
    bank, _ = a_bank(limit=1)
    await bank.pay(payment, "a", ANYBODY)
    with pytest.raises(LedgerFullError, match="not processed: the ledger is full at 1"):
        await bank.reverse("b", ANYBODY)
    assert await reversal(bank, "a")
