"""Every answer in every state, one step each (PRODUCT.md, section 4: what happened, and what is done)."""

import pytest
import trio
from attrs import frozen
from trio.testing import wait_all_tasks_blocked

from pgw.actors.investigation import investigate
from pgw.bank.port import Answer, BankFeature, Call, Declined, LookUp, NotReversible, Rejected, Reverse
from pgw.domain.attempt import AttemptOutcome
from pgw.domain.flag import FlagCode
from tests.actors.fake_bank import YES
from tests.actors.knowing_bank import (
    DOUBT,
    EVERYTHING,
    NEVER_SEEN,
    PENDING,
    REFUSED_PORT,
    REVERSED,
    UNAVAILABLE,
    KnowingBank,
    says,
)
from tests.actors.memory_storage import MemoryStorage
from tests.actors.resting import at_rest
from tests.actors.tree import ports_with
from tests.simulation.seeded_ports import SimulatedClock

NO = Declined("lost_card")
REFUSED = NotReversible()
# What a look-up is never answered, as a connector with a bug might.
NONSENSE = Rejected()
NO_ANSWERS = [REFUSED_PORT, UNAVAILABLE, DOUBT, NONSENSE]
INTENDED, DOUBTFUL = AttemptOutcome.INTENDED, AttemptOutcome.DOUBTFUL
REVERSING, SETTLED = AttemptOutcome.REVERSING, AttemptOutcome.SETTLED
LATE, CANNOT = FlagCode.LATE_DECISION, FlagCode.REVERSAL_REFUSED
LOOK: type[Call] = LookUp
BACK: type[Call] = Reverse


@frozen
class Step:
    """What one step led to."""

    status: str
    outcome: str
    rests: bool
    """Whether it is taken up again."""
    flags: set[FlagCode]
    calls: list[type[Call]]


async def step(
    state: AttemptOutcome,
    look_up: Answer,
    reverse: Answer = REVERSED,
    features: frozenset[BankFeature] = EVERYTHING,
    inquiries: int = 0,
) -> Step:
    bank = KnowingBank(look_up=says(look_up), reverse=says(reverse), features=features)
    storage, clock = MemoryStorage(), SimulatedClock()
    ports = ports_with(storage, bank, clock=clock)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ports.bank.run)
        await wait_all_tasks_blocked()
        await investigate(ports, at_rest(state, clock.now(), inquiries))
        nursery.cancel_scope.cancel()
    change = storage.written[-1]
    flags = {change.flag.code for change in storage.written if change.flag is not None}
    rests = change.attempt.due_at is not None
    return Step(change.payment.status, change.attempt.outcome, rests, flags, bank.calls)


@pytest.mark.parametrize("state", [INTENDED, DOUBTFUL])
@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (YES, Step("Approved", "Answered", rests=False, flags=set(), calls=[LOOK])),
        (NO, Step("Declined", "Answered", rests=False, flags=set(), calls=[LOOK])),
        (PENDING, Step("Unknown", "Doubtful", rests=True, flags=set(), calls=[LOOK])),
        (NEVER_SEEN, Step("Failed", "Reversed", rests=False, flags=set(), calls=[LOOK, BACK])),
        (REVERSED, Step("Failed", "Reversed", rests=False, flags=set(), calls=[LOOK, BACK])),
        *[
            (nothing, Step("Unknown", "Doubtful", rests=True, flags=set(), calls=[LOOK]))
            for nothing in NO_ANSWERS
        ],
    ],
)
async def test_what_a_look_up_tells_of_a_doubtful_request(
    state: AttemptOutcome, found: Answer, expected: Step
) -> None:
    assert expected == await step(state, found)


