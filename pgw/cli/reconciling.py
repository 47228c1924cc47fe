"""`pgw reconcile`."""

from functools import partial
from pathlib import Path

import click

from pgw.bank.file_ledger import FileLedger
from pgw.bank.http_ledger import HttpLedger
from pgw.bank.ledger_port import BankLedger
from pgw.bank.network import TcpNetwork, tls_for
from pgw.cli.access import operator_of
from pgw.cli.operating import of_database, run
from pgw.cli.progress import shown_progress
from pgw.cli.reconciliation_report import JsonReport, PrintedReport
from pgw.cli.settings import BANK_URL
from pgw.reconciliation.comparison import reconcile as compare

DIFFERENT = 1


@click.command()
@of_database
@BANK_URL
@click.option(
    "--ledger-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="PATH",
    help="Read the bank's ledger from a file, in the form of its GET /ledger. What was paid after the file "
    "was made is missing from it.",
)
@click.pass_context
def reconcile(
    ctx: click.Context, /, database: Path, bank_url: str, ledger_file: Path | None, *, as_json: bool
) -> None:
    """Compare the books with the bank's ledger: each payment, capture, void and refund.

    Prints each difference with its money, then totals: of the books, of the bank, and how much of the bank's
    is open, its outcome being unknown to the gateway. May be run while payments go on. Exit code 1 where
    there is a difference.

    ChargedTwice, CapturedTwice, VoidedTwice, RefundedTwice: booked more than once. …TooMuch: more than was
    asked for. …ThoughFailed, …ThoughDeclined: booked, though here it did not happen. NotAtTheBank: here it
    did, and there it did not. OtherAmount, OtherCurrency, OtherOperation, OtherPayment: booked as something
    else. UnknownReference: booked, and not in the books. docs/reconciliation.md says what to do about each.
    """
    ctx.exit(run(partial(_reconcile, database, bank_url, ledger_file, as_json=as_json)))


async def _reconcile(database: Path, bank_url: str, ledger_file: Path | None, *, as_json: bool) -> int:
    report = JsonReport() if as_json else PrintedReport()
    async with operator_of(database) as operator:
        ledger = _http_ledger(bank_url) if ledger_file is None else FileLedger.read(ledger_file)
        with shown_progress(operator) as books:
            summary = await compare(books, ledger, report.tell)
    report.conclude(summary)
    return DIFFERENT if summary.differences else 0


def _http_ledger(url: str) -> BankLedger:
    return HttpLedger(url, TcpNetwork(), tls_for(url))
