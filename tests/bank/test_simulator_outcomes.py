"""What becomes of each card at the real simulator, in a process of its own."""

import pytest
from attrs import evolve

from pgw.bank.port import Answer, Authorized, Call, Declined, Doubtful, NotProcessed, Rejected
from pgw.domain.card import Cvv
from tests.bank.calls import authorize, bank_at
from tests.bank.conftest import Simulator

HANGS = "4000009900000020"
UNAVAILABLE_TWICE = "4000009900000061"
FAILS_LUHN = "4242424242424241"


async def perform(bank_url: str, *calls: Call) -> list[Answer]:
    async with bank_at(bank_url, answer_timeout=2).connection() as connection:
        return [await connection.perform(call) for call in calls]


@pytest.mark.parametrize(
    "card_number", ["4242424242424242", "5555555555554444", "378282246310005", "4111111111111111"]
)
async def test_a_good_card_is_authorized(card_number: str, simulator: Simulator) -> None:
    call = authorize(f"good-{card_number}", card_number=card_number)
    if card_number.startswith("37"):
        call = evolve(call, card=evolve(call.card, cvv=Cvv("1234")))
    [answer] = await perform(simulator.url, call)
    assert isinstance(answer, Authorized)
    assert simulator.booked(call.reference) == [1050]


@pytest.mark.parametrize(
    ("card_number", "code"),
    [
        ("4000000000000002", "generic_decline"),
        ("4000000000009995", "insufficient_funds"),
        ("4000000000009987", "lost_card"),
        ("4000000000009979", "stolen_card"),
        ("4000000000000069", "expired_card"),
        ("4000000000000127", "incorrect_cvc"),
        ("4000000000000119", "processing_error"),
        ("4000002760003184", "authentication_required"),
    ],
)
async def test_a_declined_card_is_declined_with_its_code(
    card_number: str, code: str, simulator: Simulator
) -> None:
    call = authorize(f"declined-{card_number}", card_number=card_number)
    assert await perform(simulator.url, call) == [Declined(code)]


async def test_what_the_bank_calls_malformed_is_rejected(simulator: Simulator) -> None:
    call = authorize("malformed", card_number=FAILS_LUHN)
    assert await perform(simulator.url, call) == [Rejected()]
    assert simulator.booked("malformed") == []


async def test_a_503_is_not_processed_and_the_same_reference_may_be_sent_again(simulator: Simulator) -> None:
    call = authorize("unavailable-twice", card_number=UNAVAILABLE_TWICE)
    *first_two, third = await perform(simulator.url, call, call, call)
    assert first_two == [NotProcessed(), NotProcessed()]
    assert isinstance(third, Authorized)
    assert simulator.booked("unavailable-twice") == [1050]


@pytest.mark.parametrize(
    ("card_number", "booked"),
    [
        pytest.param("4000009900000038", [1050], id="booked, then closed"),
        pytest.param("4000009900000046", [1050], id="booked, then 500"),
        pytest.param("4000009900000079", [], id="closed, nothing booked"),
        pytest.param("4000009900000087", [1050], id="booked, then garbage"),
        pytest.param("4000009900000095", [1050], id="booked, then half an answer"),
    ],
)
async def test_a_fault_leaves_doubt_and_the_next_call_is_well(
    card_number: str, booked: list[int], simulator: Simulator
) -> None:
    call, following = (
        authorize(f"fault-{card_number}", card_number=card_number),
        authorize(f"after-{card_number}"),
    )
    doubtful, authorized = await perform(simulator.url, call, following)
    assert isinstance(doubtful, Doubtful)
    assert isinstance(authorized, Authorized)
    assert [simulator.booked(call.reference), simulator.booked(following.reference)] == [booked, [1050]]


async def test_a_bank_that_answers_twice_is_heard_once(simulator: Simulator) -> None:
    twice = authorize("twice", card_number="4000009900000053")
    declined = authorize("after-twice", card_number="4000000000009987")
    answers = await perform(simulator.url, twice, declined)
    assert [type(answers[0]), answers[1]] == [Authorized, Declined("lost_card")]


async def test_a_bank_that_never_answers_leaves_doubt_after_the_time_limit(simulator: Simulator) -> None:
    bank = bank_at(simulator.url, answer_timeout=0.2)
    async with bank.connection() as connection:
        first = await connection.perform(authorize("hangs", card_number=HANGS))
        second = await connection.perform(authorize("after-hang"))
    assert first == Doubtful("no answer within 0.2 s")
    assert isinstance(second, Authorized)


async def test_a_payment_to_be_captured_later_is_only_reserved(simulator: Simulator) -> None:
    call = authorize("later", capture=False)
    [answer] = await perform(simulator.url, call)
    assert isinstance(answer, Authorized)
    assert simulator.booked("later") == [0]
