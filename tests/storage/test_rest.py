"""What rests in storage until it is taken up, what is flagged, and what the books say."""

from datetime import datetime, timedelta

import pytest
import trio
from attrs import evolve

from pgw.domain.attempt import AttemptOutcome
from pgw.domain.errors import FailureCode
from pgw.domain.flag import Flag, FlagCode
from pgw.domain.payment import PaymentStatus
from pgw.domain.result import Ok
from pgw.storage.books import BookEntry
from pgw.storage.port import Change, Storage, Unresolved, UnresolvedCount
from tests.storage.conftest import NOW, Changes, Database

LATER = NOW + timedelta(seconds=30)
FAR = NOW + timedelta(days=1)
INTENDED = [AttemptOutcome.INTENDED]


async def write_all(storage: Storage, *changes: Change) -> None:
    for change in changes:
        assert Ok(None) == await storage.write(change)


def resting(change: Change, due_at: datetime | None) -> Change:
    """Follow a doubtful answer, to be asked about then."""
    payment = change.payment.doubted(NOW)
    return Change(payment, change.job.following(payment), change.attempt.doubted(1, NOW, due_at))


async def test_what_nobody_works_at_rests_and_is_due(storage: Storage, changes: Changes) -> None:
    left, done = changes.accepted(), changes.accepted("mer_b")
    await write_all(storage, left, done, changes.authorized(done))
    assert [] == await storage.due(FAR, FAR, limit=10)
    assert 1 == await storage.let_rest(NOW, INTENDED)
    assert [evolve(left, attempt=evolve(left.attempt, due_at=NOW))] == await storage.due(NOW, FAR, limit=10)
    assert 0 == await storage.let_rest(LATER, INTENDED), "it rests already"


async def test_only_the_jobs_that_are_named_rest(storage: Storage, changes: Changes) -> None:
    one, other, done = changes.accepted(), changes.accepted(), changes.accepted()
    await write_all(storage, one, other, done, changes.authorized(done))
    assert 1 == await storage.let_rest(NOW, INTENDED, [one.job.id, done.job.id, "job_x"])
    assert [one.job.id] == [change.job.id for change in await storage.due(NOW, FAR, limit=10)]


async def test_what_is_known_never_rests(storage: Storage, changes: Changes) -> None:
    settled = [changes.accepted() for _ in range(4)]
    await write_all(storage, *settled)
    outcomes = (changes.authorized, changes.declined, changes.failed, changes.doubted)
    await write_all(storage, *(of(change) for of, change in zip(outcomes, settled, strict=True)))
    assert 0 == await storage.let_rest(NOW, INTENDED)
    assert 1 == await storage.let_rest(NOW, [*INTENDED, AttemptOutcome.DOUBTFUL]), "it can be asked now"


async def test_what_is_due_comes_in_its_order_and_bounded(storage: Storage, changes: Changes) -> None:
    waits = [5, 1, 9, 3]
    accepted = [changes.accepted() for _ in waits]
    await write_all(storage, *accepted)
    doubted = [
        resting(change, NOW + timedelta(seconds=wait)) for change, wait in zip(accepted, waits, strict=True)
    ]
    await write_all(storage, *doubted)
    assert [doubted[1], doubted[3]] == await storage.due(LATER, FAR, limit=2)
    assert [doubted[1], doubted[3], doubted[0]] == await storage.due(
        NOW + timedelta(seconds=8), FAR, limit=10
    )


async def test_what_is_at_work_is_passed_over(storage: Storage, changes: Changes) -> None:
    accepted = [changes.accepted() for _ in range(3)]
    await write_all(storage, *accepted)
    first, second, third = (resting(change, NOW) for change in accepted)
    third = evolve(third, attempt=evolve(third.attempt, due_at=FAR))
    await write_all(storage, first, second, third)
    due = await storage.due(NOW, LATER, limit=2, but_not=[first.job.id, "job_x"])
    assert [second, third] == due
    assert [] == await storage.due(NOW, LATER, limit=0)


async def test_a_time_past_the_horizon_is_due_since_a_clock_went_wrong(
    storage: Storage, changes: Changes
) -> None:
    within, past = changes.accepted(), changes.accepted()
    await write_all(storage, within, past)
    await write_all(storage, resting(within, FAR), past := resting(past, FAR + timedelta(seconds=1)))
    assert [past] == await storage.due(LATER, FAR, limit=10)


async def test_rest_outlives_a_restart(database: Database, changes: Changes) -> None:
    async with database.open() as storage:
        await write_all(storage, accepted := changes.accepted())
        await write_all(storage, doubted := resting(accepted, LATER))
    async with database.open() as storage:
        assert [doubted] == await storage.due(LATER, FAR, limit=10)


