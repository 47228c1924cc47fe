"""The command line: `python -m tests.webhook_torture --webhooks N --kills K [--seed S]`."""

import os
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

from tests.webhook_torture.judge import findings_of
from tests.webhook_torture.latency import faults_of_latency, latencies
from tests.webhook_torture.plan import Plan
from tests.webhook_torture.run import Outcome, run_plan
from tests.webhook_torture.summary import lines_of

MOST_FINDINGS = 30
WRONG, STOPPED = 1, 130


@click.command()
@click.option("--webhooks", default=10_000, show_default=True, type=click.IntRange(20, 100_000))
@click.option("--kills", default=2, show_default=True, type=click.IntRange(0, 20))
@click.option("--seed", type=int, help="Repeats the choices of an earlier run.  [default: another each time]")
def main(webhooks: int, kills: int, seed: int | None) -> None:
    """Deliver webhooks to an endpoint in trouble, kill the gateway meanwhile, and judge what was received.

    Exit code 1 where anything is wrong, and the files are kept. Ctrl-C ends it.
    """
    plan = Plan(webhooks, kills, secrets.randbelow(1_000_000) if seed is None else seed)
    began, folder = time.monotonic(), Path(tempfile.mkdtemp(prefix="pgw-webhooks-"))
    click.echo(f"webhooks: {webhooks}, {kills} kills, seed {plan.seed}")
    try:
        outcome = trio.run(_run, folder, plan)
        findings = () if outcome is None else _judged(outcome)
    except BaseException:
        click.echo(f"The files are kept in {folder}")
        raise
    click.echo(f"took        {time.monotonic() - began:.0f} s, load average {os.getloadavg()[0]:.1f}")
    if findings:
        _say_findings(findings)
        click.echo(f"The files of seed {plan.seed} are kept in {folder}")
        sys.exit(WRONG)
    shutil.rmtree(folder)
    if outcome is None:
        sys.exit(STOPPED)
    click.secho(
        "Each webhook was delivered, in order, and the other endpoint felt nothing of it.", fg="green"
    )


async def _run(folder: Path, plan: Plan) -> Outcome | None:
    """Return what came of it; None where it was stopped."""
    began = time.monotonic()

    def say(text: str) -> None:
        click.echo(f"{time.monotonic() - began:5.1f} s  {text}")

    async with trio.open_nursery() as nursery:
        await nursery.start(_stop_on_signal, nursery.cancel_scope)
        outcome = await run_plan(folder, plan, say)
        nursery.cancel_scope.cancel()
        return outcome
    return None


async def _stop_on_signal(
    everything: trio.CancelScope, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
) -> None:
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        task_status.started()
        await anext(signals)
        everything.cancel()


def _judged(outcome: Outcome) -> Sequence[str]:
    if outcome.evidence is None:
        return outcome.findings
    found = latencies(outcome.evidence)
    for line in lines_of(outcome.evidence, outcome.spans, found):
        click.echo(line)
    return [*outcome.findings, *findings_of(outcome.evidence), *faults_of_latency(found)]


def _say_findings(findings: Sequence[str]) -> None:
    for finding in findings[:MOST_FINDINGS]:
        click.secho(f"WRONG: {finding}", fg="red")
    if len(findings) > MOST_FINDINGS:
        click.echo(f"and {len(findings) - MOST_FINDINGS} more")


if __name__ == "__main__":
    main()
