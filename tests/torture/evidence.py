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
from trio_websocket import open_websocket_url

from tests.end_to_end.programs import PROJECT, environment_without_settings
from tests.torture.children import within
from tests.torture.orders import MERCHANTS
from tests.torture.world import World

LOG_OF_BUGS = ('"ActorCrashed"', '"RequestFailed"', '"ConnectionFailed"', '"critical"', "Traceback")
STREAM_SECONDS = 60.0
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
    """`streams` are the frames by merchant, `bookings` the bank's ledger, `reconciled` lines of JSON."""

    payments: Sequence[StoredPayment]
    streams: Mapping[str, Sequence[Mapping[str, Any]]]
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


async def gather(world: World) -> Evidence:
    """Gather it while both run, once every job is terminal."""
    async with httpx.AsyncClient(timeout=30) as client:
        bookings = (await client.get(f"{world.bank_url}/ledger")).json()["bookings"]
    status, reconciled = await _reconcile(world)
    log = world.gateway_log.read_text(errors="replace").splitlines()
    return Evidence(
        payments=[StoredPayment(*row) for row in rows(world.database, _PAYMENTS)],
        streams={merchant: await _stream(world, key, merchant) for key, merchant in MERCHANTS.items()},
        bookings=bookings,
        reconcile_status=status,
        reconciled=reconciled,
        bugs=[line for line in log if any(word in line for word in LOG_OF_BUGS)],
    )


async def _stream(world: World, api_key: str, merchant_id: str) -> Sequence[Mapping[str, Any]]:
    """Read a merchant's stream from its first event to the last that the file has."""
    select = f"SELECT max(seq) FROM events WHERE merchant_id = '{merchant_id}'"
    ((last,),) = rows(world.database, select)
    url = f"{world.gateway_url.replace('http', 'ws', 1)}/jobs/stream?after=0"
    headers = [(b"Authorization", f"Bearer {api_key}".encode())]
    frames: list[Mapping[str, Any]] = []
    with within(STREAM_SECONDS, "Reading the stream"):
        async with open_websocket_url(url, extra_headers=headers) as stream:
            assert json.loads(await stream.get_message())["type"] == "stream.ready"
            while last and (not frames or frames[-1]["seq"] < last):
                frames.append(json.loads(await stream.get_message()))
    return frames


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
