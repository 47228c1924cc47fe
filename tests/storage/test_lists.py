"""Pages of payments and jobs: complete, in order, and each row once, whatever happens between two pages."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING

import pytest

from pgw.domain.job import JobStatus, JobType
from pgw.domain.listing import JobFilter, Page, PaymentFilter, Place
from pgw.domain.payment import PaymentStatus
from pgw.storage import lists
from tests.storage.conftest import NOW
from tests.storage.shelf import Shelf, place_of, some_job_filter, some_payment_filter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgw.domain.job import Job
    from pgw.domain.payment import Payment
    from pgw.storage.port import Storage
    from tests.storage.conftest import Changes

SEEDS = range(4)
MILLISECOND = timedelta(milliseconds=1)


@pytest.fixture
def shelf(storage: Storage, changes: Changes) -> Shelf:
    return Shelf(storage, changes, Random(5))


def rows_of(pages: Sequence[Page[Payment]] | Sequence[Page[Job]]) -> list[object]:
    return [row for page in pages for row in page.rows]


@pytest.mark.parametrize("seed", SEEDS)
async def test_each_that_was_there_at_the_beginning_is_met_once_while_others_are_made(
    seed: int, storage: Storage, changes: Changes
) -> None:
    """Under a wall clock that steps back, with many payments of one millisecond."""
    random = Random(seed)
    shelf = Shelf(storage, changes, random)
    await shelf.pay_now_and_then(25)
    there = [place_of(one) for one in shelf.wanted_payments("mer_a", PaymentFilter())]
    jobs_there = [place_of(one) for one in shelf.wanted_jobs("mer_a", JobFilter())]
    met, jobs_met = list[Place](), list[Place]()
    before = jobs_before = None
    while True:
        page = await storage.page_of_payments("mer_a", PaymentFilter(), before, random.randint(1, 5))
        jobs = await storage.page_of_jobs("mer_a", JobFilter(), jobs_before, random.randint(1, 5))
        met += map(place_of, page.rows)
        jobs_met += map(place_of, jobs.rows)
        await shelf.pay_now_and_then(random.randrange(4))
        await shelf.decide_some()
        before, jobs_before = page.goes_on_before or before, jobs.goes_on_before or jobs_before
        if page.goes_on_before is None and jobs.goes_on_before is None:
            break
        if page.goes_on_before is None:
            before = Place(NOW - timedelta(days=1), "")
        if jobs.goes_on_before is None:
            jobs_before = Place(NOW - timedelta(days=1), "")
    assert there == [place for place in met if place in there]
    assert jobs_there == [place for place in jobs_met if place in jobs_there]
    assert all(earlier > later for one in (met, jobs_met) for earlier, later in pairwise(one))


@pytest.mark.parametrize("most_walked", [3, 2000])
async def test_a_list_holds_what_is_asked_for_and_nothing_else(
    most_walked: int, storage: Storage, changes: Changes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "MOST_WALKED", most_walked)
    random = Random(most_walked)
    shelf = Shelf(storage, changes, random)
    for _ in range(3):
        await shelf.pay_now_and_then(15)
        await shelf.decide_some()
    approved = [one.id for one in shelf.payments.values() if one.status is PaymentStatus.APPROVED]
    for payment_id in approved[:4]:
        for number in range(3):
            await shelf.refund(payment_id, NOW + number // 2 * MILLISECOND, completes=random.random() < 0.5)
    for _ in range(60):
        limit, merchant_id = random.randint(1, 7), random.choice(("mer_a", "mer_b", "mer_c"))
        wanted = some_payment_filter(random)
        pages = await shelf.pages_of_payments(wanted, limit, merchant_id)
        assert shelf.wanted_payments(merchant_id, wanted) == rows_of(pages), wanted
        assert all(len(page.rows) <= limit for page in pages)
        of_jobs = some_job_filter(random, approved[:4])
        job_pages = await shelf.pages_of_jobs(of_jobs, limit, merchant_id)
        assert shelf.wanted_jobs(merchant_id, of_jobs) == rows_of(job_pages), of_jobs
        assert all(len(page.rows) <= limit for page in job_pages)


async def test_a_page_is_full_and_the_last_one_names_no_next_though_it_is(shelf: Shelf) -> None:
    for _ in range(6):
        await shelf.pay(NOW)
    pages = await shelf.pages_of_payments(PaymentFilter(), 3)
    assert [3, 3] == [len(page.rows) for page in pages]
    jobs = await shelf.pages_of_jobs(JobFilter(), 4)
    assert [4, 2] == [len(page.rows) for page in jobs]


async def test_what_no_index_has_is_looked_for_so_many_at_a_time(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "MOST_WALKED", 10)
    for number in range(35):
        await shelf.pay(NOW + number * MILLISECOND, reference="shared")
    nobodys = PaymentFilter(PaymentStatus.VOIDED, "shared")
    pages = await shelf.pages_of_payments(nobodys, 5)
    assert [[]] * 4 == [page.rows for page in pages]
    went_on = [page.goes_on_before for page in pages]
    assert [NOW + number * MILLISECOND for number in (25, 15, 5)] == [
        one.created_at for one in went_on if one
    ]
    everybodys = await shelf.pages_of_payments(PaymentFilter(PaymentStatus.CREATED, "shared"), 20)
    assert [20, 15] == [len(page.rows) for page in everybodys], "a page may have more than is walked else"


async def test_a_stretch_of_time_begins_with_its_first_moment_and_ends_before_its_last(shelf: Shelf) -> None:
    paid = [await shelf.pay(NOW + number * MILLISECOND) for number in range(4)]
    stretch = PaymentFilter(created_from=NOW + MILLISECOND, created_to=NOW + 3 * MILLISECOND)
    assert [paid[2], paid[1]] == rows_of(await shelf.pages_of_payments(stretch, 1))
    empty = PaymentFilter(created_from=NOW, created_to=NOW)
    assert [] == rows_of(await shelf.pages_of_payments(empty, 1))


async def test_what_was_written_is_in_the_list_at_once(shelf: Shelf) -> None:
    for number in range(30):
        payment = await shelf.pay(NOW + number * MILLISECOND)
        assert [payment] == (await shelf.storage.page_of_payments("mer_a", PaymentFilter(), None, 1)).rows
        (job,) = (await shelf.storage.page_of_jobs("mer_a", JobFilter(), None, 1)).rows
        assert payment.id == job.payment_id


async def test_a_change_of_status_moves_nothing_in_the_list(shelf: Shelf) -> None:
    for number in range(12):
        await shelf.pay(NOW + number % 3 * MILLISECOND)
    before = [
        one.id for one in (await shelf.storage.page_of_payments("mer_a", PaymentFilter(), None, 50)).rows
    ]
    await shelf.decide_some()
    after = await shelf.storage.page_of_payments("mer_a", PaymentFilter(), None, 50)
    assert before == [one.id for one in after.rows]
    assert 1 < len({one.status for one in after.rows})


async def test_the_jobs_of_a_payment_are_itself_and_its_operations_and_anothers_are_not_told(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "MOST_WALKED", 2)
    for _ in range(20):
        await shelf.pay(NOW)
        await shelf.decide_some()
    payment_id = next(one.id for one in shelf.payments.values() if one.status is PaymentStatus.APPROVED)
    refunds = [
        await shelf.refund(payment_id, NOW + number * MILLISECOND, completes=True) for number in range(1, 5)
    ]
    of_it = JobFilter(payment_id=payment_id)
    (*newer, itself) = rows_of(await shelf.pages_of_jobs(of_it, 2))
    assert refunds[::-1] == newer
    assert (JobType.PAYMENT, payment_id) == (itself.type, itself.payment_id)  # type: ignore[attr-defined]
    for wanted in (of_it, JobFilter(JobStatus.FAILED, None, payment_id)):
        page = await shelf.storage.page_of_jobs("mer_b", wanted, None, 2)
        assert Page([], None) == page, "not even that there is something to look through"
