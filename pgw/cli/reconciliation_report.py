"""What `pgw reconcile` prints: differences as they are found, then the totals."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import click

from pgw.cli.operating import print_json
from pgw.cli.tables import Table, printable
from pgw.control.answers import Document
from pgw.domain.job import JobType
from pgw.domain.money import Currency
from pgw.reconciliation.comparison import Summary, Totals, currency_of
from pgw.reconciliation.judgement import Judgement, Shown, Sum, expected_of
from pgw.storage.books import BookEntry

NO_REFERENCE = "(none)"
_HEADS = ("DIFFERENCE", "REFERENCE", "JOB", "AT THE GATEWAY", "AT THE BANK")
_TOTALS = ("MONEY", "BOOKS", "BANK", "OPEN", "DIFFERENCE")


class PrintedReport:
    """For people."""

    def __init__(self) -> None:
        self._differences = Table(*_HEADS)

    def tell(self, judgement: Judgement) -> None:
        entry = judgement.entry
        reference = printable(judgement.reference or NO_REFERENCE)
        shown = ", ".join(_at_the_bank(one, entry) for one in judgement.shown) or "nothing"
        job_id = entry.job_id if entry else ""
        row = (str(judgement.code), reference, job_id, _at_the_gateway(entry), shown)
        self._differences.print(row, colour="red")

    def conclude(self, summary: Summary) -> None:
        if summary.differences:
            click.echo()
        _print_totals(summary.totals)
        click.echo(
            f"{summary.payments} payments and {summary.operations} operations were compared with "
            f"{summary.bookings} bookings; the outcome of {summary.open} is unknown."
        )
        if summary.differences:
            click.secho(f"Differences: {summary.differences}.", fg="red", bold=True)
        else:
            click.secho("No difference.", fg="green")


class JsonReport:
    """For machines: an object of each `kind` a line."""

    def tell(self, judgement: Judgement) -> None:
        entry = judgement.entry
        gateway = {} if entry is None else _gateway_document(entry)
        bank = [
            {"currency": one.currency, "bookings": one.bookings}
            | _sum_document(one.sum, currency_of(one.currency, entry))
            for one in judgement.shown
        ]
        document = {"kind": "difference", "difference": judgement.code, "reference": judgement.reference}
        print_json(document | gateway | {"bank": bank})

    def conclude(self, summary: Summary) -> None:
        for currency, totals in _in_order(summary.totals):
            sides = {"books": totals.books, "bank": totals.bank, "open": totals.open}
            document: Document = {"kind": "total", "currency": currency.code}
            document |= {name: _sum_document(side, currency) for name, side in sides.items()}
            print_json(document | {"difference": _sum_document(totals.difference, currency)})
        counts = {"payments": summary.payments, "operations": summary.operations}
        counts |= {"bookings": summary.bookings, "open": summary.open, "differences": summary.differences}
        print_json({"kind": "summary", **counts})


def _gateway_document(entry: BookEntry) -> Document:
    currency = entry.amount.currency
    return {
        "jobId": entry.job_id,
        "operation": entry.type,
        "jobStatus": entry.job_status,
        "paymentId": entry.payment_id,
        "paymentReference": entry.payment_reference,
        "status": entry.status,
        "amount": entry.amount.major_units,
        "currency": currency.code,
        "expected": _sum_document(expected_of(entry), currency),
    }


def _sum_document(money: Sum, currency: Currency) -> dict[str, Decimal]:
    return {"charged": currency.major(money.charged), "held": currency.major(money.held)}


def _at_the_gateway(entry: BookEntry | None) -> str:
    if entry is None:
        return "unknown"
    is_payment = entry.type is JobType.PAYMENT
    what = entry.status if is_payment else f"{entry.type} {entry.job_status}"
    return f"{what}, {entry.amount.major_units:,} {entry.amount.currency.code}"


def _at_the_bank(shown: Shown, entry: BookEntry | None) -> str:
    currency = currency_of(shown.currency, entry)
    charged, held = shown.sum.charged, shown.sum.held
    kinds = (("charged" if charged > 0 else "refunded", charged), ("held" if held > 0 else "freed", held))
    parts = [f"{currency.major(abs(money)):,} {currency.code} {kind}" for kind, money in kinds if money]
    text = " and ".join(parts) or f"0 {currency.code}"
    return text if shown.bookings == 1 else f"{text} by {shown.bookings} bookings"


def _print_totals(totals: Mapping[Currency, Totals]) -> None:
    table = Table(*_TOTALS, right=_TOTALS[1:])
    rows: list[tuple[list[str], bool]] = []
    for currency, total in _in_order(totals):
        sides = (total.books, total.bank, total.open, total.difference)
        for kind in ("charged", "held"):
            money = [int(getattr(side, kind)) for side in sides]
            if any(money) or kind == "charged":
                cells = [f"{currency.major(one):,}" for one in money]
                rows.append(([f"{currency.code} {kind}", *cells], money[-1] != 0))
    table.fit([row for row, _ in rows])
    for row, is_different in rows:
        table.print(row, colour="red" if is_different else None)


def _in_order(totals: Mapping[Currency, Totals]) -> Sequence[tuple[Currency, Totals]]:
    return sorted(totals.items(), key=lambda item: (item[0].code, item[0].exponent))
