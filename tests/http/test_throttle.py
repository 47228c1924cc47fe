"""What the limits make of requests: headers, refusals, and who is refused."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from timeit import timeit
from typing import Any

import pytest
import trio
from quart.wrappers import Request

from pgw.http.app import make_app
from pgw.http.call import Call, Parts
from pgw.http.front import ANSWER_HEADERS, Application
from pgw.http.problems.codes import PROBLEMS
from pgw.http.rate_limit import MOST_REMEMBERED
from pgw.http.throttle import make_throttle
from pgw.storage.port import StorageUnavailable
from tests.actors.memory_storage import MemoryStorage
from tests.actors.tree import start_gateway
from tests.http.asking import Answer, asked, paid
from tests.http.hand_clock import HandClock
from tests.http.parts import KEY, parts_over, ports_over

QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded"
STRANGER = (b"authorization", b"Bearer nobodys")


class NoJobs(MemoryStorage):
    """It has none, or cannot tell."""

    def __init__(self) -> None:
        super().__init__()
        self.failure: Exception | None = None

    async def job(self, merchant_id: str, job_id: str) -> None:  # noqa: ARG002
        if self.failure:
            raise self.failure


@asynccontextmanager
async def serving(
    storage: MemoryStorage, clock: HandClock, rate: int = 3, failures: int = 1
) -> AsyncIterator[Application]:
    with trio.fail_after(30):
        async with trio.open_nursery() as nursery:
            ports = ports_over(storage)
            gateway = await start_gateway(nursery, ports)
            yield make_app(parts_over(storage, gateway, ports), throttle=make_throttle(clock, rate, failures))
            nursery.cancel_scope.cancel()


async def read(app: Application, client: str = "192.0.2.1", key: str = KEY) -> Answer:
    return await asked(app, "GET", "/jobs/job_x", client=client, key=key)


def limits_of(answer: Answer) -> tuple[str | None, str | None, str | None]:
    names = ("ratelimit-policy", "ratelimit", "retry-after")
    policy, limit, retry = (answer.headers.get(name) for name in names)
    return policy, limit, retry


async def test_every_answer_behind_a_key_tells_the_quota_and_what_is_left_of_it() -> None:
    storage, clock = NoJobs(), HandClock()
    async with serving(storage, clock) as app:
        assert ('"default";q=6;w=2', '"default";r=5;t=1', None) == limits_of(await read(app))
        assert ('"default";q=6;w=2', '"default";r=4;t=1', None) == limits_of(await paid(app))
        for failure, status in ((StorageUnavailable("x"), 503), (ZeroDivisionError("x"), 500)):
            storage.failure = failure
            answer = await read(app)
            assert (status, '"default";q=6;w=2') == (answer.status, limits_of(answer)[0])
        assert '"default";r=2;t=1' == limits_of(answer)[1]
        for path in ("/health/live", "/problems/RateLimited", "/nowhere"):
            assert (None, None, None) == limits_of(await asked(app, "GET", path))


async def test_beyond_the_burst_the_answer_is_the_drafts_problem_until_the_time_it_says() -> None:
    clock = HandClock()
    async with serving(NoJobs(), clock) as app:
        assert [404] * 6 == [(await read(app)).status for _ in range(6)]
        refused = await read(app)
        assert (429, "RateLimited") == (refused.status, refused.code)
        assert ('"default";q=6;w=2', '"default";r=0;t=1', "1") == limits_of(refused)
        problem = json.loads(refused.text)
        assert (QUOTA_EXCEEDED, ["default"], 429, "/jobs/job_x") == (
            *(problem["type"], problem["violated-policies"]),
            *(problem["status"], problem["instance"]),
        )
        assert PROBLEMS["RateLimited"].title == problem["title"]
        assert {"detail", "requestId", "date"} <= problem.keys()
        clock.seconds += int(refused.headers["retry-after"])
        assert [404, 404, 404, 429] == [(await read(app)).status for _ in range(4)]


async def test_a_payment_over_the_limit_reaches_no_actor() -> None:
    storage = NoJobs()
    async with serving(storage, HandClock()) as app:
        statuses = [(await paid(app)).status for _ in range(8)]
    assert [202] * 6 + [429] * 2 == statuses
    assert 6 == len(storage.newest)


async def test_it_is_refused_before_anything_else_is_looked_at() -> None:
    async with serving(NoJobs(), HandClock(), rate=1) as app:
        for _ in range(2):
            await read(app)
        for answer in (
            await asked(app, "POST", "/payments", b"x" * 70_000),
            await asked(app, "GET", "/jobs/job_x", b"", (b"accept", b"text/html")),
            await asked(app, "GET", "/jobs/stream"),
        ):
            assert 429 == answer.status


async def test_failures_are_counted_by_address_and_refused_beyond_a_burst() -> None:
    clock = HandClock()
    async with serving(NoJobs(), clock) as app:
        answers = [await read(app, key="nobodys") for _ in range(32)]
        assert [401] * 30 + [429] * 2 == [answer.status for answer in answers]
        policy = '"failed-authentication";q=30;w=30'
        assert (policy, '"failed-authentication";r=29;t=1', None) == limits_of(answers[0])
        assert (policy, '"failed-authentication";r=0;t=1', "1") == limits_of(answers[-1])
        assert ["failed-authentication"] == json.loads(answers[-1].text)["violated-policies"]
        assert "www-authenticate" not in answers[-1].headers
        assert 404 == (await read(app)).status, "a valid key is not refused for its neighbours' failures"
        assert 401 == (await read(app, "192.0.2.2", "nobodys")).status
        clock.seconds += 1
        assert [401, 429] == [(await read(app, key="nobodys")).status for _ in range(2)]


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
    ],
)
async def test_a_client_is_an_address_or_a_64_of_the_newer_protocol(
    one: str, other: str, *, is_same: bool
) -> None:
    async with serving(NoJobs(), HandClock()) as app:
        for _ in range(30):
            await read(app, one, "nobodys")
        assert (429 if is_same else 401) == (await read(app, other, "nobodys")).status


async def test_a_limit_of_0_is_none() -> None:
    async with serving(NoJobs(), HandClock(), rate=0, failures=0) as app:
        answers = [await read(app) for _ in range(10)] + [await read(app, key="no") for _ in range(40)]
        assert [404] * 10 + [401] * 40 == [answer.status for answer in answers]
        assert {(None, None, None)} == {limits_of(answer) for answer in answers}


def a_call(client: str = "192.0.2.1") -> Call:
    request: Any = object.__new__(Request)
    request.scope = {"client": (client, 1), ANSWER_HEADERS: []}
    return Call(request, "req_x", "mer_a")


def test_of_a_stranger_nothing_is_remembered_but_the_address_and_of_these_a_bounded_number() -> None:
    throttle, parts = make_throttle(HandClock(), 1, 1), object.__new__(Parts)
    assert throttle.strangers is not None
    remembered = throttle.strangers._limit
    for number in range(MOST_REMEMBERED):
        throttle.refuse_stranger(parts, a_call(f"2001:db8:1:{number:x}::1"))
    assert MOST_REMEMBERED == len(remembered)
    for number in range(1000):
        throttle.refuse_stranger(parts, a_call(f"2001:db8:2:{number:x}::1"))
    assert len(remembered) <= MOST_REMEMBERED


def test_counting_and_its_headers_cost_some_microseconds() -> None:
    throttle, parts = make_throttle(HandClock(), 1_000_000, 1), object.__new__(Parts)
    call = a_call()
    seconds = timeit(lambda: throttle.refuse_merchant(parts, call), number=10_000)
    assert seconds / 10_000 < 100e-6  # it is 1.5; a request is 500 at least
