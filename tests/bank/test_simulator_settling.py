"""Look-ups and reversals at the real simulator, in a process of its own."""

import pytest
import trio

from pgw.bank.port import (
    Answer,
    Authorized,
    Call,
    Declined,
    Doubtful,
    LookUp,
    NeverSeen,
    NotProcessed,
    NotReversible,
    Pending,
    Rejected,
    Reverse,
    Reversed,
)
from tests.bank.calls import authorize, bank_at
from tests.bank.conftest import Simulator, StartSimulator

SLOW = "4000009900000012"
ANSWER_LOST = "4000009900000038"
CLOSES = "4000009900000079"
DELAYED = "4000009900000103"
UNAVAILABLE_TWICE = "4000009900000061"
NO_ANSWER_IN_TIME = Doubtful("no answer within 0.3 s")


async def perform(bank_url: str, *calls: Call) -> list[Answer]:
    async with bank_at(bank_url, answer_timeout=5).connection() as connection:
        return [await connection.perform(call) for call in calls]


async def perform_impatiently(bank_url: str, call: Call) -> Answer:
    async with bank_at(bank_url, answer_timeout=0.3).connection() as connection:
        return await connection.perform(call)


@pytest.mark.parametrize("card_number", ["4242424242424242", "4000000000009987"])
async def test_a_look_up_gives_the_payments_answer_again(card_number: str, simulator: Simulator) -> None:
    reference = f"told-again-{card_number}"
    first, again = await perform(
        simulator.url, authorize(reference, card_number=card_number), LookUp(reference)
    )
    assert isinstance(first, Authorized | Declined)
    assert again == first


async def test_a_look_up_finds_the_answer_that_was_lost(simulator: Simulator) -> None:
    call = authorize("lost", card_number=ANSWER_LOST)
    lost, found = await perform(simulator.url, call, LookUp("lost"))
    assert isinstance(lost, Doubtful)
    assert isinstance(found, Authorized)
    assert simulator.booked("lost") == [1050]


@pytest.mark.parametrize("card_number", [CLOSES, UNAVAILABLE_TWICE])
async def test_what_was_not_processed_was_never_seen(card_number: str, simulator: Simulator) -> None:
    reference = f"not-processed-{card_number}"
    call = authorize(reference, card_number=card_number)
    assert (await perform(simulator.url, call, LookUp(reference)))[1] == NeverSeen()


@pytest.mark.parametrize("reference", ["never-asked", "a/b?c=%41&d", "!~"])
async def test_a_reference_that_the_bank_never_saw_is_never_seen(
    reference: str, simulator: Simulator
) -> None:
    assert await perform(simulator.url, LookUp(reference)) == [NeverSeen()]


async def test_any_reference_is_found_again_under_its_path(simulator: Simulator) -> None:
    reference = "a/b?c=%41&d#e"
    authorized, found, undone = await perform(
        simulator.url, authorize(reference), LookUp(reference), Reverse(reference)
    )
    assert [found, undone] == [authorized, Reversed()]
    assert simulator.reversed(reference) == [True]


async def test_what_the_bank_is_still_at_is_pending(simulator: Simulator) -> None:
    slow = authorize("slow", card_number=SLOW)
    assert await perform_impatiently(simulator.url, slow) == NO_ANSWER_IN_TIME
    assert await perform(simulator.url, LookUp("slow"), LookUp("slow")) == [Pending(), Pending()]


async def test_a_reversal_undoes_a_charge_and_may_be_repeated(simulator: Simulator) -> None:
    undo, look_up = Reverse("undone"), LookUp("undone")
    _, *answers = await perform(simulator.url, authorize("undone"), undo, look_up, undo)
    assert answers == [Reversed()] * 3
    assert simulator.reversed("undone") == [True]


async def test_a_decline_may_be_reversed_too(simulator: Simulator) -> None:
    call = authorize("declined-undone", card_number="4000000000000002")
    _, *answers = await perform(simulator.url, call, Reverse("declined-undone"), LookUp("declined-undone"))
    assert answers == [Reversed(), Reversed()]


async def test_a_reversal_of_what_was_never_seen_keeps_it_from_counting_later(simulator: Simulator) -> None:
    answers = await perform(simulator.url, Reverse("early"), LookUp("early"), authorize("early"))
    assert answers == [Reversed(), NeverSeen(), Rejected()]
    assert simulator.booked("early") == []


async def test_a_request_that_arrives_late_is_booked_unless_it_was_reversed(
    start_simulator: StartSimulator,
) -> None:
    """Never seen is no proof that it will not arrive."""
    simulator = start_simulator("--slow-seconds", "2")
    answers = await perform(
        simulator.url,
        authorize("reversed", card_number=DELAYED),
        authorize("trusted", card_number=DELAYED),
        LookUp("reversed"),
        LookUp("trusted"),
        Reverse("reversed"),
    )
    assert [type(answer) for answer in answers[:2]] == [Doubtful, Doubtful]
    assert answers[2:] == [NeverSeen(), NeverSeen(), Reversed()]
    with trio.fail_after(10):
        # Its two seconds began after the other's.
        while not simulator.booked("trusted"):  # noqa: ASYNC110 - another process books it
            await trio.sleep(0.05)
    assert simulator.booked("reversed") == []


async def test_a_bank_that_refuses_a_reversal_keeps_the_charge(start_simulator: StartSimulator) -> None:
    simulator = start_simulator("--refuse-reversals", "1")
    authorized, *answers = await perform(
        simulator.url, authorize("kept"), Reverse("kept"), LookUp("kept"), Reverse("unseen")
    )
    assert answers == [NotReversible(), authorized, NotReversible()]
    assert simulator.reversed("kept") == [False]


async def test_a_bank_without_look_up_and_reversal_answers_neither(start_simulator: StartSimulator) -> None:
    """Its 404 is about the route: it must not be taken for a payment that was never seen."""
    simulator = start_simulator("--no-lookup", "--no-reversal")
    _, *answers = await perform(
        simulator.url, authorize("settled"), LookUp("settled"), Reverse("settled"), LookUp("unseen")
    )
    assert answers == [Doubtful("the bank answered 404")] * 3


@pytest.mark.parametrize(
    ("fault", "found", "undone", "is_undone"),
    [
        ("refuse", Doubtful, Doubtful, False),
        ("hang", Doubtful, Doubtful, False),
        ("late", Doubtful, Doubtful, False),
        ("delayed", Doubtful, Doubtful, False),
        ("unavailable_503", NotProcessed, NotProcessed, False),
        ("drop_after_booking", Doubtful, Doubtful, True),
        ("error_500", Doubtful, Doubtful, True),
        ("twice", Authorized, Doubtful, True),
        ("half", Doubtful, Doubtful, True),
        ("garbage", Doubtful, Doubtful, True),
    ],
)
async def test_a_fault_of_a_look_up_or_a_reversal_is_never_taken_for_an_answer(
    fault: str,
    found: type[Answer],
    undone: type[Answer],
    is_undone: bool,
    start_simulator: StartSimulator,
) -> None:
    simulator = start_simulator("--lookup-fault", f"{fault}=1", "--reversal-fault", f"{fault}=1")
    async with bank_at(simulator.url, answer_timeout=0.5).connection() as connection:
        calls = authorize("first"), LookUp("first"), Reverse("first"), authorize("second")
        answers = [await connection.perform(call) for call in calls]
    assert [type(answer) for answer in answers] == [Authorized, found, undone, Authorized]
    assert simulator.reversed("first") == [is_undone]
