"""What the caller hears when a part of the gateway fails: a problem that gives nothing away."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import structlog
import trio
from structlog.testing import LogCapture

from pgw.domain.job import Job
from pgw.domain.payment import Payment
from pgw.http.app import make_app
from pgw.http.front import Application
from pgw.storage.port import Change, StorageUnavailable
from tests.actors.memory_storage import REFUSED, MemoryStorage, Written
from tests.actors.tree import start_gateway
from tests.http.asking import Answer, asked, paid
from tests.http.parts import parts_over, ports_over

BUG = "the bug's own words"


class FailingStorage(MemoryStorage):
    """Its reads raise what the test says."""

    def __init__(self) -> None:
        super().__init__()
        self.failure: Exception = StorageUnavailable(BUG)
        self.is_sound = True

    async def job(self, merchant_id: str, job_id: str) -> Job | None:  # noqa: ARG002
        raise self.failure

    async def payment(self, merchant_id: str, payment_id: str) -> Payment | None:  # noqa: ARG002
        raise self.failure

    async def check(self) -> bool:
        return self.is_sound


@asynccontextmanager
async def serving(storage: MemoryStorage) -> AsyncIterator[Application]:
    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            ports = ports_over(storage)
            gateway = await start_gateway(nursery, ports)
            yield make_app(parts_over(storage, gateway, ports))
            nursery.cancel_scope.cancel()


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> LogCapture:
    capture = LogCapture()
    for module in ("pgw.http.app", "pgw.http.front", "pgw.actors.supervisor"):
        monkeypatch.setattr(f"{module}._log", structlog.wrap_logger(None, processors=[capture]))
    return capture


def assert_problem(answer: Answer, status: int, code: str) -> None:
    assert (status, code) == (answer.status, answer.code)
    assert "application/problem+json" == answer.headers["content-type"]
    assert ("1" if status == 503 else None) == answer.headers.get("retry-after")
    assert "req.test" == answer.headers["x-request-id"] == json.loads(answer.text)["requestId"]
    assert BUG not in answer.text
    assert "Traceback" not in answer.text


def raising(error: Exception) -> Callable[[Change], Written]:
    def judge(_change: Change) -> Written:
        raise error

    return judge


async def test_a_payment_that_storage_refuses_is_not_accepted(logged: LogCapture) -> None:
    storage = FailingStorage()
    async with serving(storage) as app:
        assert 202 == (await paid(app)).status
        storage.judge = lambda _change: REFUSED
        assert_problem(await paid(app), 503, "StorageUnavailable")
    assert 1 == len(storage.newest)
    assert "RequestFailed" not in [entry["event"] for entry in logged.entries]


@pytest.mark.parametrize("path", ["/jobs/job_1", "/payments/pay_1"])
async def test_a_read_that_storage_cannot_do_is_to_be_tried_again(path: str, logged: LogCapture) -> None:
    async with serving(FailingStorage()) as app:
        assert_problem(await asked(app, "GET", path), 503, "StorageUnavailable")
    assert 503 == logged.entries[-1]["StatusCode"]


@pytest.mark.parametrize("path", ["/jobs/job_1", "/payments/pay_1"])
async def test_a_bug_is_answered_without_a_word_of_it_and_logged(path: str, logged: LogCapture) -> None:
    storage = FailingStorage()
    storage.failure = ZeroDivisionError(BUG)
    async with serving(storage) as app:
        assert_problem(await asked(app, "GET", path), 500, "InternalError")
    (failed,) = [entry for entry in logged.entries if entry["event"] == "RequestFailed"]
    assert ("req.test", storage.failure) == (failed["RequestId"], failed["exc_info"])


async def test_an_actor_that_crashes_claims_nothing_about_its_payment(logged: LogCapture) -> None:
    storage = FailingStorage()
    storage.judge = raising(ZeroDivisionError(BUG))
    async with serving(storage) as app:
        answer = await paid(app)
    assert_problem(answer, 500, "InternalError")
    assert "may have been accepted" in json.loads(answer.text)["detail"]
    (failed,) = [entry for entry in logged.entries if entry["event"] == "RequestFailed"]
    assert "ReplyAbandoned" == type(failed["exc_info"]).__name__


@pytest.mark.usefixtures("logged")
async def test_a_gateway_without_storage_is_alive_and_not_ready() -> None:
    storage = FailingStorage()
    async with serving(storage) as app:
        assert 200 == (await asked(app, "GET", "/health/ready")).status
        storage.is_sound = False
        assert_problem(await asked(app, "GET", "/health/ready"), 503, "StorageUnavailable")
        assert 200 == (await asked(app, "GET", "/health/live")).status
        storage.is_sound = True
        assert 200 == (await asked(app, "GET", "/health/ready")).status
