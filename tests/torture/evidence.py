"""What there is to judge by: the gateway's file, its stream, the bank's ledger, and the reconciliation."""

import contextlib
import json
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import trio
from attrs import frozen

from tests.end_to_end.programs import PROJECT, environment_without_settings
from tests.torture.listeners import Frame, Listener, read_all
from tests.torture.orders import MERCHANTS
from tests.torture.world import World

LOG_OF_BUGS = ('"ActorCrashed"', '"RequestFailed"', '"ConnectionFailed"', '"critical"', "Traceback")
_PAYMENTS = """
    SELECT payments.id, payments.merchant_id, payments.status, payments.amount, payments.currency,
        payments.captured, payments.card_last_four, payments.reference, payments.decline_code,
        jobs.id, jobs.status, jobs.failure_code, attempts.reference, attempts.outcome
    FROM payments LEFT JOIN jobs ON jobs.payment_id = payments.id
        LEFT JOIN attempts ON attempts.job_id = jobs.id
"""


@frozen
class StoredPayment:
    """A row of the gateway's file. `key` is the merchant's reference, which clients set to their key."""

    payment_id: str
    merchant_id: str
    status: str
    amount: int
    currency: str
    captured: int
    last_four: str
    key: str
    decline_code: str | None
    job_id: str
    job_status: str
    failure_code: str | None
    reference: str
    """What the bank knows it by."""
    outcome: str

    @property
    def name(self) -> tuple[str, str]:
        return self.merchant_id, self.key


@frozen
class Evidence:
    """`bookings` are the bank's ledger, `reconciled` lines of JSON."""

    payments: Sequence[StoredPayment]
    streams: Mapping[str, Sequence[Frame]]
    """By merchant, all that its stream tells at the end."""
    heard: Mapping[str, Sequence[Frame]]
    """By merchant, all that it told over the gateway's lives, resumed after each."""
    bookings: Sequence[Mapping[str, Any]]
    reconcile_status: int
    reconciled: Sequence[Mapping[str, Any]]
    bugs: Sequence[str]


def rows(database: Path, statement: str) -> list[tuple[Any, ...]]:
    """Read the file beside the gateway, read-only."""
    with contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute(statement).fetchall()


def faults_of_the_file(database: Path) -> Sequence[str]:
    integrity = [text for (text,) in rows(database, "PRAGMA integrity_check") if text != "ok"]
    return [*integrity, *(f"broken reference: {row}" for row in rows(database, "PRAGMA foreign_key_check"))]


async def gather(world: World, listeners: Sequence[Listener]) -> Evidence:
    """Gather it while both run, once every job is terminal."""
    async with httpx.AsyncClient(timeout=30) as client:
        bookings = (await client.get(f"{world.bank_url}/ledger")).json()["bookings"]
    status, reconciled = await _reconcile(world)
    told = {MERCHANTS[one.api_key]: await _stream(world, one, MERCHANTS[one.api_key]) for one in listeners}
    log = world.gateway_log.read_text(errors="replace").splitlines()
    return Evidence(
        payments=[StoredPayment(*row) for row in rows(world.database, _PAYMENTS)],
        streams={merchant: stored for merchant, (stored, _) in told.items()},
        heard={merchant: heard for merchant, (_, heard) in told.items()},
        bookings=bookings,
        reconcile_status=status,
        reconciled=reconciled,
        bugs=[line for line in log if any(word in line for word in LOG_OF_BUGS)],
    )


async def _stream(world: World, listener: Listener, merchant_id: str) -> tuple[Sequence[Frame], ...]:
    """Return what is told of a merchant from the first event on, and what its listener was told."""
    newest = f"SELECT coalesce(max(seq), 0) FROM events WHERE merchant_id = '{merchant_id}'"
    ((last,),) = rows(world.database, newest)
    await listener.caught_up(last)
    return await read_all(world.gateway_url, listener.api_key, last), listener.frames


async def _reconcile(world: World) -> tuple[int, Sequence[Mapping[str, Any]]]:
    command = ["pgw", "reconcile", "--json", "--database", str(world.database), "--bank-url", world.bank_url]
    ended = await trio.run_process(
        [sys.executable, "-m", *command],
        cwd=PROJECT,
        env=environment_without_settings(),
        stdin=subprocess.DEVNULL,
        capture_stdout=True,
        capture_stderr=True,
        check=False,
    )
    (world.folder / "reconcile.log").write_bytes(ended.stdout + ended.stderr)
    lines = ended.stdout.decode().splitlines()
    return ended.returncode, [json.loads(line, parse_float=Decimal) for line in lines]
