"""However many paths and methods clients make up, the application measures no more series."""

from random import Random
from string import ascii_letters

import pytest
import structlog
import trio
from attrs import evolve

from pgw.http.app import make_app
from pgw.metrics.exposition import KEPT_SECONDS
from tests.actors.memory_storage import MemoryStorage
from tests.actors.tree import start_gateway
from tests.http.asking import asked
from tests.http.parts import parts_over, ports_over
from tests.metrics.gateway import exposition_of, scraped, some_measures

REQUESTS = 10_000
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "BREW")
PATHS = (
    "/payments/{}",
    "/jobs/{}",
    "/problems/{}",
    "/health/{}",
    "/metrics/{}",
    "/{}",
    "/{}/payments",
    "//{}",
)


class FoundNothing(MemoryStorage):
    async def job(self, merchant_id: str, job_id: str) -> None:  # noqa: ARG002
        return None

    async def payment(self, merchant_id: str, payment_id: str) -> None:  # noqa: ARG002
        return None


@pytest.fixture
def _no_log(monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = structlog.wrap_logger(None, processors=[structlog.testing.LogCapture()])
    monkeypatch.setattr("pgw.http.front._log", quiet)


@pytest.mark.usefixtures("_no_log")
async def test_random_paths_and_methods_leave_the_series_as_they_were() -> None:
    random, measures = Random(7), some_measures()
    with trio.fail_after(120):
        async with trio.open_nursery() as nursery:
            ports = ports_over(FoundNothing())
            gateway = await start_gateway(nursery, ports)
            app = make_app(evolve(parts_over(ports.storage, gateway, ports), measures=measures))
            for method in METHODS:
                for path in PATHS:
                    await asked(app, method, path.format("x"))
            exposition = exposition_of(measures)
            before = (await scraped(exposition)).series
            for _ in range(REQUESTS):
                made_up = "".join(random.choices(ascii_letters, k=12))
                method = random.choice((*METHODS, made_up.upper()))
                await asked(app, method, random.choice(PATHS).format(made_up))
            nursery.cancel_scope.cancel()
    await trio.sleep(KEPT_SECONDS)
    scrape = await scraped(exposition)
    assert scrape.value("pgw_requests_total") > REQUESTS
    assert before == scrape.series
