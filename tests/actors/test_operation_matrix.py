"""Every answer to every operation, and every finding about one that is in doubt, one step each."""

import pytest
import trio
from attrs import frozen
from trio.testing import MockClock, wait_all_tasks_blocked

from pgw.actors.investigation import investigate
from pgw.bank.port import Answer, Call, Declined, LookUp, NotReversible, Rejected, Reverse, Void
from pgw.domain.attempt import AttemptOutcome
from pgw.domain.errors import FailureCode
from pgw.domain.flag import FlagCode
from pgw.domain.job import JobType
from pgw.domain.operation import VoidOrder
from pgw.domain.payment import Payment, VoidReason
from pgw.storage.port import Change
from tests.actors.knowing_bank import (
    DOUBT,
    NEVER_SEEN,
    PENDING,
    REFUSED_PORT,
    REVERSED,
    UNAVAILABLE,
    KnowingBank,
    says,
)
from tests.actors.memory_storage import MemoryStorage
from tests.actors.operations import (
    CALLS,
    DECLINED_AS,
    DONE,
    ORDERS,
    YES,
    operate,
    operation_at_rest,
    paid_for,
)
from tests.actors.scene import start_scene
from tests.actors.tree import ports_with
from tests.simulation.seeded_ports import SimulatedClock

KINDS = [JobType.CAPTURE, JobType.VOID, JobType.REFUND]
REVERSIBLE = [JobType.CAPTURE, JobType.REFUND]
NO, ALREADY, MALFORMED = Declined("issuer_unavailable"), Declined("already_voided"), Rejected()
INTENDED, DOUBTFUL = AttemptOutcome.INTENDED, AttemptOutcome.DOUBTFUL
REVERSING, SETTLED = AttemptOutcome.REVERSING, AttemptOutcome.SETTLED
NO_ANSWERS = [REFUSED_PORT, UNAVAILABLE, DOUBT]


def moved_and_reserved(payment: Payment) -> tuple[int, int, int, int, bool]:
    return (
        payment.captured,
        payment.refunded,
        payment.capturing,
        payment.refunding,
        payment.is_voiding,
    )


def open_as(kind: JobType) -> tuple[str, tuple[int, int, int, int, bool]]:
    """Return how the payment is while its one operation is open."""
    match kind:
        case JobType.CAPTURE:
            return "Authorized", (0, 0, 4000, 0, False)
        case JobType.VOID:
            return "Authorized", (0, 0, 0, 0, True)
        case _:
            return "Approved", (10_000, 0, 0, 4000, False)


def done_as(kind: JobType) -> tuple[str, tuple[int, int, int, int, bool]]:
    captured, refunded = {JobType.CAPTURE: (4000, 0), JobType.VOID: (0, 0)}.get(kind, (10_000, 4000))
    return DONE[kind], (captured, refunded, 0, 0, False)


def failed_as(kind: JobType) -> tuple[str, tuple[int, int, int, int, bool]]:
    status, _ = open_as(kind)
    return status, (10_000 if kind is JobType.REFUND else 0, 0, 0, 0, False)


def holds(kind: JobType, change: Change, status: str, code: FailureCode | None = None) -> None:
    """Hold an operation against what it is to have come to, and its payment with it."""
    assert (status, code) == (change.job.status, change.job.failure and change.job.failure.code)
    expected = {"Created": open_as, "Completed": done_as, "Failed": failed_as}[status](kind)
    assert expected == (change.payment.status, moved_and_reserved(change.payment))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("answers", "outcome", "status", "code"),
    [
        ([YES], "Answered", "Completed", None),
        ([UNAVAILABLE, YES], "Answered", "Completed", None),
        ([REFUSED_PORT, UNAVAILABLE, YES], "Answered", "Completed", None),
        ([MALFORMED], "Answered", "Failed", FailureCode.BANK_REJECTED),
        ([REFUSED_PORT, MALFORMED], "Answered", "Failed", FailureCode.BANK_REJECTED),
        ([REFUSED_PORT], "NotProcessed", "Failed", FailureCode.BANK_UNAVAILABLE),
        ([NO], "Answered", "Failed", "declined"),
        ([UNAVAILABLE, NO], "Answered", "Failed", "declined"),
        ([REFUSED_PORT, ALREADY], "Answered", "Failed", "declined"),
        ([DOUBT], "Doubtful", "Created", None),
        ([UNAVAILABLE, DOUBT], "Doubtful", "Created", None),
    ],
)
async def test_what_the_bank_answers_is_what_becomes_of_it(  # noqa: PLR0917
    kind: JobType,
    answers: list[Answer],
    outcome: str,
    status: str,
    code: FailureCode | str | None,
    nursery: trio.Nursery,
    autojump_clock: MockClock,
) -> None:
    scene = await start_scene(nursery, KnowingBank(look_up=says(PENDING), operate=says(*answers)))
    payment = await paid_for(scene, kind)
    job = await operate(scene, payment, ORDERS[kind])
    # Past the window, and before what is in doubt is asked about.
    await trio.sleep(0.9 if status == "Created" else 70)
    change = scene.newest(job.id)
    assert outcome == change.attempt.outcome
    holds(kind, change, status, DECLINED_AS[kind] if code == "declined" else code)  # type: ignore[arg-type]
    assert {change.attempt.reference} == set(scene.bank.references), "each try has the one reference"
    assert autojump_clock.current_time() < 100


