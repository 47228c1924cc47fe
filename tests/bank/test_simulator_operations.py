"""What becomes of captures, voids and refunds at the real simulator, in a process of its own."""

from itertools import count

import pytest
import trio
from attrs import evolve

from pgw.bank.port import (
    Accepted,
    Answer,
    Authorized,
    Call,
    Declined,
    Doubtful,
    NotProcessed,
    Operation,
    Rejected,
)
from tests.bank.calls import authorize, bank_at, capture, refund, void
from tests.bank.conftest import Simulator, StartSimulator

CAPTURES_DECLINED, VOIDS_DECLINED, REFUNDS_DECLINED = (
    "4000009900000111",
    "4000009900000129",
    "4000009900000137",
)
CAPTURE_LOST, REFUND_LOST = "4000009900000145", "4000009900000152"
_numbers = count()


async def perform(bank_url: str, *calls: Call) -> list[Answer]:
    async with bank_at(bank_url, answer_timeout=2).connection() as connection:
        return [await connection.perform(call) for call in calls]


async def paid(bank_url: str, card_number: str = "4242424242424242", *, capture: bool) -> str:
    """Return the reference of a payment that was authorized."""
    reference = f"paid-{next(_numbers)}"
    [answer] = await perform(bank_url, authorize(reference, card_number=card_number, capture=capture))
    assert isinstance(answer, Authorized)
    return reference


async def test_partial_captures_and_partial_refunds_are_accepted(simulator: Simulator) -> None:
    of = await paid(simulator.url, capture=False)
    answers = await perform(
        simulator.url,
        capture("first", of, 500),
        capture("last", of, 300, is_final=True),
        capture("more", of, 1),
        refund("back", of, 200),
        refund("rest", of, 600),
        refund("over", of, 1),
    )
    yes, no, too_much = Accepted(), Declined("already_captured"), Declined("amount_too_large")
    assert answers == [yes, yes, no, yes, yes, too_much]
    assert [[500], [300], [0], [-200], [-600], [0]] == [
        simulator.moved(reference) for reference in ("first", "last", "more", "back", "rest", "over")
    ]


async def test_a_void_is_accepted_once_and_then_already_voided(simulator: Simulator) -> None:
    of = await paid(simulator.url, capture=False)
    answers = await perform(
        simulator.url, void("v-1", of), void("v-1", of), void("v-2", of), capture("v-3", of)
    )
    voided = Declined("already_voided")
    assert answers == [Accepted(), Accepted(), voided, voided]


def of_payment(call: Operation, reference: str) -> Operation:
    return evolve(call, payment_reference=reference)


@pytest.mark.parametrize(
    ("is_captured", "call", "code"),
    [
        (True, capture("no-1", amount=1), "already_captured"),
        (True, void("no-2"), "already_captured"),
        (True, refund("no-3", amount=1051), "amount_too_large"),
        (False, capture("no-4", amount=1051), "amount_too_large"),
        (False, refund("no-5", amount=1), "not_captured"),
        (None, capture("no-6"), "unknown_payment"),
        (None, void("no-7"), "unknown_payment"),
        (None, refund("no-8"), "unknown_payment"),
    ],
)
async def test_what_is_not_possible_is_declined_with_a_code_of_ours(
    is_captured: bool | None, call: Operation, code: str, simulator: Simulator
) -> None:
    of = "unknown" if is_captured is None else await paid(simulator.url, capture=is_captured)
    assert await perform(simulator.url, of_payment(call, of)) == [Declined(code)]
    assert simulator.moved(call.reference) == [0]


async def test_a_capture_after_a_refund_is_already_refunded(simulator: Simulator) -> None:
    of = await paid(simulator.url, capture=False)
    calls = capture("part", of, 500), refund("part-back", of, 100), capture("late", of, 1)
    assert (await perform(simulator.url, *calls))[-1] == Declined("already_refunded")


async def test_an_authorization_that_expired_at_the_bank_is_declined_as_such(
    start_simulator: StartSimulator,
) -> None:
    simulator = start_simulator("--authorization-seconds", "0.001")
    of = await paid(simulator.url, capture=False)
    # Ten times as long as it lasts, by the same system's clock.
    await trio.sleep(0.01)
    expired = Declined("authorization_expired")
    assert await perform(simulator.url, capture("c", of), void("v", of)) == [expired, expired]


@pytest.mark.parametrize(
    ("card_number", "call"),
    [(CAPTURES_DECLINED, capture("d-1")), (VOIDS_DECLINED, void("d-2")), (REFUNDS_DECLINED, refund("d-3"))],
)
async def test_each_card_whose_operations_are_declined(
    card_number: str, call: Operation, simulator: Simulator
) -> None:
    of = await paid(simulator.url, card_number, capture=call.reference == "d-3")
    assert await perform(simulator.url, of_payment(call, of)) == [Declined("processing_error")]


@pytest.mark.parametrize(
    ("card_number", "call", "moved"),
    [(CAPTURE_LOST, capture("lost-1"), 1050), (REFUND_LOST, refund("lost-2"), -1050)],
)
async def test_each_card_whose_answer_is_lost_leaves_doubt_and_the_next_call_is_well(
    card_number: str, call: Operation, moved: int, simulator: Simulator
) -> None:
    of = await paid(simulator.url, card_number, capture=moved < 0)
    after = authorize(f"after-{call.reference}")
    doubtful, well = await perform(simulator.url, of_payment(call, of), after)
    assert isinstance(doubtful, Doubtful)
    assert isinstance(well, Authorized)
    assert simulator.moved(call.reference) == [moved]


async def test_what_the_bank_calls_malformed_is_rejected(simulator: Simulator) -> None:
    """As the same reference with another request."""
    of = await paid(simulator.url, capture=True)
    answers = await perform(
        simulator.url, refund("again", of, 100), refund("again", of, 101), refund("zero", of, 0)
    )
    assert answers == [Accepted(), Rejected(), Rejected()]
    assert [simulator.moved("again"), simulator.moved("zero")] == [[-100], []]


@pytest.mark.parametrize(
    ("fault", "answer", "is_booked"),
    [
        ("hang", Doubtful, False),
        ("unavailable_503", NotProcessed, False),
        ("error_500", Doubtful, True),
        ("twice", Accepted, True),
        ("half", Doubtful, True),
        ("garbage", Doubtful, True),
    ],
)
async def test_a_fault_of_an_operation_is_never_taken_for_an_answer(
    fault: str, answer: type[Answer], is_booked: bool, start_simulator: StartSimulator
) -> None:
    simulator = start_simulator("--operation-fault", f"{fault}=1")
    later, at_once = [await paid(simulator.url, capture=capture) for capture in (False, True)]
    voided = await paid(simulator.url, capture=False)
    calls = capture("c", later), authorize("a"), void("v", voided), refund("r", at_once), authorize("b")
    async with bank_at(simulator.url, answer_timeout=0.3).connection() as connection:
        answers = [type(await connection.perform(call)) for call in calls]
    assert answers == [answer, Authorized, answer, answer, Authorized]
    assert [is_booked] * 3 == [simulator.moved(reference) != [] for reference in ("c", "v", "r")]
