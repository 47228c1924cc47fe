"""`pgw audit verify`."""

import re
from functools import partial
from pathlib import Path
from typing import Any

import click

from pgw.audit.chain import ChainKey
from pgw.audit.verification import Fault, KeptHead, Walked
from pgw.cli.access import operator_of, timeline_key
from pgw.cli.operating import of_database, print_json, run
from pgw.cli.progress import shown_count
from pgw.cli.settings import SECRET_FILE
from pgw.cli.tables import printable

BROKEN = 1


class Head(click.ParamType[KeptHead]):
    """A head as it was printed once."""

    name = "number:hash"
    _FORM = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})", re.ASCII)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> KeptHead:
        found = self._FORM.fullmatch(str(value))
        if found is None:
            self.fail(f"{str(value)!r} is no head as it is printed, such as 17:9f86…", param, ctx)
        return KeptHead(int(found[1]), found[2])


@click.group()
def audit() -> None:
    """Verify that the timelines of payments are as the gateway wrote them."""


@audit.command()
@click.option(
    "--head",
    type=Head(),
    metavar="NUMBER:HASH",
    help="A head that was printed before and kept elsewhere: the chain must contain it.",
)
@of_database
@SECRET_FILE
@click.pass_context
def verify(
    ctx: click.Context,
    /,
    head: KeptHead | None,
    database: Path,
    secret_file: Path | None,
    *,
    as_json: bool,
) -> None:
    """Walk the chain of all entries, and name the first that is not as the gateway sealed it.

    Finds what was changed, removed, added, moved or cut off at the end by whoever can write the database but
    does not have the gateway's secret. A whole database that was put back from a backup is found by a --head
    that was kept elsewhere, such as the one that is printed at the end.

    May be run while payments go on. Exit code 1 where the chain is broken.
    """
    ctx.exit(run(partial(_verify, database, secret_file, head, as_json=as_json)))


async def _verify(database: Path, secret_file: Path | None, head: KeptHead | None, *, as_json: bool) -> int:
    async with operator_of(database) as operator:
        walked = Walked(ChainKey(timeline_key(database, secret_file)), head)
        with shown_count("entries") as show:
            while not walked.is_over:
                page = await operator.chain_page(walked.number)
                walked = walked.over(page)
                show(walked.number, page.newest)
    if as_json:
        print_json(
            {
                "verified": walked.verified,
                "head": {"number": walked.number, "hash": walked.hash},
                "faults": [_document(fault) for fault in walked.faults],
            }
        )
    else:
        _print(walked)
    return BROKEN if walked.faults else 0


def _document(fault: Fault) -> dict[str, object]:
    return {
        "number": fault.number,
        "paymentId": fault.payment_id,
        "wrong": fault.wrong,
        "detail": fault.detail,
    }


def _print(walked: Walked) -> None:
    for fault in walked.faults:
        of = f" of payment {printable(fault.payment_id)}" if fault.payment_id is not None else ""
        line = f"{fault.wrong}: entry {fault.number}{of}. {printable(fault.detail)}"
        click.secho(line, fg="red")
    click.secho(f"{walked.verified:,} entries verified.", fg=None if walked.faults else "green")
    if not walked.faults:
        click.echo(f"The head, to keep elsewhere: {walked.number}:{walked.hash}")
