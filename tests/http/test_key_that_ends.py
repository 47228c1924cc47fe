"""What waits or streams with a key that ends meanwhile; in virtual time, over storage in memory."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from pgw.actors.gateway import Gateway, GatewayLimits
from pgw.domain.job import Job
from pgw.domain.payment import Payment
from pgw.http.app import make_app
from pgw.http.authentication import INVALID_KEY
from tests.actors.memory_storage import MemoryStorage
from tests.actors.orders import an_order
from tests.http.asking import Answer, asked
from tests.http.parts import KEY, MERCHANT_ID, parts_over, ports_over
from tests.http.test_stream_silence import streaming
from tests.merchants import CREATED_AT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from pgw.http.call import Parts

JOB = Job.opened(
    "job_1", Payment.ordered("pay_1", MERCHANT_ID, an_order(), "bank", CREATED_AT, reference="ref_1"), "req_1"
)


def revoke(parts: Parts) -> None:
    found = parts.keys.find(KEY)
    assert found is not None
    parts.keys.take([found.key.revoked(CREATED_AT)])


def expire(parts: Parts) -> None:
    found = parts.keys.find(KEY)
    assert found is not None
    parts.keys.take([found.key.retiring(CREATED_AT)])


def disable(parts: Parts) -> None:
    parts.keys.disable(MERCHANT_ID)


ENDS = pytest.mark.parametrize("end", [revoke, expire, disable])


class OneOpenJob(MemoryStorage):
    async def job(self, merchant_id: str, job_id: str) -> Job | None:
        await trio.lowlevel.checkpoint()
        return JOB if (merchant_id, job_id) == (MERCHANT_ID, JOB.id) else None


@asynccontextmanager
async def waiting() -> AsyncIterator[tuple[Parts, list[Answer]]]:
    """Wait for the job's next change, as long as may be; leaving waits for the answer."""
    storage = OneOpenJob()
    ports = ports_over(storage)
    parts = parts_over(storage, Gateway(ports, GatewayLimits(1, 1, taken_up=1)), ports)
    answers: list[Answer] = []

    async def wait() -> None:
        answers.append(await asked(make_app(parts), "GET", "/jobs/job_1", b"", (b"prefer", b"wait=30")))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait)
        await wait_all_tasks_blocked()
        yield parts, answers


@ENDS
async def test_a_stream_is_closed_at_once_with_1008_and_a_reason(
    end: Callable[[Parts], None], autojump_clock: MockClock
) -> None:
    async with streaming() as (reader, parts):
        end(parts)
    assert (1008, "The key is not good any more.") == (reader.closed_with, reader.reason)
    assert 0 == autojump_clock.current_time()


@ENDS
async def test_who_waits_for_a_change_is_answered_at_once(
    end: Callable[[Parts], None], autojump_clock: MockClock
) -> None:
    async with waiting() as (parts, answers):
        assert [] == answers
        end(parts)
    (answer,) = answers
    assert (401, "UnauthorizedAccess") == (answer.status, answer.code)
    assert INVALID_KEY.header == answer.headers["www-authenticate"]
    assert 0 == autojump_clock.current_time()


async def test_who_waits_with_a_key_that_lives_is_answered_in_time(autojump_clock: MockClock) -> None:
    async with waiting() as (parts, answers):
        parts.keys.disable("mer_other")
    assert (200, "Created") == (answers[0].status, json.loads(answers[0].text)["status"])
    assert 30 == round(autojump_clock.current_time())
