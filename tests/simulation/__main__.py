"""The command line: `python -m tests.simulation --seeds N`, and how to look at one of them."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click

from tests.simulation.mutants import MUTANTS
from tests.simulation.plan import Ending, plan_of
from tests.simulation.progress import ProgressFile, ProgressLine
from tests.simulation.runs import Case, Outcome, run_case, spread
from tests.simulation.same import differing_seeds
from tests.simulation.sweep import sweep_of
from tests.simulation.tally import Tally

VIOLATED, STOPPED = 1, 130
MOST_FINDINGS = 20


@click.command()
@click.option("--seeds", default=1000, show_default=True, type=click.IntRange(1))
@click.option("--from", "first", default=1, show_default=True, type=click.IntRange(0))
@click.option("--jobs", default=2, show_default=True, type=click.IntRange(1))
@click.option("--seed", type=int, help="Runs this one alone, and tells all that happens.")
@click.option("--ending", help="How the first life of --seed ends, such as power-cut:operations:17.")
@click.option("--mutant", type=click.Choice(sorted(MUTANTS)), help="Plants a bug, which is to be caught.")
@click.option("--mutants", is_flag=True, help="Plants every bug, one after the other.")
@click.option("--sweep", is_flag=True, help="Ends --seed's first life everywhere, one run for each place.")
@click.option(
    "--every", default=25, show_default=True, help="Steps of the scheduler between two ends of a sweep."
)
@click.option("--same", type=click.IntRange(1), help="Runs so many seeds in two processes, which must agree.")
@click.option(
    "--resume", type=click.Path(path_type=Path), help="Keeps the progress here, and goes on from it."
)
def main(  # noqa: PLR0917 - click gives them by name
    seeds: int,
    first: int,
    jobs: int,
    seed: int | None,
    ending: str | None,
    mutant: str | None,
    mutants: bool,
    sweep: bool,
    every: int,
    same: int | None,
    resume: Path | None,
) -> None:
    """Simulate the gateway under crashes, power cuts, a failing disk and a misbehaving bank, a world a seed.

    Exit code 1 where a promise was broken; each such seed comes with the line that runs it again. Ctrl-C sums
    up what there is.
    """
    if same is not None:
        sys.exit(_compare(same))
    if mutants:
        sys.exit(_catch_all(seeds, first, jobs))
    if sweep:
        sys.exit(_run("sweep", sweep_of(seed or first, every), jobs))
    if seed is not None:
        sys.exit(_replay(Case(seed, mutant, Ending.parse(ending) if ending else None)))
    if mutant is not None:
        sys.exit(0 if _catch(mutant, seeds, first, jobs) else VIOLATED)
    sys.exit(_run_seeds(seeds, first, jobs, resume))


def _run_seeds(seeds: int, first: int, jobs: int, resume: Path | None) -> int:
    progress, wanted = ProgressFile(resume) if resume else None, first + seeds
    first, tally = progress.read(first) if progress else (first, Tally())

    def note(outcome: Outcome) -> None:
        if progress is not None:
            progress.write(outcome.case.seed + 1, tally)

    return _run("seeds", [Case(seed) for seed in range(first, wanted)], jobs, tally, note)


def _run(
    what: str,
    cases: Sequence[Case],
    jobs: int,
    tally: Tally | None = None,
    note: Callable[[Outcome], None] = lambda _outcome: None,
) -> int:
    """Run cases over so many processes, say which violated what, and sum up."""
    tally, line, began = tally or Tally(), ProgressLine(len(cases)), time.monotonic()
    status = 0
    click.echo(f"simulation: {len(cases)} {what}")
    try:
        for outcome in spread(cases, jobs):
            tally.add(outcome.tally)
            note(outcome)
            line.tell(tally)
            if outcome.violations:
                line.clear()
                _tell(outcome)
    except KeyboardInterrupt:
        status = STOPPED
    line.clear()
    for text in tally.lines():
        click.echo(text)
    seconds = time.monotonic() - began
    click.echo(f"took               {seconds:.0f} s, {line.done / max(seconds, 0.001):.1f} seeds a second")
    return VIOLATED if tally.violated else status


def _tell(outcome: Outcome) -> None:
    click.echo(f"violated: {outcome.case.command}")
    for violation in outcome.violations[:MOST_FINDINGS]:
        click.echo(f"    {violation}")


def _replay(case: Case) -> int:
    click.echo(str(plan_of(case.seed)))
    outcome = run_case(case, click.echo)
    for text in outcome.tally.lines():
        click.echo(text)
    click.echo(f"hash               {outcome.digest}")
    if outcome.violations:
        _tell(outcome)
    return VIOLATED if outcome.violations else 0


def _catch_all(seeds: int, first: int, jobs: int) -> int:
    caught = [_catch(mutant, seeds, first, jobs) for mutant in MUTANTS]
    click.echo(f"mutants caught     {sum(caught)} of {len(caught)}")
    return 0 if all(caught) else VIOLATED


def _catch(mutant: str, seeds: int, first: int, jobs: int) -> bool:
    """Run seeds until one shows the bug that is planted."""
    began = time.monotonic()
    for number, outcome in enumerate(_one_by_one(mutant, seeds, first, jobs), start=1):
        if outcome.violations:
            violation = outcome.violations[0].strip().splitlines()[-1]
            seconds = time.monotonic() - began
            click.echo(f"caught {mutant:30} by seed no. {number:3} ({seconds:.0f} s): {violation[:100]}")
            return True
    click.echo(f"MISSED {mutant:30} by {seeds} seeds: the harness is broken")
    return False


def _one_by_one(mutant: str, seeds: int, first: int, jobs: int) -> Iterator[Outcome]:
    """Run a few here, which is enough for most, and the others over processes."""
    cases = [Case(seed, mutant) for seed in range(first, first + seeds)]
    yield from map(run_case, cases[:5])
    if cases[5:]:
        yield from spread(cases[5:], jobs, chunk=2)


def _compare(seeds: int) -> int:
    differing = differing_seeds(range(1, seeds + 1))
    click.echo(
        f"one hash in two    {seeds - len(differing)} of {seeds} seeds"
        + (f", not {differing}" if differing else "")
    )
    return VIOLATED if differing else 0


if __name__ == "__main__":
    main()
