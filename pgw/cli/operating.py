"""`pgw unresolved`, `pgw settle` and `pgw acknowledge`."""

from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import click
import simplejson

from pgw.actors.settlement import Verdict
from pgw.cli.access import operator_of, settling_operator_of
from pgw.cli.parameters import Command, DatabasePath, setting
from pgw.cli.running import MISTAKE, Program, run_to_the_end, say_mistake
from pgw.cli.settings import DEFAULTS, SECRET_FILE
from pgw.cli.tables import Table, printable
from pgw.control.answers import Answer, Document, RefusedFor
from pgw.control.operator import Operator
from pgw.domain.job import JobType
from pgw.domain.result import Err, Ok

REFUSED = 1
UNREAD = 1
WHAT_TO_DO = (
    "`pgw settle JOB succeeded|declined|failed --reason TEXT` ends an unknown outcome; "
    "`pgw acknowledge JOB` clears a job's flags."
)
_HEADS = ("JOB", "PAYMENT", "MERCHANT", "AMOUNT", "STATUS", "SINCE", "WHAT IS KNOWN", "NEXT INQUIRY")


def of_database(command: Command) -> Command:
    """Declare what each command of an operator's takes."""
    for declare in (
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line."),
        setting(
            "DATABASE",
            default=str(DEFAULTS.database),
            type=DatabasePath(),
            help="The gateway's database; whether a gateway runs on it or not.",
        ),
    ):
        command = declare(command)
    return command


def run(program: Program) -> int:
    return run_to_the_end(partial(_run_while_read, program), "error", "auto")


async def _run_while_read(program: Program) -> int | None:
    """End without a word where nobody reads any more what is printed, as before a `head`."""
    exit_code: int | None = UNREAD
    try:
        exit_code = await program()
    except* BrokenPipeError:
        pass
    return exit_code


def print_json(document: Document) -> None:
    click.echo(simplejson.dumps(document, use_decimal=True))


@click.command()
@of_database
@click.pass_context
def unresolved(ctx: click.Context, /, database: Path, *, as_json: bool) -> None:
    """List unknown outcomes, and payments flagged for attention.

    An outcome is unknown where the bank was asked and did not tell. The gateway goes on asking where it can,
    and never guesses. A flag is kept until it is acknowledged.
    """
    ctx.exit(run(partial(_unresolved, database, as_json=as_json)))


async def _unresolved(database: Path, *, as_json: bool) -> None:
    table, unknown, flagged = Table(*_HEADS, right=("AMOUNT",)), 0, 0
    async with operator_of(database) as operator:
        async for page in operator.unresolved():
            table.fit([_row(one) for one in page])
            for one in page:
                unknown += one["jobStatus"] == "Created"
                flagged += bool(one["flags"])
                if as_json:
                    print_json(one)
                else:
                    _print_unresolved(table, one)
    if not as_json:
        _print_count(unknown, flagged)


def _row(one: Document) -> list[str]:
    is_payment = one["operation"] == JobType.PAYMENT
    status = one["paymentStatus"] if is_payment else f"{one['operation']} {one['jobStatus']}"
    cells = (one["jobId"], one["paymentId"], one["merchantId"], money_of(one), status)
    times = time_of(one["since"]), one["nextInquiryAt"] and time_of(one["nextInquiryAt"])
    return [*cells, times[0], printable(one["known"]), times[1] or "none"]


def _print_unresolved(table: Table, one: Document) -> None:
    table.print(_row(one), colour="yellow" if one["jobStatus"] == "Created" else None)
    for flag in one["flags"]:
        detail = printable(flag["detail"])
        click.secho(f"  ! {flag['code']} since {time_of(flag['raisedAt'])}: {detail}", fg="red")


def _print_count(unknown: int, flagged: int) -> None:
    if not unknown and not flagged:
        click.secho("Nothing is unresolved.", fg="green")
        return
    click.echo(f"\nUnknown outcomes: {unknown}. Flagged for attention: {flagged}.\n{WHAT_TO_DO}")


@click.command()
@click.argument("job")
@click.argument("verdict", type=click.Choice([str(one) for one in Verdict]))
@click.option("--reason", required=True, metavar="TEXT", help="How you know, in 1 to 500 characters; kept.")
@of_database
@SECRET_FILE
@click.pass_context
def settle(
    ctx: click.Context,
    /,
    *,
    job: str,
    verdict: str,
    reason: str,
    database: Path,
    secret_file: Path | None,
    as_json: bool,
) -> None:
    """End the unknown outcome of a JOB.

    Say what you learnt from the bank by other means.

    succeeded: the bank did it: it took the money, gave it back, or gave up what it held. declined: it said
    no. failed: no money moved; look-ups go on, so that what comes late is flagged.

    Refused once a reversal has begun, and where the outcome is known.
    """
    settling = settling_operator_of(database, secret_file)
    ctx.exit(run(partial(_settle, settling, job, Verdict(verdict), reason, as_json=as_json)))


async def _settle(
    settling: AbstractAsyncContextManager[Operator], job: str, verdict: Verdict, reason: str, *, as_json: bool
) -> int:
    async with settling as operator:
        answer = await operator.settle(job, verdict, reason)
    if not isinstance(answer, Ok) or as_json:
        return exit_code_of(answer)
    settled = answer.value
    click.secho(
        f"{settled['jobId']}, a {settled['operation']} of {money_of(settled)}, is settled as {verdict}: "
        f"payment {settled['paymentId']} is {settled['paymentStatus']}.",
        fg="green",
    )
    if settled["isWatched"]:
        click.echo("Look-ups go on, so that a late charge is flagged.")
    return 0


@click.command()
@click.argument("job")
@of_database
@click.pass_context
def acknowledge(ctx: click.Context, /, job: str, database: Path, *, as_json: bool) -> None:
    """Clear the flags of a JOB, which you have seen to.

    An unknown outcome stays listed until it is known.
    """
    ctx.exit(run(partial(_acknowledge, database, job, as_json=as_json)))


async def _acknowledge(database: Path, job: str, *, as_json: bool) -> int:
    async with operator_of(database) as operator:
        answer = await operator.acknowledge(job)
    if not isinstance(answer, Ok) or as_json:
        return exit_code_of(answer)
    count = answer.value["acknowledged"]
    if count:
        click.secho(f"{count} {'flag' if count == 1 else 'flags'} of {job} acknowledged.", fg="green")
    else:
        click.echo(f"{job} has no flags.")
    return 0


def exit_code_of(answer: Answer) -> int:
    """Print an answer as JSON, or say why there is none; return the exit code."""
    match answer:
        case Ok(document):
            print_json(document)
            return 0
        case Err(refused):
            say_mistake(refused.sentence)
            return REFUSED if refused.kind is RefusedFor.RULE else MISTAKE


def money_of(one: Document) -> str:
    return f"{one['amount']} {one['currency']}"


def time_of(timestamp: str) -> str:
    """Return a time as people read it, to the second."""
    return f"{timestamp[:10]} {timestamp[11:19]} UTC"
