"""When the bank may be asked again: while every try so far is known not to have been processed."""

from itertools import pairwise

import pytest
import trio
from trio.testing import MockClock

from pgw.bank.port import Answer, Authorize, BankFeature, Declined, Rejected
from pgw.domain.attempt import AttemptOutcome
from pgw.domain.errors import FailureCode
from pgw.domain.job import JobFailure
from pgw.domain.payment import PaymentStatus
from tests.actors.fake_bank import YES
from tests.actors.knowing_bank import DOUBT, EVERYTHING, PENDING, REFUSED_PORT, UNAVAILABLE, KnowingBank, says
from tests.actors.memory_storage import MemoryStorage
from tests.actors.orders import pay
from tests.actors.tree import ports_with, start_gateway

LONG = 3600.0
"""Seconds after which everything that was to happen has happened."""


@pytest.mark.parametrize(
    ("answers", "tries", "status"),
    [
        ([REFUSED_PORT, YES], 2, "Approved"),
        ([UNAVAILABLE, YES], 2, "Approved"),
        ([REFUSED_PORT, UNAVAILABLE, UNAVAILABLE, REFUSED_PORT, Declined("x")], 5, "Declined"),
        ([DOUBT, YES], 1, "Unknown"),
        ([UNAVAILABLE, DOUBT, YES], 2, "Unknown"),
        ([REFUSED_PORT, REFUSED_PORT, DOUBT, REFUSED_PORT, YES], 3, "Unknown"),
        ([REFUSED_PORT, Rejected(), YES], 2, "Failed"),
    ],
)
async def test_a_payment_is_tried_again_while_every_try_was_not_processed_and_under_one_reference(
    answers: list[Answer], tries: int, status: str, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    storage, connector = MemoryStorage(), KnowingBank(says(*answers), says(PENDING))
    gateway = await start_gateway(nursery, ports_with(storage, connector))
    await pay(gateway)
    await trio.sleep(LONG)
    attempt = storage.written[0].attempt
    sent = [asked.call.reference for asked in connector.asked if isinstance(asked.call, Authorize)]
    assert sent == [attempt.reference] * tries
    assert (storage.written[-1].attempt.tries, storage.statuses()) == (tries, [status])
    assert autojump_clock.current_time() == LONG


@pytest.mark.parametrize("answer", [REFUSED_PORT, UNAVAILABLE])
async def test_where_the_bank_took_nothing_within_the_window_the_payment_failed(
    answer: Answer, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    """At a bank without reversals, where there is no other way out after a 503."""
    connector = KnowingBank(says(answer), features=EVERYTHING - {BankFeature.REVERSE})
    storage = MemoryStorage()
    gateway = await start_gateway(nursery, ports_with(storage, connector))
    await pay(gateway)
    await trio.sleep(LONG)
    change, times = storage.written[-1], [asked.at for asked in connector.asked]
    failure = JobFailure(FailureCode.BANK_UNAVAILABLE, "The bank took no request in time.")
    assert (change.payment.status, change.job.failure) == (PaymentStatus.FAILED, failure)
    assert (change.attempt.outcome, change.attempt.tries) == (AttemptOutcome.NOT_PROCESSED, len(times))
    assert 50 < times[-1] < 60
    assert max(later - earlier for earlier, later in pairwise(times)) <= 5
    assert [gateway.in_flight, autojump_clock.current_time()] == [0, LONG]
