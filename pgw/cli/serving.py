"""`pgw serve` and `pgw demo`."""

from functools import partial
from typing import Any

import click

from pgw import demo, service
from pgw.cli.parameters import setting
from pgw.cli.running import run_to_the_end
from pgw.cli.settings import DEFAULTS, PORT, all_settings
from pgw.settings import Settings


@click.command()
@all_settings
@click.pass_context
def serve(ctx: click.Context, /, **values: Any) -> None:
    """Run the gateway until Ctrl-C or SIGTERM.

    Each setting is a flag or an environment variable; a flag wins.
    """
    settings = Settings(**values)
    if settings.inquiry_first > settings.inquiry_longest:
        first = next(one for one in ctx.command.params if one.name == "inquiry_first")
        raise click.BadParameter("it is longer than '--inquiry-longest'.", ctx, first)
    ctx.exit(run_to_the_end(partial(service.run, settings), settings.log_level, settings.log_format))


@click.command(name="demo")
@setting("PORT", default=DEFAULTS.port, type=PORT, help="Port of the gateway; 0 takes a free one.")
@click.option(
    "--bank-port",
    default=50948,
    type=PORT,
    show_default=True,
    help="Port of the bank simulator; 0 takes a free one.",
)
@click.pass_context
def run_demo(ctx: click.Context, port: int, bank_port: int) -> None:
    """Try it: the gateway and a bank simulator on one terminal."""
    with demo.settings(port, bank_port) as settings:
        program = partial(demo.run, settings, bank_port)
        ctx.exit(run_to_the_end(program, settings.log_level, settings.log_format))
