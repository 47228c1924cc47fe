"""The command line: `pgw serve` and `pgw demo`."""

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import click
import structlog
import trio

import pgw
from pgw import demo, logs, service
from pgw.bank.port import BankFeature
from pgw.http.server import CannotListen
from pgw.settings import Settings
from pgw.storage.port import StorageCannotOpen

Command = TypeVar("Command", bound=Callable[..., Any])
PORT = click.IntRange(0, 65535)
LARGEST_IN_FLIGHT = 1_000_000


class DatabasePath(click.ParamType[Path]):
    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        text = str(value)
        if "://" in text and not text.startswith("sqlite:///"):
            self.fail("only SQLite is supported: give a path, or sqlite:///PATH.", param, ctx)
        path = Path(text.removeprefix("sqlite:///"))
        if not path.name or path.is_dir():
            self.fail(f"{text!r} names no file.", param, ctx)
        return path


class BankUrl(click.ParamType[str]):
    name = "url"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            parts = urlsplit(str(value))
            sound = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
            (parts.hostname or "").encode("idna")
        except ValueError:
            sound = False
        if not sound or parts.username or parts.query or parts.fragment or not _is_plain(parts.path):
            self.fail(
                "give the bank's address as http://HOST[:PORT][/PATH], without credentials.", param, ctx
            )
        return str(value)


def _is_plain(path: str) -> bool:
    return path.isascii() and path.isprintable() and " " not in path


class BankFeatures(click.ParamType[frozenset[BankFeature]]):
    name = "features"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> frozenset[BankFeature]:
        if value == "pay":
            return frozenset()
        if value != "all":
            self.fail(f"{value!r} is neither 'all' nor 'pay'.", param, ctx)
        return frozenset(BankFeature)


def _setting(name: str, **options: Any) -> Callable[[Command], Command]:
    """Declare one setting, taken from its flag or else from its variable."""
    flag = name.lower().replace("_", "-")
    return click.option(f"--{flag}", envvar=f"PGW_{name}", show_envvar=True, show_default=True, **options)


DEFAULTS = Settings()
SETTINGS = (
    _setting("HOST", default=DEFAULTS.host, help="Address to listen on."),
    _setting("PORT", default=DEFAULTS.port, type=PORT, help="Port to listen on; 0 takes a free one."),
    _setting(
        "DATABASE",
        default=str(DEFAULTS.database),
        type=DatabasePath(),
        help="SQLite file, made at the first start.",
    ),
    _setting("BANK_URL", default=DEFAULTS.bank_url, type=BankUrl(), help="Where the bank is."),
    _setting(
        "BANK_CONCURRENCY",
        default=DEFAULTS.bank_concurrency,
        type=click.IntRange(1, 10_000),
        help="Most calls to it at a time.",
    ),
    _setting("BANK_FEATURES", default="all", type=BankFeatures(), help="What it offers: all, or pay alone."),
    _setting("DEMO_KEYS", is_flag=True, help="Honour the demo keys ap_123 and ap_456."),
    _setting(
        "RATE_LIMIT",
        default=DEFAULTS.rate_limit,
        type=click.IntRange(0),
        help="Requests a second of a merchant; 0 lifts it.",
    ),
    _setting(
        "MAX_IN_FLIGHT",
        default=DEFAULTS.max_in_flight,
        type=click.IntRange(1, LARGEST_IN_FLIGHT),
        help="Most payments that await the bank; a merchant may have three in ten of them.",
    ),
    _setting(
        "LOG_LEVEL",
        default=DEFAULTS.log_level,
        type=click.Choice(["debug", "info", "warning", "error"], case_sensitive=False),
        help="Least important line that is logged.",
    ),
    _setting(
        "LOG_FORMAT",
        default=DEFAULTS.log_format,
        type=click.Choice(["auto", "json", "console"], case_sensitive=False),
        help="One JSON object a line, or lines for people; auto asks whether it is a terminal.",
    ),
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(pgw.__version__, prog_name="pgw")
def main() -> None:
    """Run a payment gateway that loses no accepted payment and charges no card twice."""


def _all_settings(command: Command) -> Command:
    for declare in reversed(SETTINGS):
        command = declare(command)
    return command


@main.command()
@_all_settings
@click.pass_context
def serve(ctx: click.Context, /, **values: Any) -> None:
    """Run the gateway until Ctrl-C or SIGTERM.

    Each setting is a flag or an environment variable; a flag wins.
    """
    settings = Settings(**values)
    ctx.exit(run_to_the_end(settings, partial(service.run, settings)))


main.epilog = f"Settings as environment variables: {', '.join(str(one.envvar) for one in serve.params)}."


@main.command(name="demo")
@click.option(
    "--port",
    envvar="PGW_PORT",
    show_envvar=True,
    default=50947,
    type=PORT,
    show_default=True,
    help="Port of the gateway; 0 takes a free one.",
)
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
        ctx.exit(run_to_the_end(settings, partial(demo.run, settings, bank_port)))


def run_to_the_end(settings: Settings, program: Callable[[], Awaitable[None]]) -> int:
    """Run a program of this package and return its exit code.

    2 is a mistake of the operator, said in one sentence; 1 a failure, named by the log's last line.
    """
    logs.set_up(settings.log_level, settings.log_format)
    exit_code = 0
    try:
        trio.run(program, strict_exception_groups=True)
    except* (StorageCannotOpen, CannotListen, demo.CannotStartBank) as mistakes:
        click.secho(f"Error: {next(_leaves(mistakes))}", fg="red", err=True)
        exit_code = 2
    except* KeyboardInterrupt:
        exit_code = 130
    except* Exception as failures:  # noqa: BLE001 - the last line of a process that ends
        structlog.get_logger().critical(
            "Ended", Reason="; ".join(f"{type(one).__name__}: {one}" for one in _leaves(failures))
        )
        exit_code = 1
    return exit_code


def _leaves(group: BaseExceptionGroup[Any]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
