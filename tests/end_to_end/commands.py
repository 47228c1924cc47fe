"""Runs an operator's command as a program would, but in this process, which saves its start."""

import json
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
from attrs import frozen
from click.testing import CliRunner

from pgw.cli import main
from tests.end_to_end.programs import Simulator

SPOKEN = (
    "pgw.cli.running.logs.set_up",
    "pgw.control.key_commands._log",
    "pgw.control.merchant_commands._log",
    "pgw.control.payment_commands._log",
    "pgw.storage.chain._log",
)
ANSWER_LOST, BOOKS_NOTHING, HANGS = "4000009900000038", "4000009900000079", "4000009900000020"


@frozen
class Ended:
    exit_code: int
    out: str
    err: str

    @property
    def documents(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


def pgw(*arguments: str, database: Path) -> Ended:
    without_settings = dict.fromkeys(name for name in os.environ if name.startswith("PGW_"))
    # How the tests log is not the command's to say; what a command logs is no line of its own.
    with ExitStack() as patches:
        for name in SPOKEN:
            patches.enter_context(patch(name))
        ended = CliRunner().invoke(main, [*arguments, "--database", str(database)], env=without_settings)
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    return Ended(ended.exit_code, ended.stdout, ended.stderr)


def reconciled(database: Path, bank: Simulator, *arguments: str) -> Ended:
    return pgw("reconcile", "--bank-url", bank.url, *arguments, database=database)


def book_at(bank: Simulator, reference: str | None, **changes: Any) -> None:
    """Book behind the gateway's back."""
    card = {"card_number": "4242424242424242", "expiry_date": "12/2034", "cvv": "123"}
    headers = {} if reference is None else {"Idempotency-Key": reference}
    body = card | {"currency": "EUR", "amount": 1050} | changes
    assert httpx.post(f"{bank.url}/payments", json=body, headers=headers).json()["authorized"]
