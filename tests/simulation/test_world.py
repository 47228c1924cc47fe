"""The world of a seed: nothing is found in a few of them, planted bugs are, and a line runs one again."""

import subprocess
import sys
from pathlib import Path

import pytest

from pgw.domain.operation import CaptureOrder, RefundOrder, VoidOrder
from tests.simulation.mutants import MUTANTS
from tests.simulation.mutants_of_operations import check_outside_the_turn
from tests.simulation.named_seeds import NAMED_SEEDS, NamedSeed
from tests.simulation.plan import HTTP_EVERY, Ending, Kind, Unit
from tests.simulation.progress import ProgressFile
from tests.simulation.runs import COMMAND, Case, run_case
from tests.simulation.same import differing_seeds
from tests.simulation.sweep import sweep_of
from tests.simulation.tally import Tally

PROJECT = Path(__file__).parents[2]
SEEDS = range(1, 11)
SECONDS = 120
EASILY_CAUGHT = (
    "accepted-before-commit",
    "recovery-skips-one",
    "event-before-commit",
    "told-again-live",
    "webhook-before-commit",
    "delivered-before-sent",
    "next-not-waiting",
    "refund-check-outside-turn",
)


def test_some_seeds_break_no_promise() -> None:
    """One of them by HTTP; that they do something is seen by what they count."""
    assert any(seed % HTTP_EVERY == 0 for seed in SEEDS)
    outcomes = [run_case(Case(seed)) for seed in SEEDS]
    assert [] == [(one.case.command, one.violations) for one in outcomes if one.violations]
    tally = Tally()
    for outcome in outcomes:
        tally.add(outcome.tally)
    assert len(SEEDS) == tally.seeds
    assert tally.total("lives ended by") > 2 * len(SEEDS)
    assert {"Approved", "Declined", "Failed"} <= set(tally.of("payments"))
    assert {"capture Completed", "refund Completed", "void Completed"} <= set(tally.of("operations"))
    assert {"look-ups", "reversals"} <= set(tally.of("calls to the bank"))
    assert tally.of("events told")["by streams of jobs"] > len(SEEDS)
    assert tally.of("webhooks")["acknowledged"] > 2 * len(SEEDS)


@pytest.mark.parametrize("mutant", EASILY_CAUGHT)
def test_a_planted_bug_is_caught(mutant: str) -> None:
    assert any(run_case(Case(seed, mutant)).violations for seed in range(1, 21))


def test_what_the_actors_do_not_check_the_database_stops() -> None:
    """Operations that race crash there, and leave no wrong book behind, nor anything at the bank."""
    found: list[str] = []
    with check_outside_the_turn(CaptureOrder, VoidOrder, RefundOrder):
        for seed in range(1, 9):
            found += run_case(Case(seed)).violations
    crashes = [one for one in found if one.startswith("crashed: operation ") and "IntegrityError" in one]
    assert crashes
    assert [] == [one for one in found if one not in crashes]


def test_every_bug_that_is_to_be_caught_can_be_planted_and_leaves_nothing_behind() -> None:
    before = run_case(Case(1)).digest
    for plant in MUTANTS.values():
        with plant():
            pass
    assert before == run_case(Case(1)).digest


def test_the_line_that_is_printed_runs_the_same_again() -> None:
    case = Case(3, ending=Ending(Kind.POWER_CUT, Unit.OPERATIONS, 17))
    assert f"{COMMAND} --seed 3 --ending power-cut:operations:17" == case.command
    again = subprocess.run(
        [sys.executable, *case.command.split()[1:]],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    assert f"hash               {run_case(case).digest}" in again.stdout.splitlines()


def test_a_seed_that_violates_says_which_line_runs_it_again_and_fails() -> None:
    command = [sys.executable, "-m", "tests.simulation", "--seed", "1", "--mutant", "accepted-before-commit"]
    again = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert 1 == again.returncode
    assert f"violated: {COMMAND} --seed 1 --mutant accepted-before-commit" in again.stdout.splitlines()


@pytest.mark.long  # `make simulate` asks it of 50 seeds
def test_one_seed_is_one_world_in_two_processes() -> None:
    assert [] == differing_seeds([1, 2, 3, HTTP_EVERY])


def test_a_sweep_ends_the_first_life_everywhere() -> None:
    cases = sweep_of(5, every=50)
    assert len(cases) == len(set(cases))
    outcomes = [run_case(case) for case in cases if case.ending and case.ending.after in (1, 40, 51)]
    assert [] == [(one.case.command, one.violations) for one in outcomes if one.violations]
    assert {"kill", "power-cut"} <= {name for one in outcomes for name in one.tally.of("lives ended by")}


def test_a_long_run_goes_on_where_it_was(tmp_path: Path) -> None:
    progress, tally = ProgressFile(tmp_path / "progress"), Tally(seeds=3, violated=1, steps=9)
    assert (7, Tally()) == progress.read(7)
    tally.count("payments", "Approved", 5)
    progress.write(10, tally)
    assert (10, tally) == progress.read(7)


@pytest.mark.parametrize("named", NAMED_SEEDS, ids=lambda named: named.name)
def test_what_was_found_once_is_not_found_again(named: NamedSeed) -> None:
    assert named.is_open == bool(named.findings()), named.sentence
