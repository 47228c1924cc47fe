"""The command line: `python -m tests.torture --rounds N [--seed S] [--first R]`."""

import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import click
import trio

from tests.torture.batch import run_batch
from tests.torture.plan import RoundPlan, plan_of
from tests.torture.tally import Tally

ROUNDS_A_BATCH = 10
MOST_FINDINGS = 30
VIOLATED, STOPPED = 1, 130


@click.command()
@click.option("--rounds", default=20, show_default=True, type=click.IntRange(1))
@click.option("--seed", type=int, help="Repeats the choices of an earlier run.  [default: another each time]")
@click.option("--first", default=1, show_default=True, type=click.IntRange(1), help="Goes on at this round.")
def main(rounds: int, seed: int | None, first: int) -> None:
    """Kill real gateways and banks under load, and compare what is left to the cent.

    Every few rounds everything is settled and judged, and the next begin with new files. Exit code 1 where
    anything is wrong, and the files are kept. Ctrl-C judges what there is and ends; again it ends at once.
    """
    sys.exit(trio.run(_run, rounds, secrets.randbelow(1_000_000) if seed is None else seed, first))


async def _run(rounds: int, seed: int, first: int) -> int:
    tally, began, status = Tally(), time.monotonic(), STOPPED
    click.echo(f"torture: {rounds} rounds, seed {seed}")
    async with trio.open_nursery() as nursery:
        await nursery.start(_stop_on_signal, tally, nursery.cancel_scope)
        status = await _run_batches(range(first, first + rounds), seed, tally)
        nursery.cancel_scope.cancel()
    click.echo()
    for line in tally.lines():
        click.echo(line)
    click.echo(f"took        {time.monotonic() - began:.0f} s")
    if status == STOPPED:
        left = rounds - tally.judged
        click.echo(f"go on with  --rounds {left} --seed {seed} --first {first + tally.judged}")
    elif status == 0:
        click.secho("Nothing lost, nothing charged twice, and both ledgers agree to the cent.", fg="green")
    return status


async def _run_batches(numbers: Sequence[int], seed: int, tally: Tally) -> int:
    for begin in range(0, len(numbers), ROUNDS_A_BATCH):
        if tally.is_stopping:
            return STOPPED
        batch = numbers[begin : begin + ROUNDS_A_BATCH]
        folder = Path(tempfile.mkdtemp(prefix="pgw-torture-"))
        plans = [plan_of(seed, number) for number in batch]
        try:
            findings = await run_batch(folder, f"{seed} from {batch[0]}", plans, tally, _say)
        except trio.Cancelled:
            shutil.rmtree(folder)
            raise
        except BaseException:
            _say_where(batch, seed, folder)
            raise
        if findings:
            _say_findings(findings)
            _say_where(batch, seed, folder)
            return VIOLATED
        shutil.rmtree(folder)
        click.secho(f"sound up to round {numbers[0] + tally.judged - 1} of {numbers[-1]}", fg="green")
    return STOPPED if tally.judged < len(numbers) else 0


def _say(plan: RoundPlan) -> None:
    deaths = [*("at its start" for _ in plan.starts), f"after {plan.under_load:.2f} s under load"]
    line = f"round {click.style(plan.number, bold=True)}: gateway killed {', '.join(deaths)}"
    if plan.bank_death is not None:
        line += f"; bank killed after {plan.bank_death.after:.2f} s, away for {plan.bank_death.away:.2f} s"
    click.echo(line)


def _say_findings(findings: Sequence[str]) -> None:
    click.echo()
    for finding in findings[:MOST_FINDINGS]:
        click.secho(f"WRONG: {finding}", fg="red")
    if len(findings) > MOST_FINDINGS:
        click.echo(f"and {len(findings) - MOST_FINDINGS} more")


def _say_where(batch: Sequence[int], seed: int, folder: Path) -> None:
    click.echo(f"Rounds {batch[0]} to {batch[-1]} of seed {seed}. The files are kept in {folder}")


async def _stop_on_signal(
    tally: Tally,
    everything: trio.CancelScope,
    *,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        task_status.started()
        await anext(signals)
        tally.is_stopping = True
        click.echo("Stopping: what was done is judged. Once more ends at once.")
        await anext(signals)
        everything.cancel()


if __name__ == "__main__":
    main()
