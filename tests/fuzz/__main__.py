"""The command line: `python -m tests.fuzz --inputs N [--seed S] [--replay A[-B]] [--part P]`, or `--bugs`."""

import secrets
import sys
import time

import click

from tests.fuzz.inputs import input_of
from tests.fuzz.oracle import Finding
from tests.fuzz.planted import BUGS
from tests.fuzz.run import Plan, run
from tests.fuzz.tally import Tally

# Raw bytes are cheap; so many calls of what is described take about as long.
SHARES = {"all": 0.8, "raw": 1.0, "described": 0.0}
INPUTS_A_BUG = 600
WRONG, STOPPED = 1, 130


@click.command()
@click.option("--inputs", default=10_000, show_default=True, type=click.IntRange(1))
@click.option("--seed", type=int, help="Sends the same inputs again.  [default: another each time]")
@click.option("--part", type=click.Choice(list(SHARES)), default="all", show_default=True)
@click.option("--replay", metavar="A[-B]", help="Sends the raw inputs of these numbers alone.")
@click.option("--times", default=1, type=click.IntRange(1), help="Sends those so often, for what is a race.")
@click.option("--bug", type=click.Choice(list(BUGS)), help="Plants this bug in the gateway.")
@click.option("--bugs", is_flag=True, help="Plants each known bug in turn, and fails where one is not found.")
def main(  # noqa: PLR0917 - click gives them by name
    inputs: int, seed: int | None, part: str, replay: str | None, times: int, bug: str | None, bugs: bool
) -> None:
    """Send a real gateway whatever a client could, and look for what must not be.

    That is: its end, a 5xx that nobody intended, an answer outside its description, and the number and CVV
    of a canary card in whatever it answered, logged or kept. Exit code 1 where anything is found.
    """
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    status = STOPPED
    try:
        if bugs:
            status = _plant_each(seed)
        else:
            numbers = [*_numbers(replay)] * times if replay else range(1, round(inputs * SHARES[part]) + 1)
            status = _run(Plan(seed, numbers, 0 if replay else inputs - len(numbers), bug))
    except* KeyboardInterrupt:
        click.echo("\nStopped.")
    sys.exit(status)


def _run(plan: Plan) -> int:
    click.echo(f"fuzz: {len(plan.numbers)} raw inputs, {plan.described} described, seed {plan.seed}")
    if len(set(plan.numbers)) == 1:
        for piece in input_of(plan.seed, plan.numbers[0]).pieces:
            click.echo(f"sent  {piece!r}")
    tally = Tally(len(plan.numbers) + plan.described)
    run(plan, tally)
    tally.clear()
    for line in tally.lines():
        click.echo(line)
    click.echo(f"took        {time.monotonic() - tally.began:.0f} s")
    planted = f" --bug {plan.bug}" if plan.bug else ""
    for one in tally.told():
        click.secho(f"WRONG: {one.finding}", fg="red")
        click.echo(f"       again: python -m tests.fuzz --seed {plan.seed} {one.replay}{planted}")
    if not tally.found:
        click.secho("No 5xx that was not intended, nothing undescribed, and no card anywhere.", fg="green")
    return WRONG if tally.found else 0


def _plant_each(seed: int) -> int:
    """Plant each bug for each part that must find it, and say which were missed."""
    missed = 0
    for name, bug in BUGS.items():
        for part in bug.parts:
            found = [one for one in _found(seed, name, part) if one.kind.startswith(bug.finding)]
            verdict = f"found {len(found)} times" if found else "MISSED"
            coloured = click.style(verdict, fg="green" if found else "red")
            click.echo(f"{name:22} {bug.wrong:34} {part:10} {coloured}")
            missed += not found
    return WRONG if missed else 0


def _found(seed: int, bug: str, part: str) -> list[Finding]:
    raw, described = (INPUTS_A_BUG, 0) if part == "raw" else (0, INPUTS_A_BUG)
    tally = Tally(INPUTS_A_BUG)
    run(Plan(seed, range(1, raw + 1), described, bug), tally)
    tally.clear()
    return [one.finding for one in tally.found]


def _numbers(replay: str) -> range:
    first, _, last = replay.partition("-")
    try:
        return range(int(first), int(last or first) + 1)
    except ValueError:
        raise click.BadParameter("This must be a number, or two with a dash between them.") from None


if __name__ == "__main__":
    main()
