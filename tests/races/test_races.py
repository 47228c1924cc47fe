"""Of operations that race for one payment as many win as can, each time; the database alone sees to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from random import Random

import pytest
import structlog
import trio
from attrs import evolve
from structlog.testing import LogCapture

from pgw.actors.supervisor import RestartIntensity
from pgw.actors.turns import Turns
from pgw.domain.job import Job
from pgw.domain.operation import Begun, CaptureOrder, OperationOrder, RefundOrder, VoidOrder
from pgw.domain.payment import Payment
from pgw.domain.result import Ok
from pgw.storage.sqlite import open_storage
from tests.races.race import LOST, RACES
from tests.races.runs import Open, open_track, run_races
from tests.simulation.disk import Disk
from tests.simulation.life import Life
from tests.simulation.storage import open_simulated_storage

TIMES = 6
MUTANTS = {"a begin that always says yes", "turns that let everybody through"}


def _simulated() -> Open:
    return partial(open_simulated_storage, Disk(Random(17)), life=Life())


@pytest.mark.parametrize("engine", ["sqlite", "simulated"])
@pytest.mark.parametrize("name", RACES)
async def test_as_many_win_as_can(name: str, engine: str, tmp_path: Path) -> None:
    race = RACES[name]
    storage = open_storage if engine == "sqlite" else _simulated()
    async with open_track(storage, tmp_path / "pgw.db") as track:
        finishes = await run_races(track, race, TIMES)
        await track.check_books()
    losers = len(race.contenders) - race.winners
    assert [(race.winners, losers, 0)] * TIMES == [
        (finish.accepted, len(finish.refusals), finish.errors) for finish in finishes
    ]
    assert {refusal for finish in finishes for refusal in finish.refusals} <= LOST


def _always_yes(payment: Payment, order: OperationOrder, at: object) -> Ok[Begun]:  # noqa: ARG001 - as `begin`
    """Begin whatever is asked for, with no look at what the payment is."""
    match order:
        case CaptureOrder(amount):
            amount = amount or payment.amount.minor_units
            return Ok(Begun(evolve(payment, capturing=payment.capturing + amount), amount))
        case RefundOrder(amount):
            amount = amount or payment.captured
            return Ok(Begun(evolve(payment, refunding=payment.refunding + amount), amount))
        case VoidOrder():
            return Ok(Begun(evolve(payment, is_voiding=True), payment.amount.minor_units))


@asynccontextmanager
async def _everybodys_turn(_self: Turns, _payment_id: str) -> AsyncIterator[None]:
    yield


@pytest.fixture
def mutate(monkeypatch: pytest.MonkeyPatch) -> partial[None]:
    """Break what the actors do against races, and let them crash as often as the database refuses."""

    def mutate(*mutants: str) -> None:
        assert MUTANTS >= set(mutants)
        if "a begin that always says yes" in mutants:
            monkeypatch.setattr("pgw.actors.operation.begin", _always_yes)
        if "turns that let everybody through" in mutants:
            monkeypatch.setattr(Turns, "of", _everybodys_turn)
        monkeypatch.setattr("pgw.actors.recovery.LOOK_EVERY_SECONDS", 0.02)
        monkeypatch.setattr("pgw.actors.merchant.INTENSITY", RestartIntensity(restarts=10_000, within=10))
        # Hundreds of crashes are logged, which to render costs far more than the races.
        silent = structlog.wrap_logger(None, processors=[LogCapture()])
        monkeypatch.setattr("pgw.actors.supervisor._log", silent)

    return partial(mutate)


@pytest.mark.parametrize(
    "mutants",
    [
        ("a begin that always says yes",),
        ("turns that let everybody through",),
        ("a begin that always says yes", "turns that let everybody through"),
    ],
    ids=" and ".join,
)
@pytest.mark.parametrize("name", RACES)
async def test_without_the_actors_check_the_database_stops_the_losers(
    name: str, mutants: tuple[str, ...], mutate: partial[None], tmp_path: Path
) -> None:
    mutate(*mutants)
    race = RACES[name]
    async with open_track(open_storage, tmp_path / "pgw.db") as track:
        finishes = await run_races(track, race, TIMES)
        await track.check_books()
    assert all(1 <= finish.accepted <= race.winners for finish in finishes), "the losers got an error"
    if len(mutants) == len(MUTANTS):
        assert any(finish.errors for finish in finishes), "nobody but the database stopped them"


async def test_ends_that_race_past_the_turns_are_right_in_the_end(
    mutate: partial[None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is judged on an older payment is refused by the database, and found by a look-up later."""
    monkeypatch.setattr("pgw.actors.recovery.CRASHED_FIRST_SECONDS", 0.02)
    async with open_track(open_storage, tmp_path / "pgw.db") as track:
        payment = await track.pay(RACES["refund and refund"])
        jobs = [await track.submit(payment, RefundOrder(1000)) for _ in range(10)]
        mutate("turns that let everybody through")
        track.bank.hold(payment.authorization_reference).set()
        with trio.fail_after(30):
            for job in jobs:
                assert isinstance(job, Job)
                await track.endings.of(job.id).wait()
        await track.check_books()
        assert [("Refunded", 10_000)] == await track.rows("SELECT status, refunded FROM payments")
