"""The command line: `python -m tests.reconnects [--events N] [--reconnects R] [--kills K] [--seed S]`."""

import secrets
import shutil
import sys
import time

import click

from tests.reconnects.outcome import Outcome, Plan
from tests.reconnects.planted import BUGS
from tests.reconnects.run import run

MOST_FINDINGS = 20
EVENTS_A_BUG, RECONNECTS_A_BUG, KILLS_A_BUG = 1200, 120, 2
WRONG = 1


@click.command()
@click.option("--events", default=20_000, show_default=True, type=click.IntRange(2))
@click.option("--reconnects", default=1000, show_default=True, type=click.IntRange(0))
@click.option("--kills", default=10, show_default=True, type=click.IntRange(0))
@click.option("--seed", type=int, help="Repeats the choices of an earlier run.  [default: another each time]")
@click.option("--bug", type=click.Choice(list(BUGS)), help="Plants this bug in the gateway.")
@click.option("--bugs", is_flag=True, help="Plants each known bug in turn, and fails where one is not found.")
def main(  # noqa: PLR0917 - click gives them by name
    events: int, reconnects: int, kills: int, seed: int | None, bug: str | None, bugs: bool
) -> None:
    """Follow streams that are left and lost at random while payments go on and the gateway is killed.

    At the end every client must have heard each of its events once, in order, as the log has it. Exit code 1
    where anything is wrong, and the files are kept.
    """
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    if bugs:
        sys.exit(_plant_each(seed))
    click.echo(f"reconnects: {events} events, {reconnects} reconnects, {kills} kills, seed {seed}")
    began = time.monotonic()
    outcome = run(Plan(events, reconnects, kills, seed, bug))
    _say(outcome)
    click.echo(f"took        {time.monotonic() - began:.0f} s")
    if not outcome.findings:
        click.secho("Every client heard each of its events once, in order.", fg="green")
    sys.exit(WRONG if outcome.findings else 0)


def _say(outcome: Outcome) -> None:
    for finding in outcome.findings[:MOST_FINDINGS]:
        click.secho(f"WRONG: {finding}", fg="red")
    if len(outcome.findings) > MOST_FINDINGS:
        click.echo(f"and {len(outcome.findings) - MOST_FINDINGS} more")
    if outcome.folder is not None:
        click.echo(f"The files are kept in {outcome.folder}")
    left = ", ".join(f"{times} {how}" for how, times in outcome.left.most_common())
    answers = ", ".join(f"{times} {what}" for what, times in outcome.answers.most_common())
    click.echo(f"events      {outcome.events}, heard in {outcome.frames} frames")
    click.echo(f"kills       {outcome.kills} of the gateway")
    click.echo(f"reconnects  {outcome.reconnects}: {left or 'none'}")
    click.echo(f"jobs        {outcome.jobs_followed} followed alone")
    click.echo(f"answers     {answers}")


def _plant_each(seed: int) -> int:
    missed = 0
    for name, bug in BUGS.items():
        outcome = run(Plan(EVENTS_A_BUG, RECONNECTS_A_BUG, KILLS_A_BUG, seed, name))
        found = sum(bug.finding in finding for finding in outcome.findings)
        missed += not found
        verdict = click.style(f"found {found} times" if found else "MISSED", fg="green" if found else "red")
        click.echo(f"{name:24} {bug.wrong:52} {verdict}")
        if outcome.folder is not None and found:
            shutil.rmtree(outcome.folder)
    return WRONG if missed else 0


if __name__ == "__main__":
    main()
