"""From accept to outcome: what is written, and when."""

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from pgw.bank.port import Answer, Call, Declined, Rejected
from pgw.domain.attempt import AttemptOutcome
from pgw.domain.errors import FailureCode
from pgw.domain.job import Job, JobStatus
from pgw.domain.payment import PaymentStatus
from pgw.domain.result import Ok
from tests.actors.fake_bank import YES, FakeConnector, says_after, says_yes
from tests.actors.knowing_bank import DOUBT, KnowingBank, says
from tests.actors.memory_storage import REFUSED, MemoryStorage, Written
from tests.actors.orders import pay, submit
from tests.actors.tree import ports_with, start_gateway

LONG = 3600.0
"""Seconds after which everything that was to happen has happened."""


async def test_the_intent_and_its_reference_are_stored_before_the_bank_is_asked(
    nursery: trio.Nursery,
) -> None:
    storage = MemoryStorage()
    seen = []

    async def looks_into_storage(call: Call) -> Answer:
        [change] = storage.written
        seen.append((change.payment.status, change.attempt.outcome, change.attempt.reference))
        assert change.attempt.reference == call.reference
        return YES

    gateway = await start_gateway(nursery, ports_with(storage, FakeConnector(looks_into_storage)))
    await pay(gateway)
    await wait_all_tasks_blocked()
    [(status, outcome, _)] = seen
    assert (status, outcome) == (PaymentStatus.CREATED, AttemptOutcome.INTENDED)
    assert storage.statuses() == [PaymentStatus.APPROVED]


async def test_the_caller_is_answered_only_once_the_payment_is_written(nursery: trio.Nursery) -> None:
    storage, connector = MemoryStorage(), FakeConnector(says_yes)
    storage.may_write = trio.Event()
    gateway = await start_gateway(nursery, ports_with(storage, connector))
    jobs: list[Job] = []

    async def caller() -> None:
        jobs.append(await pay(gateway))
        assert [change.job for change in storage.written][:1] == jobs

    nursery.start_soon(caller)
    await wait_all_tasks_blocked()
    assert (jobs, connector.asked) == ([], [])
    storage.may_write.set()
    await wait_all_tasks_blocked()
    assert [job.status for job in jobs] == [JobStatus.CREATED]


async def test_the_caller_does_not_wait_for_the_bank(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    storage = MemoryStorage()
    gateway = await start_gateway(nursery, ports_with(storage, FakeConnector(says_after(15.0))))
    await pay(gateway)
    assert autojump_clock.current_time() == 0
    await trio.sleep(16)
    assert storage.statuses() == [PaymentStatus.APPROVED]


@pytest.mark.parametrize(
    ("answer", "status", "job_status", "failure", "outcome"),
    [
        (YES, "Approved", "Completed", None, "Answered"),
        (Declined("lost_card"), "Declined", "Completed", None, "Answered"),
        (Rejected(), "Failed", "Failed", FailureCode.BANK_REJECTED, "Answered"),
        (DOUBT, "Unknown", "Created", None, "Doubtful"),
    ],
)
async def test_an_answer_other_than_not_processed_is_the_last(  # noqa: PLR0917
    answer: Answer,
    status: str,
    job_status: str,
    failure: FailureCode | None,
    outcome: str,
    nursery: trio.Nursery,
    autojump_clock: MockClock,
) -> None:
    storage = MemoryStorage()
    connector = KnowingBank(says(answer, YES), features=frozenset())
    gateway = await start_gateway(nursery, ports_with(storage, connector))
    await pay(gateway)
    await trio.sleep(LONG)
    change = storage.written[-1]
    assert (change.payment.status, change.job.status) == (status, job_status)
    assert (change.job.failure and change.job.failure.code) == failure
    assert (change.attempt.outcome, change.attempt.tries) == (outcome, 1)
    assert [len(connector.asked), len(storage.written), gateway.in_flight] == [1, 2, 0]
    assert autojump_clock.current_time() == LONG


async def test_where_storage_refuses_to_accept_the_caller_is_told_and_the_bank_is_not(
    nursery: trio.Nursery,
) -> None:
    storage, connector = MemoryStorage(), FakeConnector(says_yes)
    storage.judge = lambda _change: REFUSED
    gateway = await start_gateway(nursery, ports_with(storage, connector))
    assert await submit(gateway) == REFUSED
    await wait_all_tasks_blocked()
    assert (connector.asked, storage.written, gateway.in_flight) == ([], [], 0)


async def test_an_outcome_that_storage_refuses_is_written_again_until_it_is_stored(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    storage, connector = MemoryStorage(), FakeConnector(says_yes)
    refused_at: list[float] = []

    def refuses_outcomes_for_a_minute(change: object) -> Written:
        assert change is not None
        if not storage.written or trio.current_time() > 60:
            return Ok(None)
        refused_at.append(trio.current_time())
        return REFUSED

    storage.judge = refuses_outcomes_for_a_minute
    gateway = await start_gateway(nursery, ports_with(storage, connector))
    await pay(gateway)
    await trio.sleep(30)
    assert (storage.statuses(), gateway.in_flight) == ([PaymentStatus.CREATED], 1)
    await trio.sleep(40)
    assert (storage.statuses(), gateway.in_flight) == ([PaymentStatus.APPROVED], 0)
    assert [len(connector.asked), len(refused_at) > 10] == [1, True]
    assert autojump_clock.current_time() == 70
