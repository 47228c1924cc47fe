"""Runs a program of this package, and says by its exit code how it ended."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import click
import structlog
import trio

from pgw import demo, logs
from pgw.bank.ledger_port import LedgerUnavailable
from pgw.cli.access import NoDatabase
from pgw.cli.tables import printable
from pgw.client.refusals import CannotGoOn
from pgw.control.address import CannotOpenControl
from pgw.control.client import ControlUnavailable
from pgw.http.server import CannotListen
from pgw.secret import CannotUseSecret
from pgw.storage.port import StorageCannotOpen

MISTAKES = (
    StorageCannotOpen,
    CannotUseSecret,
    CannotOpenControl,
    CannotListen,
    demo.CannotStartBank,
    NoDatabase,
    ControlUnavailable,
    LedgerUnavailable,
    CannotGoOn,
)
MISTAKE = 2
Program = Callable[[], Awaitable[int | None]]


def run_to_the_end(program: Program, log_level: str, log_format: str) -> int:
    """Run a program and return its exit code.

    2 is a mistake of the operator, said in one sentence; 1 a failure, named by the log's last line.
    """
    logs.set_up(log_level, log_format)
    exit_code = 0
    try:
        exit_code = trio.run(program, strict_exception_groups=True) or 0
    except* MISTAKES as mistakes:
        say_mistake(str(next(_leaves(mistakes))))
        exit_code = MISTAKE
    except* KeyboardInterrupt:
        exit_code = 130
    except* Exception as failures:  # noqa: BLE001 - the last line of a process that ends
        structlog.get_logger().critical(
            "Ended", Reason="; ".join(f"{type(one).__name__}: {one}" for one in _leaves(failures))
        )
        exit_code = 1
    return exit_code


def say_mistake(sentence: str) -> None:
    click.secho(f"Error: {printable(sentence)}", fg="red", err=True)


def _leaves(group: BaseExceptionGroup[Any]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
