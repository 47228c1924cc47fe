"""Bugs and card data are found in the log and in files, and digits that are there by chance are not."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz import evidence
from tests.fuzz.canary import CARD, CVV

LINE = {"Timestamp": "2026-11-25T17:39:17.739100Z", "Level": "info", "Message": "Request", "StatusCode": 200}


def line(**changes: Any) -> str:
    return json.dumps({**LINE, **changes}, separators=(",", ":")) + "\n"


@pytest.mark.parametrize(
    ("kind", "logged"),
    [
        ("bug in log", line(Level="error", Message="RequestFailed", exception="…")),
        ("bug in log", "Traceback (most recent call last):\n"),
        ("status 5xx in log", line(StatusCode=500)),
        ("status 5xx in log", line(StatusCode=502, Code="UnsupportedHttpVersion")),
        ("leak in log", line(RequestPath=f"/payments/{CARD}")),
        ("leak in log", line(RequestId=CARD)),
        ("leak in log", line(Body={"card": {"cvv": CVV}})),
        ("leak in log", line(Body={"card": {"cvv": int(CVV)}})),
        ("leak in log", line(exception=f"ValueError: {CVV}\n")),
        ("leak in log", f"panic: {CVV}\n"),
    ],
)
def test_what_must_not_be_logged_is_found(kind: str, logged: str) -> None:
    assert [kind] == [found.kind for found in evidence.of_log([line(), logged])]


@pytest.mark.parametrize(
    "logged",
    [
        line(),
        line(StatusCode=503),
        line(StatusCode=505, Code="UnsupportedHttpVersion"),
        line(Level="error", Message="PaymentFlagged"),
        # What the caller asked for, and what was measured.
        line(RequestPath=f"/jobs/{CVV}", RequestId=CVV, Elapsed=float(CVV)),
    ],
)
def test_what_may_be_logged_is_left_alone(logged: str) -> None:
    assert [] == list(evidence.of_log([logged]))


@pytest.mark.parametrize("value", [CARD, int(CARD), f"cvv {CVV}", CARD.encode().hex()])
def test_card_data_in_the_log_of_a_database_is_found_before_it_is_in_the_database(
    tmp_path: Path, value: object
) -> None:
    database = tmp_path / "pgw.db"
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE notes (note)")
    connection.commit()
    assert [] == list(evidence.of_files(database))
    connection.execute("INSERT INTO notes VALUES (?)", (value,))
    connection.commit()
    assert ["leak in pgw.db-wal"] == [found.kind for found in evidence.of_files(database)]
    connection.close()
    assert ["leak in pgw.db"] == [found.kind for found in evidence.of_files(database)]
