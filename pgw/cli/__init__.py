"""The command line: the gateway, an operator's commands beside it, and a merchant's developer's."""

import click

import pgw
from pgw.cli.auditing import audit
from pgw.cli.keys import keys
from pgw.cli.listening import listen
from pgw.cli.merchants import merchants
from pgw.cli.operating import acknowledge, settle, unresolved
from pgw.cli.reconciling import reconcile
from pgw.cli.serving import run_demo, serve
from pgw.cli.watching import watch

__all__ = [
    "acknowledge",
    "audit",
    "keys",
    "listen",
    "main",
    "merchants",
    "reconcile",
    "run_demo",
    "serve",
    "settle",
    "unresolved",
    "watch",
]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(pgw.__version__, prog_name="pgw")
def main() -> None:
    """Run a payment gateway that loses no accepted payment and charges no card twice."""


_OF_OPERATORS = (merchants, keys, unresolved, settle, acknowledge, reconcile, audit)
for command in (serve, run_demo, *_OF_OPERATORS, watch, listen):
    main.add_command(command)
main.epilog = f"Settings as environment variables: {', '.join(str(one.envvar) for one in serve.params)}."
