"""The command line: `python -m simulator`."""

import secrets
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random

import click
import trio

from simulator.bank import Bank
from simulator.behaviour import Behaviour
from simulator.connection import Patience
from simulator.faults import Fault
from simulator.group_journal import GroupJournal
from simulator.ledger import Ledger
from simulator.ledger_file import LedgerFile, LedgerFileError
from simulator.options import behaviour_options, seconds
from simulator.routes import Offers, Routes
from simulator.server import CannotListenError, Server, raise_open_files

EPILOG = f"""A KIND of fault is one of {", ".join(fault.value for fault in Fault)}.

simulator/README.md says what each does, and which card numbers do the same."""


@click.command(epilog=EPILOG, context_settings={"show_default": True, "max_content_width": 110})
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option("--port", default=50948, type=click.IntRange(0, 65535), help="0 picks a free one.")
@behaviour_options
@click.option("--lookup/--no-lookup", default=True, help="Offer GET /payments/{reference}, or do not.")
@click.option(
    "--reversal/--no-reversal", default=True, help="Offer POST /payments/{reference}/reversals, or do not."
)
@click.option(
    "--operations/--no-operations", default=True, help="Offer captures, voids and refunds, or do not."
)
@click.option("--hang-seconds", default=300, type=seconds, metavar="S", help="The longest that a call hangs.")
@click.option(
    "--idle-seconds", default=5, type=seconds, metavar="S", help="Keep-alive of an idle connection."
)
@click.option(
    "--ledger-file",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Keep the ledger in a file, so that a killed bank forgets nothing.  [default: in memory]",
)
@click.option(
    "--ledger-limit", default=500_000, type=click.IntRange(min=1), help="Bookings kept; then it answers 503."
)
@click.option(
    "--seed", type=int, help="Repeats the same faults, jitter and codes.  [default: another each time]"
)
def main(
    *,
    behaviour: Behaviour,
    host: str,
    port: int,
    lookup: bool,
    reversal: bool,
    operations: bool,
    hang_seconds: float,
    idle_seconds: float,
    ledger_file: Path | None,
    ledger_limit: int,
    seed: int | None,
) -> None:
    """Run a bank to develop against: it approves, declines, dawdles and fails as it is told."""
    journal = None if ledger_file is None else _open_journal(ledger_file)
    ledger = _open_ledger(ledger_limit, journal)
    bank = Bank(
        behaviour,
        ledger,
        Random(seed),  # noqa: S311 no secret is drawn
        now=lambda: datetime.now(UTC),
        fingerprint_key=journal.fingerprint_key if journal else secrets.token_bytes(32),
    )
    server = Server(
        Routes(bank, ledger, Offers(lookup=lookup, reversal=reversal, operations=operations)).answer,
        Patience(idle=idle_seconds, hang=hang_seconds),
        most_connections=raise_open_files(),
    )

    def announce(url: str) -> None:
        where = click.style(url, fg="green", bold=True)
        click.echo(f"bank simulator listening on {where} (profile {behaviour.profile.value})", err=True)

    _run_until_a_signal(partial(server.run, host, port, announce), journal)


def _open_journal(path: Path) -> GroupJournal:
    try:
        return GroupJournal(LedgerFile(path))
    except LedgerFileError as error:
        raise click.ClickException(str(error)) from None


def _open_ledger(limit: int, journal: GroupJournal | None) -> Ledger:
    ledger = Ledger(limit, journal)
    if journal:
        try:
            ledger.restore(journal.records())
        except LedgerFileError as error:
            raise click.ClickException(str(error)) from None
    return ledger


def _run_until_a_signal(serve: Callable[[], Awaitable[None]], journal: GroupJournal | None) -> None:
    async def run_both() -> None:
        async with trio.open_nursery() as nursery:
            if journal:
                nursery.start_soon(journal.run)
            await serve()
            nursery.cancel_scope.cancel()

    sentences: list[str] = []
    try:
        trio.run(run_both)
    except* (CannotListenError, LedgerFileError) as group:
        sentences += map(str, group.exceptions)
    if sentences:
        raise click.ClickException(sentences[0])


def run() -> int:
    """Run the command; an operator's mistake is one sentence on stderr and exit status 2."""
    try:
        main(prog_name="python -m simulator", standalone_mode=False)
    except click.ClickException as error:
        click.echo(f"error: {error.format_message()}", err=True)
        return 2
    except click.Abort:  # Ctrl-C before the signals were listened for
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(run())
