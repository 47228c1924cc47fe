"""`pgw keys create`, `list`, `rotate` and `revoke`."""

from functools import partial
from pathlib import Path

import click

from pgw.cli.access import merchant_operator_of
from pgw.cli.merchants import done, note, of_merchants
from pgw.cli.operating import print_json, run, time_of
from pgw.cli.parameters import Duration
from pgw.cli.tables import Table, printable
from pgw.control.answers import Document
from pgw.control.merchant_operator import MerchantOperator
from pgw.domain.api_key import KeyStatus
from pgw.domain.key_format import PREFIX, is_well_formed
from pgw.domain.merchant import Scope

SHOWN_ONCE = "It is shown this once, and kept nowhere."
_HEADS = ("KEY", "MERCHANT", "NAME", "ENDS IN", "STATUS", "SCOPES", "CREATED", "EXPIRES")
_COLOURS = {KeyStatus.LIVE: "green", KeyStatus.DISABLED: "yellow", KeyStatus.UNUSABLE: "red"}


@click.group()
def keys() -> None:
    """Create, list, rotate and revoke merchants' keys.

    A key is shown once, when it is made. Kept are hashes under the gateway's secret: where that is lost all
    keys must be made anew, and are listed as Unusable.
    """


@keys.command()
@click.argument("merchant")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([str(scope) for scope in Scope]),
    help="What the key is for; may be given again. All scopes where none is given.",
)
@click.option("--expires-in", type=Duration(), help="How long it lives, such as 90d; else it has no end.")
@click.option("--name", metavar="TEXT", help="What it is called in lists.")
@of_merchants
@click.pass_context
def create(
    ctx: click.Context,
    /,
    *,
    merchant: str,
    scopes: tuple[str, ...],
    expires_in: int | None,
    name: str | None,
    database: Path,
    secret_file: Path | None,
    as_json: bool,
) -> None:
    """Make a key for a MERCHANT and print it.

    It is shown this once, and kept nowhere.
    """
    wanted = [Scope(scope) for scope in scopes] or list(Scope)
    ask = partial(
        MerchantOperator.create_key, merchant_id=merchant, scopes=wanted, expires_in=expires_in, name=name
    )
    ctx.exit(run(partial(done, database, secret_file, ask, _say_created, as_json=as_json)))


def _say_created(key: Document) -> None:
    click.echo(key["key"])
    note(f"{key['keyId']} of {key['merchantId']} is made, for {', '.join(key['scopes'])}; {_end_of(key)}.")
    note(SHOWN_ONCE, "yellow")


def _end_of(key: Document) -> str:
    return f"it expires at {time_of(key['expiresAt'])}" if key["expiresAt"] else "it does not expire"


@keys.command(name="list")
@click.argument("merchant", required=False)
@of_merchants
@click.pass_context
def list_keys(
    ctx: click.Context,
    /,
    merchant: str | None,
    database: Path,
    secret_file: Path | None,
    *,
    as_json: bool,
) -> None:
    """List all keys, or those of a MERCHANT, by their last characters.

    Unusable is a key that was made under another secret than the gateway has now.
    """
    ctx.exit(run(partial(_list, merchant, database, secret_file, as_json=as_json)))


async def _list(merchant: str | None, database: Path, secret_file: Path | None, *, as_json: bool) -> None:
    table, count = Table(*_HEADS), 0
    async with merchant_operator_of(database, secret_file) as operator:
        async for page in operator.keys(merchant):
            count += len(page)
            table.fit([_row(one) for one in page])
            for one in page:
                if as_json:
                    print_json(one)
                else:
                    table.print(_row(one), colour=_COLOURS.get(one["status"]))
    if not count and not as_json:
        click.echo("There are no keys. `pgw keys create MERCHANT` makes one.")


def _row(one: Document) -> list[str]:
    expires = time_of(one["expiresAt"]) if one["expiresAt"] else "never"
    known = [one["keyId"], one["merchantId"], printable(one["name"] or ""), one["hint"], one["status"]]
    return [*known, " ".join(one["scopes"]), time_of(one["createdAt"]), expires]


@keys.command()
@click.argument("key")
@click.option(
    "--overlap",
    type=Duration(),
    default="24h",
    show_default=True,
    help="How long the old key lives on beside the new one; 0s ends it at once.",
)
@of_merchants
@click.pass_context
def rotate(
    ctx: click.Context,
    /,
    key: str,
    overlap: int,
    database: Path,
    secret_file: Path | None,
    *,
    as_json: bool,
) -> None:
    """Make a key in the place of a KEY, given by its id, and print it.

    It has the same scopes, and lives as long as the old one was made for. Both are honoured until the overlap
    ends; while both live, neither is rotated again.
    """
    ask = partial(MerchantOperator.rotate_key, key_id=key, overlap=overlap)
    ctx.exit(run(partial(done, database, secret_file, ask, _say_rotated, as_json=as_json)))


def _say_rotated(key: Document) -> None:
    _say_created(key)
    note(f"{key['rotated']['keyId']}, whose place it takes: {_end_of(key['rotated'])}.")


@keys.command()
@click.argument("key")
@of_merchants
@click.pass_context
def revoke(
    ctx: click.Context, /, key: str, database: Path, secret_file: Path | None, *, as_json: bool
) -> None:
    """Revoke a KEY for good, and end its streams.

    Give its id, or the key itself where it was found in public.
    """
    if key.startswith(PREFIX) and not is_well_formed(key):
        raise click.BadParameter(
            "this is no key: its checksum is wrong, so a character is.", ctx, param_hint="KEY"
        )
    ask = partial(MerchantOperator.revoke_key, id_or_key=key)
    ctx.exit(run(partial(done, database, secret_file, ask, _say_revoked, as_json=as_json)))


def _say_revoked(key: Document) -> None:
    click.secho(
        f"{key['keyId']} of {key['merchantId']} is revoked since {time_of(key['revokedAt'])}.", fg="green"
    )
