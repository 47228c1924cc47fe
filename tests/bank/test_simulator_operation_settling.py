"""Look-ups and reversals of captures, voids and refunds at the real simulator."""

from itertools import count

import pytest

from pgw.bank.port import (
    Accepted,
    Answer,
    Authorized,
    Call,
    Capture,
    Declined,
    Doubtful,
    LookUp,
    NeverSeen,
    NotReversible,
    Operation,
    Refund,
    Rejected,
    Reverse,
    Reversed,
    Void,
)
from tests.bank.calls import authorize, bank_at, capture, refund, void
from tests.bank.conftest import Simulator, StartSimulator

CAPTURE_LOST, REFUND_LOST = "4000009900000145", "4000009900000152"
CAPTURE_STUCK, REFUND_STUCK = "4000009900000160", "4000009900000178"
GOOD = "4242424242424242"
_numbers = count()


def found(reference: str) -> LookUp:
    return LookUp(reference, is_operation=True)


async def perform(bank_url: str, *calls: Call) -> list[Answer]:
    async with bank_at(bank_url, answer_timeout=5).connection() as connection:
        return [await connection.perform(call) for call in calls]


async def on_a_payment(
    bank_url: str, kind: type[Operation], *, card_number: str = GOOD, amount: int = 1050
) -> Operation:
    """Return an operation on a payment of its own, which is authorized."""
    number = next(_numbers)
    of, reference = f"settled-{number}", f"operation-{number}"
    is_captured = kind is Refund
    call = authorize(of, card_number=card_number, capture=is_captured)
    [answer] = await perform(bank_url, call)
    assert isinstance(answer, Authorized)
    if kind is Void:
        return void(reference, of)
    return refund(reference, of, amount) if is_captured else capture(reference, of, amount)


KINDS = pytest.mark.parametrize("kind", [Capture, Void, Refund])
MOVING = pytest.mark.parametrize("kind", [Capture, Refund])


@KINDS
async def test_a_look_up_gives_an_operations_answer_again(
    kind: type[Operation], simulator: Simulator
) -> None:
    call = await on_a_payment(simulator.url, kind)
    answers = await perform(simulator.url, call, found(call.reference), found(call.reference))
    assert answers == [Accepted()] * 3


async def test_a_look_up_tells_that_it_was_declined_and_why(simulator: Simulator) -> None:
    call = await on_a_payment(simulator.url, Refund, amount=1051)
    no = Declined("amount_too_large")
    assert await perform(simulator.url, call, found(call.reference)) == [no, no]


@pytest.mark.parametrize(
    ("kind", "card_number", "moved"),
    [(Capture, CAPTURE_LOST, 1050), (Refund, REFUND_LOST, -1050)],
)
async def test_a_look_up_finds_the_answer_that_was_lost(
    kind: type[Operation], card_number: str, moved: int, simulator: Simulator
) -> None:
    call = await on_a_payment(simulator.url, kind, card_number=card_number)
    lost, again = await perform(simulator.url, call, found(call.reference))
    assert isinstance(lost, Doubtful)
    assert again == Accepted()
    assert simulator.moved(call.reference) == [moved]


@MOVING
async def test_a_reversal_undoes_the_operation_and_never_its_payment(
    kind: type[Operation], simulator: Simulator
) -> None:
    call = await on_a_payment(simulator.url, kind)
    undo, look_up = Reverse(call.reference), found(call.reference)
    _, *answers = await perform(simulator.url, call, undo, look_up, undo, call)
    assert answers == [Reversed(), Reversed(), Reversed(), Rejected()]
    assert simulator.moved(call.reference) == [0]
    [payment] = await perform(simulator.url, LookUp(call.payment_reference))
    assert isinstance(payment, Authorized)


async def test_a_void_is_never_reversed(simulator: Simulator) -> None:
    call = await on_a_payment(simulator.url, Void)
    answers = await perform(simulator.url, call, Reverse(call.reference), found(call.reference), call)
    assert answers == [Accepted(), NotReversible(), Accepted(), Accepted()]


@pytest.mark.parametrize(("kind", "card_number"), [(Capture, CAPTURE_STUCK), (Refund, REFUND_STUCK)])
async def test_what_is_stuck_on_its_way_is_never_seen_and_once_reversed_counts_nothing(
    kind: type[Operation], card_number: str, simulator: Simulator
) -> None:
    call = await on_a_payment(simulator.url, kind, card_number=card_number)
    stuck, *answers = await perform(
        simulator.url, call, found(call.reference), Reverse(call.reference), found(call.reference), call
    )
    assert isinstance(stuck, Doubtful)
    assert answers == [NeverSeen(), Reversed(), NeverSeen(), Rejected()]
    assert simulator.moved(call.reference) == []


async def test_a_payment_is_not_taken_for_an_operation_nor_an_operation_for_a_payment(
    simulator: Simulator,
) -> None:
    call = await on_a_payment(simulator.url, Capture)
    answers = await perform(simulator.url, call, LookUp(call.reference), found(call.payment_reference))
    assert [type(answer) for answer in answers] == [Accepted, Doubtful, Doubtful]


async def test_a_bank_that_refuses_a_reversal_keeps_the_operation(start_simulator: StartSimulator) -> None:
    simulator = start_simulator("--refuse-reversals", "1")
    call = await on_a_payment(simulator.url, Refund)
    _, *answers = await perform(simulator.url, call, Reverse(call.reference), found(call.reference))
    assert answers == [NotReversible(), Accepted()]
    assert simulator.moved(call.reference) == [-1050]