@pytest.mark.parametrize("inquiries", [0, 1])
@pytest.mark.parametrize("found", [YES, NO, PENDING, NEVER_SEEN, REVERSED, *NO_ANSWERS])
async def test_once_a_reversal_is_intended_nothing_that_is_found_is_taken_over(
    found: Answer, inquiries: int
) -> None:
    flags = {LATE} if found == YES and inquiries else set()
    calls = [LOOK, BACK] if inquiries else [BACK]
    expected = Step("Failed", "Reversed", rests=False, flags=flags, calls=calls)
    assert expected == await step(REVERSING, found, inquiries=inquiries)


@pytest.mark.parametrize("state", [INTENDED, DOUBTFUL, REVERSING])
@pytest.mark.parametrize("unanswered", [*NO_ANSWERS, YES, NEVER_SEEN])
async def test_a_reversal_without_its_acknowledgement_goes_on(
    state: AttemptOutcome, unanswered: Answer
) -> None:
    calls = [BACK] if state is REVERSING else [LOOK, BACK]
    expected = Step("Unknown", "Reversing", rests=True, flags=set(), calls=calls)
    assert expected == await step(state, NEVER_SEEN, unanswered)


@pytest.mark.parametrize("state", [INTENDED, DOUBTFUL, REVERSING])
async def test_a_refused_reversal_leaves_it_unknown_for_a_person(state: AttemptOutcome) -> None:
    # The person is told what a look-up tells.
    calls = [BACK, LOOK] if state is REVERSING else [LOOK, BACK, LOOK]
    expected = Step("Unknown", "NotReversible", rests=False, flags={CANNOT}, calls=calls)
    assert expected == await step(state, NEVER_SEEN, REFUSED)


@pytest.mark.parametrize(
    ("found", "rests", "flags"),
    [
        (YES, False, {LATE}),
        (NO, False, set()),
        (REVERSED, False, set()),
        *[(nothing, True, set()) for nothing in (PENDING, NEVER_SEEN, *NO_ANSWERS)],
    ],
)
async def test_what_an_operator_settled_as_failed_is_watched_and_never_changed(
    found: Answer, rests: bool, flags: set[FlagCode]
) -> None:
    expected = Step("Failed", "Settled", rests=rests, flags=flags, calls=[LOOK])
    assert expected == await step(SETTLED, found)


@pytest.mark.parametrize(("inquiries", "rests"), [(359, True), (360, False)])
async def test_what_was_settled_is_watched_for_about_a_month(inquiries: int, rests: bool) -> None:
    assert rests == (await step(SETTLED, NEVER_SEEN, inquiries=inquiries)).rests


@pytest.mark.parametrize("found", [NEVER_SEEN, REVERSED, PENDING, DOUBT])
@pytest.mark.parametrize("state", [INTENDED, DOUBTFUL])
async def test_where_a_bank_offers_no_reversal_it_is_looked_up_again(
    state: AttemptOutcome, found: Answer
) -> None:
    expected = Step("Unknown", "Doubtful", rests=True, flags=set(), calls=[LOOK])
    assert expected == await step(state, found, features=EVERYTHING - {BankFeature.REVERSE})


@pytest.mark.parametrize("features", [frozenset(), frozenset({BankFeature.REVERSE})])
@pytest.mark.parametrize("state", [INTENDED, DOUBTFUL])
async def test_where_a_bank_offers_no_look_up_it_is_not_asked_at_all(
    state: AttemptOutcome, features: frozenset[BankFeature]
) -> None:
    expected = Step("Unknown", "Doubtful", rests=False, flags=set(), calls=[])
    assert expected == await step(state, YES, features=features)


@pytest.mark.parametrize("state", [REVERSING, SETTLED])
async def test_a_bank_that_no_longer_offers_look_ups_is_not_asked_for_one(state: AttemptOutcome) -> None:
    features = frozenset({BankFeature.REVERSE})
    stepped = await step(state, YES, DOUBT, features=features, inquiries=3)
    assert LOOK not in stepped.calls
    assert (state, state is REVERSING) == (stepped.outcome, stepped.rests)