async def test_what_the_merchant_is_not_told_changes_the_attempt_alone(
    storage: Storage, changes: Changes
) -> None:
    accepted = changes.accepted()
    await write_all(storage, accepted, doubted := resting(accepted, NOW))
    attempt = doubted.attempt.to_be_reversed(FailureCode.INTERRUPTED, 1, LATER)
    await write_all(storage, evolve(doubted, attempt=attempt, is_told=False))
    assert 2 == await storage.last_seq("mer_a")
    assert evolve(doubted, attempt=attempt) == await storage.change_of(accepted.job.id)
    assert doubted.payment == await storage.payment("mer_a", accepted.payment.id)


async def test_silent_changes_and_told_ones_of_a_group_get_the_right_seqs(
    database: Database, changes: Changes
) -> None:
    async with database.open() as storage:
        resting_ones = [resting(changes.accepted(), NOW) for _ in range(5)]
        for change in resting_ones:
            accepted = evolve(
                change,
                payment=evolve(change.payment, status=PaymentStatus.CREATED),
                job=evolve(change.job, payment_status=PaymentStatus.CREATED),
                attempt=evolve(change.attempt, outcome=AttemptOutcome.INTENDED, due_at=None),
            )
            await write_all(storage, accepted, change)
        told = [changes.accepted() for _ in range(5)]
        silent = [
            evolve(change, attempt=change.attempt.asked_in_vain(LATER, FAR), is_told=False)
            for change in resting_ones
        ]
        async with trio.open_nursery() as nursery:
            for quiet, loud in zip(silent, told, strict=True):
                nursery.start_soon(storage.write, quiet)
                nursery.start_soon(storage.write, loud)
        assert list(range(1, 16)) == [event.seq for event in database.published]
        for event in database.published:
            (stored,) = await storage.events_after("mer_a", event.seq - 1, limit=1)
            assert event == stored


async def test_a_flag_is_raised_once_and_stays_until_it_is_acknowledged(
    storage: Storage, changes: Changes
) -> None:
    accepted = changes.accepted()
    await write_all(storage, accepted, doubted := resting(accepted, NOW))
    flag = Flag(accepted.job.id, FlagCode.STILL_UNKNOWN, "asked 10 times", NOW)
    attempt = doubted.attempt.asked_in_vain(NOW, LATER)
    await write_all(storage, evolve(doubted, attempt=attempt, flag=flag, is_told=False))
    again = evolve(flag, detail="asked 11 times", raised_at=LATER)
    await write_all(storage, evolve(doubted, attempt=attempt, flag=again, is_told=False))
    assert [Unresolved(evolve(doubted, attempt=attempt), (flag,))] == await storage.unresolved("", 10)
    assert 1 == await storage.acknowledge(accepted.job.id, LATER)
    assert [Unresolved(evolve(doubted, attempt=attempt), ())] == await storage.unresolved("", 10)
    assert 0 == await storage.acknowledge(accepted.job.id, LATER)


async def test_unresolved_is_what_is_unknown_or_flagged_in_pages(storage: Storage, changes: Changes) -> None:
    known, unknown, flagged, waiting = (changes.accepted() for _ in range(4))
    await write_all(storage, known, unknown, flagged, waiting, changes.authorized(known))
    await write_all(storage, unknown := resting(unknown, LATER))
    flag = Flag(flagged.job.id, FlagCode.LATE_DECISION, "approved after all", NOW)
    await write_all(storage, failed := evolve(changes.failed(flagged), flag=flag))
    expected = [Unresolved(unknown, ()), Unresolved(evolve(failed, flag=None), (flag,))]
    assert expected == await storage.unresolved("", 10)
    assert expected[:1] == await storage.unresolved("", 1)
    assert expected[1:] == await storage.unresolved(unknown.job.id, 1)


async def test_unknown_outcomes_and_flagged_payments_are_counted_up_to_a_bound(
    storage: Storage, changes: Changes
) -> None:
    assert UnresolvedCount(0, None, 0) == await storage.count_unresolved(10)
    known, oldest, *younger = (changes.accepted() for _ in range(5))
    late = evolve(oldest.payment, created_at=NOW - timedelta(hours=1))
    job, attempt = evolve(oldest.job, created_at=late.created_at), oldest.attempt
    oldest = Change(late, job, evolve(attempt, created_at=late.created_at))
    await write_all(storage, known, oldest, *younger, changes.authorized(known))
    assert UnresolvedCount(0, None, 0) == await storage.count_unresolved(10), "the first answer is awaited"
    for change in (younger[0], oldest, younger[1]):
        await write_all(storage, resting(change, LATER))
    assert UnresolvedCount(3, late.created_at, 0) == await storage.count_unresolved(10)
    assert UnresolvedCount(2, late.created_at, 0) == await storage.count_unresolved(2)
    for code in (FlagCode.LATE_DECISION, FlagCode.STILL_UNKNOWN):
        flag = Flag(younger[2].job.id, code, "see to it", NOW)
        await write_all(storage, evolve(younger[2], flag=flag, is_told=False))
    assert 1 == (await storage.count_unresolved(10)).flagged, "payments, and not their flags"
    await storage.acknowledge(younger[2].job.id, LATER)
    assert 0 == (await storage.count_unresolved(10)).flagged