@pytest.mark.parametrize("kind", REVERSIBLE)
@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([UNAVAILABLE], FailureCode.BANK_UNAVAILABLE),
        ([UNAVAILABLE, MALFORMED], FailureCode.BANK_REJECTED),
        ([UNAVAILABLE, REFUSED_PORT], FailureCode.BANK_UNAVAILABLE),
    ],
)
async def test_what_a_503_was_among_is_reversed_before_it_has_failed(
    kind: JobType,
    answers: list[Answer],
    code: FailureCode,
    nursery: trio.Nursery,
    autojump_clock: MockClock,
) -> None:
    scene = await start_scene(nursery, KnowingBank(operate=says(*answers)))
    job = await operate(scene, await paid_for(scene, kind), ORDERS[kind])
    await trio.sleep(200)
    holds(kind, scene.newest(job.id), "Failed", code)
    assert Reverse is scene.bank.calls[-1]
    assert "Reversed" == scene.newest(job.id).attempt.outcome
    assert autojump_clock.current_time() < 300


@pytest.mark.parametrize("answers", [[UNAVAILABLE], [UNAVAILABLE, MALFORMED], [DOUBT]])
@pytest.mark.parametrize("reason", VoidReason)
async def test_a_void_that_may_have_arrived_is_repeated_until_it_is_answered(
    answers: list[Answer], reason: VoidReason, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    scene = await start_scene(nursery, KnowingBank(operate=says(*answers)))
    payment = await paid_for(scene, JobType.VOID)
    scene.clock.jump(scene.ports.authorized_for.total_seconds())
    job = await operate(scene, payment, VoidOrder(reason))
    await trio.sleep(200)
    holds(JobType.VOID, scene.newest(job.id), "Created")
    scene.bank.operate = says(ALREADY)
    await trio.sleep(400)
    holds(JobType.VOID, scene.newest(job.id), "Completed")
    assert {Void} == set(scene.bank.calls), "it is neither looked up nor reversed"
    assert 1 == len(set(scene.bank.references))
    assert autojump_clock.current_time() < 1000


async def test_a_void_that_was_voided_already_after_a_503_is_done(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    """Who answered 503 need not be who would process what was on its way behind it."""
    scene = await start_scene(nursery, KnowingBank(operate=says(UNAVAILABLE, ALREADY)))
    job = await operate(scene, await paid_for(scene, JobType.VOID), VoidOrder())
    await trio.sleep(10)
    holds(JobType.VOID, scene.newest(job.id), "Completed")
    assert autojump_clock.current_time() < 20


@frozen
class Step:
    """What one step led to, beside the job's own end."""

    outcome: str
    rests: bool
    calls: list[type[Call]]
    flags: set[FlagCode]


async def step(
    bank: KnowingBank, kind: JobType, state: AttemptOutcome, inquiries: int = 0
) -> tuple[Step, Change]:
    storage, clock = MemoryStorage(), SimulatedClock()
    ports = ports_with(storage, bank, clock=clock)
    resting = operation_at_rest(ORDERS[kind], state, clock.now(), inquiries)
    storage.newest[resting.job.id], storage.payments[resting.payment.id] = resting, resting.payment
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ports.bank.run)
        await wait_all_tasks_blocked()
        await investigate(ports, resting)
        nursery.cancel_scope.cancel()
    change = await storage.change_of(resting.job.id)
    assert change is not None
    flags = {written.flag.code for written in storage.written if written.flag is not None}
    told = [written for written in storage.written if written.is_told]
    assert (change.job.status != resting.job.status) == bool(told), "the merchant is told its end alone"
    return Step(change.attempt.outcome, change.attempt.due_at is not None, bank.calls, flags), change


@pytest.mark.parametrize("kind", REVERSIBLE)
@pytest.mark.parametrize("state", [INTENDED, DOUBTFUL])
@pytest.mark.parametrize(
    ("found", "outcome", "rests", "calls", "status", "code"),
    [
        (YES, "Answered", False, [LookUp], "Completed", None),
        (NO, "Answered", False, [LookUp], "Failed", "declined"),
        (PENDING, "Doubtful", True, [LookUp], "Created", None),
        (NEVER_SEEN, "Reversed", False, [LookUp, Reverse], "Failed", FailureCode.INTERRUPTED),
        (REVERSED, "Reversed", False, [LookUp, Reverse], "Failed", FailureCode.INTERRUPTED),
        *[(none, "Doubtful", True, [LookUp], "Created", None) for none in NO_ANSWERS],
    ],
)
async def test_what_a_look_up_tells_of_an_operation(  # noqa: PLR0917
    kind: JobType,
    state: AttemptOutcome,
    found: Answer,
    outcome: str,
    rests: bool,
    calls: list[type[Call]],
    status: str,
    code: FailureCode | str | None,
) -> None:
    came_to, change = await step(KnowingBank(look_up=says(found)), kind, state)
    assert Step(outcome, rests, calls, set()) == came_to
    holds(kind, change, status, DECLINED_AS[kind] if code == "declined" else code)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", REVERSIBLE)
@pytest.mark.parametrize("inquiries", [0, 1])
@pytest.mark.parametrize("found", [YES, NO, NEVER_SEEN, DOUBT])
@pytest.mark.parametrize(
    ("answer", "outcome", "rests", "status"),
    [
        (REVERSED, "Reversed", False, "Failed"),
        (NotReversible(), "NotReversible", False, "Created"),
        *[(none, "Reversing", True, "Created") for none in NO_ANSWERS],
    ],
)
async def test_once_its_reversal_is_intended_an_operation_only_fails(  # noqa: PLR0917
    kind: JobType, inquiries: int, found: Answer, answer: Answer, outcome: str, rests: bool, status: str
) -> None:
    bank = KnowingBank(look_up=says(found), reverse=says(answer))
    came_to, change = await step(bank, kind, REVERSING, inquiries)
    assert (outcome, rests) == (came_to.outcome, came_to.rests)
    is_late = found == YES and inquiries > 0
    refused = {FlagCode.REVERSAL_REFUSED} if outcome == "NotReversible" else set()
    assert came_to.flags == refused | ({FlagCode.LATE_DECISION} if is_late else set())
    holds(kind, change, status, FailureCode.INTERRUPTED if status == "Failed" else None)


@pytest.mark.parametrize("state", [INTENDED, DOUBTFUL])
@pytest.mark.parametrize(
    ("answer", "outcome", "status", "code"),
    [
        (YES, "Answered", "Completed", None),
        (ALREADY, "Answered", "Completed", None),
        (NO, "Answered", "Failed", FailureCode.VOID_DECLINED),
        *[(none, "Doubtful", "Created", None) for none in (MALFORMED, *NO_ANSWERS)],
    ],
)
async def test_a_void_in_doubt_is_repeated_and_nothing_else(
    state: AttemptOutcome, answer: Answer, outcome: str, status: str, code: FailureCode | None
) -> None:
    bank = KnowingBank(operate=says(answer), features=frozenset())
    came_to, change = await step(bank, JobType.VOID, state)
    assert Step(outcome, status == "Created", [Void], set()) == came_to
    holds(JobType.VOID, change, status, code)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("found", [YES, NO, REVERSED, PENDING, *NO_ANSWERS])
async def test_what_was_settled_as_failed_is_watched_and_never_changed(kind: JobType, found: Answer) -> None:
    came_to, change = await step(KnowingBank(look_up=says(found)), kind, SETTLED)
    rests = found not in {YES, NO, REVERSED}
    flags = {FlagCode.LATE_DECISION} if found == YES else set()
    assert Step("Settled", rests, [LookUp], flags) == came_to
    holds(kind, change, "Failed", FailureCode.SETTLED_BY_OPERATOR)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_its_call(kind: JobType) -> None:
    assert kind == CALLS[kind].__name__.lower()
