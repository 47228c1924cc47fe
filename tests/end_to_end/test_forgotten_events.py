"""Streams that ask for what is no longer kept: told so, and from where to go on; nothing else has changed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import trio

from pgw.storage.sqlite import open_storage
from tests.end_to_end.programs import Gateway
from tests.end_to_end.streams import closed_because, frame, listening, seqs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.end_to_end.programs import Simulator


class Kept:
    """A gateway of five events of which three are forgotten: those of one job, and the first of another's."""

    def __init__(self, gateway: Gateway, gone: dict[str, Any], begun: dict[str, Any]) -> None:
        self.gateway = gateway
        self.gone = gone
        self.begun = begun
        self.whole = gateway.settled(gateway.pay())


@pytest.fixture(scope="module")
def kept(simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    database = tmp_path_factory.mktemp("kept") / "pgw.db"
    running = Gateway(database, simulator.url)
    gone = running.settled(running.pay())
    begun = running.settled(running.pay())
    ((merchant_id,),) = running.rows("SELECT DISTINCT merchant_id FROM events")
    assert 0 == running.end()
    assert 3 == trio.run(forget, database, merchant_id, 3)
    running = Gateway(database, simulator.url)
    yield Kept(running, gone, begun)
    running.end()


async def forget(database: Path, merchant_id: str, count: int) -> int:
    async with open_storage(database, lambda _events: None) as storage:
        return await storage.forget_events(merchant_id, datetime(2100, 1, 1, tzinfo=UTC), count)


def too_late(forgotten: int) -> tuple[int, str]:
    told = (
        f"Events up to {forgotten} are no longer kept: fetch your jobs, then connect with after={forgotten}."
    )
    return 4410, told


@pytest.mark.parametrize("after", [0, 1, 2])
async def test_who_resumes_behind_the_horizon_is_sent_nothing_and_told_where_it_is(
    after: int, kept: Kept
) -> None:
    async with listening(kept.gateway, f"/jobs/stream?after={after}") as stream:
        assert too_late(3) == await closed_because(stream)


async def test_the_oldest_that_can_be_asked_for_is_all_that_is_kept(kept: Kept) -> None:
    async with listening(kept.gateway, "/jobs/stream?after=3") as stream:
        assert [3, 4, 5, 6] == seqs([await frame(stream) for _ in range(4)])


@pytest.mark.parametrize("query", ["", "?after=0", "?after=2"])
async def test_a_jobs_stream_whose_events_are_gone_in_part_or_whole_is_told_so(
    query: str, kept: Kept
) -> None:
    for job in (kept.gone, kept.begun):
        async with listening(kept.gateway, f"/jobs/{job['jobId']}/stream{query}") as stream:
            assert too_late(3) == await closed_because(stream)


@pytest.mark.parametrize(("query", "ready"), [("", 0), ("?after=0", 0), ("?after=2", 2)])
async def test_a_jobs_stream_whose_first_event_is_kept_is_whole(query: str, ready: int, kept: Kept) -> None:
    async with listening(kept.gateway, f"/jobs/{kept.whole['jobId']}/stream{query}") as stream:
        assert [ready, 5, 6] == seqs([await frame(stream) for _ in range(3)])
        assert 1000 == (await closed_because(stream))[0]


async def test_a_jobs_stream_from_the_horizon_on_sends_what_is_kept_and_ends(kept: Kept) -> None:
    async with listening(kept.gateway, f"/jobs/{kept.begun['jobId']}/stream?after=3") as stream:
        assert [3, 4] == seqs([await frame(stream) for _ in range(2)])
        assert 1000 == (await closed_because(stream))[0]
    async with listening(kept.gateway, f"/jobs/{kept.gone['jobId']}/stream?after=3") as stream:
        assert [3] == seqs([await frame(stream)])
        assert 1000 == (await closed_because(stream))[0]


async def test_jobs_and_payments_of_forgotten_events_are_there_as_ever(kept: Kept) -> None:
    for job in (kept.gone, kept.begun):
        path = f"/jobs/{job['jobId']}"
        assert job == kept.gateway.client.get(path, headers={"Prefer": "wait=5"}).json()
        assert 200 == kept.gateway.client.get(f"/payments/{job['entityId']}").status_code
