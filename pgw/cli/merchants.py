"""`pgw merchants add`, `list`, `disable` and `enable`."""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import click

from pgw.cli.access import merchant_operator_of
from pgw.cli.operating import exit_code_of, of_database, print_json, run, time_of
from pgw.cli.parameters import Command
from pgw.cli.settings import SECRET_FILE
from pgw.cli.tables import Table, printable
from pgw.control.answers import Answer, Document
from pgw.control.merchant_operator import MerchantOperator
from pgw.domain.result import Ok

Ask = Callable[[MerchantOperator], Awaitable[Answer]]
Say = Callable[[Document], None]


def of_merchants(command: Command) -> Command:
    """Declare what each command about merchants and keys takes."""
    return of_database(SECRET_FILE(command))


async def done(database: Path, secret_file: Path | None, ask: Ask, say: Say, *, as_json: bool) -> int:
    """Have a command obeyed and say what came of it; return the exit code."""
    async with merchant_operator_of(database, secret_file) as operator:
        answer = await ask(operator)
    if not isinstance(answer, Ok) or as_json:
        return exit_code_of(answer)
    say(answer.value)
    return 0


def note(sentence: str, colour: str | None = "green") -> None:
    """Say what is for people, beside what a script takes from standard output."""
    click.secho(sentence, fg=colour, err=True)


@click.group()
def merchants() -> None:
    """Add, list, disable and enable merchants."""


@merchants.command()
@click.argument("name")
@of_merchants
@click.pass_context
def add(ctx: click.Context, /, name: str, database: Path, secret_file: Path | None, *, as_json: bool) -> None:
    """Add a merchant called NAME, and print its id.

    It needs a key next: `pgw keys create ID`.
    """
    ask = partial(MerchantOperator.add_merchant, name=name)
    ctx.exit(run(partial(done, database, secret_file, ask, _say_added, as_json=as_json)))


def _say_added(merchant: Document) -> None:
    click.echo(merchant["merchantId"])
    note(f"{printable(merchant['name'])} is added. Its key: pgw keys create {merchant['merchantId']}")


@merchants.command(name="list")
@of_merchants
@click.pass_context
def list_merchants(ctx: click.Context, /, database: Path, secret_file: Path | None, *, as_json: bool) -> None:
    """List all merchants."""
    ctx.exit(run(partial(_list, database, secret_file, as_json=as_json)))


async def _list(database: Path, secret_file: Path | None, *, as_json: bool) -> None:
    table, count = Table("MERCHANT", "NAME", "ADDED", "DISABLED"), 0
    async with merchant_operator_of(database, secret_file) as operator:
        async for page in operator.merchants():
            count += len(page)
            table.fit([_row(one) for one in page])
            for one in page:
                if as_json:
                    print_json(one)
                else:
                    table.print(_row(one), colour="red" if one["disabledAt"] else None)
    if not count and not as_json:
        click.echo("There are no merchants. `pgw merchants add NAME` adds one.")


def _row(one: Document) -> list[str]:
    disabled = time_of(one["disabledAt"]) if one["disabledAt"] else ""
    return [one["merchantId"], printable(one["name"]), time_of(one["createdAt"]), disabled]


@merchants.command()
@click.argument("merchant")
@of_merchants
@click.pass_context
def disable(
    ctx: click.Context, /, merchant: str, database: Path, secret_file: Path | None, *, as_json: bool
) -> None:
    """Refuse all keys of a MERCHANT from now on, and end its streams.

    Payments that were accepted go on to their end.
    """
    ask = partial(MerchantOperator.disable_merchant, merchant_id=merchant)
    ctx.exit(run(partial(done, database, secret_file, ask, _say_disabled, as_json=as_json)))


def _say_disabled(merchant: Document) -> None:
    name = f"{merchant['merchantId']} ({printable(merchant['name'])})"
    click.secho(f"{name} is disabled since {time_of(merchant['disabledAt'])}: none of its keys is honoured.")


@merchants.command()
@click.argument("merchant")
@of_merchants
@click.pass_context
def enable(
    ctx: click.Context, /, merchant: str, database: Path, secret_file: Path | None, *, as_json: bool
) -> None:
    """Honour the keys of a disabled MERCHANT again: those that have not expired and were not revoked."""
    ask = partial(MerchantOperator.enable_merchant, merchant_id=merchant)
    ctx.exit(run(partial(done, database, secret_file, ask, _say_enabled, as_json=as_json)))


def _say_enabled(merchant: Document) -> None:
    name = f"{merchant['merchantId']} ({printable(merchant['name'])})"
    click.secho(f"{name} is enabled: its keys are honoured again.", fg="green")