async def test_the_books_say_what_is_expected_of_each_reference(storage: Storage, changes: Changes) -> None:
    charged, open_one = changes.accepted(minor_units=300), changes.accepted("mer_b")
    asked = changes.accepted()
    approved, declined = changes.authorized(charged), changes.declined(asked)
    await write_all(storage, charged, open_one, asked, approved, declined)
    entries = [
        BookEntry(
            reference=change.attempt.reference,
            payment_reference=change.payment.authorization_reference,
            payment_id=change.payment.id,
            job_id=change.job.id,
            type=change.job.type,
            job_status=change.job.status,
            status=change.payment.status,
            outcome=change.attempt.outcome,
            amount=change.job.amount,
            authorized=change.payment.amount.minor_units,
            captured=change.payment.captured,
            captures_at_once=True,
            is_final=False,
            is_declined=change is declined,
        )
        for change in (approved, open_one, declined)
    ]
    assert entries == await storage.books("", 10)
    assert entries[1:] == await storage.books(charged.attempt.reference, 10)
    assert entries[0] == await storage.book_entry(charged.attempt.reference)
    assert await storage.book_entry("ref_x") is None


@pytest.mark.parametrize(
    "later",
    [AttemptOutcome.ANSWERED, AttemptOutcome.SETTLED, AttemptOutcome.DOUBTFUL, AttemptOutcome.INTENDED],
)
async def test_no_outcome_but_its_own_follows_a_reversal(
    storage: Storage, changes: Changes, later: AttemptOutcome
) -> None:
    """The second barrier: an approval that arrives once the reversal's intent is on disk is not written."""
    accepted = changes.accepted()
    await write_all(storage, accepted, doubted := resting(accepted, NOW))
    attempt = doubted.attempt.to_be_reversed(FailureCode.INTERRUPTED, 1, NOW)
    await write_all(storage, reversing := evolve(doubted, attempt=attempt, is_told=False))
    reason = "settled" if later is AttemptOutcome.SETTLED else None
    approved = evolve(
        doubted,
        payment=doubted.payment.authorized(LATER),
        attempt=evolve(attempt, outcome=later, due_at=None, settled_because=reason),
    )
    with pytest.raises(Exception, match=r"a reversal stands|never sent again"):
        await storage.write(approved)
    assert evolve(reversing, is_told=True) == await storage.change_of(accepted.job.id)


async def test_what_the_bank_said_is_never_reversed(storage: Storage, changes: Changes) -> None:
    accepted = changes.accepted()
    await write_all(storage, accepted, doubted := resting(accepted, NOW), changes.authorized(doubted))
    attempt = doubted.attempt.to_be_reversed(FailureCode.INTERRUPTED, 1, NOW)
    with pytest.raises(Exception, match="what the bank said stands"):
        await storage.write(evolve(doubted, attempt=attempt, is_told=False))


async def test_a_tainted_reference_is_never_intended_again(storage: Storage, changes: Changes) -> None:
    accepted = changes.accepted()
    await write_all(storage, accepted, resting(accepted, NOW))
    with pytest.raises(Exception, match="never sent again"):
        await storage.write(evolve(accepted, is_told=False))


async def test_what_an_operator_settled_is_never_doubted_again(storage: Storage, changes: Changes) -> None:
    accepted = changes.accepted()
    await write_all(storage, accepted, doubted := resting(accepted, NOW))
    payment = doubted.payment.authorized(LATER)
    attempt = doubted.attempt.settled("told by the bank", LATER, None)
    await write_all(storage, Change(payment, doubted.job.following(payment), attempt))
    with pytest.raises(Exception, match="only an operator settles it, and for good"):
        await storage.write(evolve(doubted, is_told=False))


async def test_a_reversal_that_was_refused_is_not_begun_again(storage: Storage, changes: Changes) -> None:
    accepted = changes.accepted()
    await write_all(storage, accepted, doubted := resting(accepted, NOW))
    reversing = doubted.attempt.to_be_reversed(FailureCode.INTERRUPTED, 1, NOW)
    refused = reversing.ended(AttemptOutcome.NOT_REVERSIBLE, 1, LATER)
    for attempt in (reversing, refused):
        await write_all(storage, evolve(doubted, attempt=attempt, is_told=False))
    with pytest.raises(Exception, match="only an operator settles it, and for good"):
        await storage.write(evolve(doubted, attempt=reversing, is_told=False))
