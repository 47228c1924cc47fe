"""What there is to judge by: the gateway's event log, its deliveries, and what was received."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from tests.torture.evidence import LOG_OF_BUGS
from tests.webhook_torture.documents import COLUMNS, document_of
from tests.webhook_torture.world import MERCHANT, Endpoint

_DELIVERIES = "SELECT seq, endpoint_id, status, tries FROM webhook_deliveries WHERE merchant_id = ?"
_TRIES = """
    SELECT seq, endpoint_id, number, status_code FROM webhook_tries WHERE merchant_id = ?
    ORDER BY seq, endpoint_id, number
"""
_UNFINISHED = """
    SELECT (SELECT count(*) FROM jobs WHERE status = 'Created'),
        (SELECT count(*) FROM webhook_deliveries WHERE status = 'Pending')
"""


@frozen
class Event:
    """An entry of the log; the document is what a webhook must say of it. `at` is in milliseconds."""

    seq: int
    type: str
    at: int
    payment_id: str
    reference: str
    document: Mapping[str, Any]


@frozen
class Stored:
    """A delivery as the gateway's file has it: each try's number and the status of its answer, if any."""

    seq: int
    endpoint_id: str
    status: str
    count: int
    tries: Sequence[tuple[int, int | None]]


@frozen
class Received:
    """A request as it came; `place` is where among all, `at` in milliseconds since 1970."""

    place: int
    path: str
    at: int
    id: str
    timestamp: str
    signature: str
    content_type: str
    body: str
    status: int | None
    """What was answered; None for no answer."""


@frozen
class Evidence:
    """`accepted` are references that were answered 202; `kills` are times in milliseconds since 1970."""

    endpoints: Sequence[Endpoint]
    events: Mapping[int, Event]
    deliveries: Sequence[Stored]
    requests: Sequence[Received]
    malformed: Sequence[str]
    accepted: frozenset[str]
    kills: Sequence[int]
    bugs: Sequence[str]


def gather(
    folder: Path, endpoints: Sequence[Endpoint], accepted: frozenset[str], kills: Sequence[int]
) -> Evidence:
    """Read the files; who wrote them may still run."""
    lines = lines_of(folder / "received")
    log = (folder / "gateway.log").read_text(errors="replace").splitlines()
    database = folder / "pgw.db"
    return Evidence(
        endpoints=endpoints,
        events={event.seq: event for event in _events(database)},
        deliveries=list(_deliveries(database)),
        requests=list(requests_of(lines)),
        malformed=[line["malformed"] for line in lines if "malformed" in line],
        accepted=accepted,
        kills=kills,
        bugs=[line for line in log if any(word in line for word in LOG_OF_BUGS)],
    )


def lines_of(received: Path) -> Sequence[Mapping[str, Any]]:
    return [json.loads(line) for line in received.read_bytes().splitlines()]


def unfinished(database: Path) -> tuple[int, int]:
    """Return how many jobs are open, and how many deliveries pending."""
    ((jobs, deliveries),) = _rows(database, _UNFINISHED)
    return jobs, deliveries


def _events(database: Path) -> Iterator[Event]:
    for row in _rows(database, COLUMNS, MERCHANT):
        yield Event(
            seq=row["seq"],
            type=row["type"],
            at=row["occurred_at"],
            payment_id=row["payment_id"],
            reference=row["reference"],
            document=document_of(dict(row)),
        )


def _deliveries(database: Path) -> Iterator[Stored]:
    tries: dict[tuple[int, str], list[tuple[int, int | None]]] = {}
    for seq, endpoint_id, number, status_code in _rows(database, _TRIES, MERCHANT):
        tries.setdefault((seq, endpoint_id), []).append((number, status_code))
    for seq, endpoint_id, status, count in _rows(database, _DELIVERIES, MERCHANT):
        yield Stored(seq, endpoint_id, status, count, tries.get((seq, endpoint_id), []))


def requests_of(lines: Sequence[Mapping[str, Any]]) -> Iterator[Received]:
    """Yield them with their bodies, which are written only where they are not those of the try before."""
    bodies: dict[tuple[str, str], str] = {}
    for place, line in enumerate(line for line in lines if "path" in line):
        webhook_id, timestamp, signature, content_type = line["headers"]
        name = line["path"], webhook_id
        if line["body"] is not None:
            bodies[name] = line["body"]
        yield Received(
            place=place,
            path=line["path"],
            at=line["at"],
            id=webhook_id,
            timestamp=timestamp,
            signature=signature,
            content_type=content_type,
            body=bodies[name],
            status=int(line["reply"]) if line["reply"].isdigit() else None,
        )


def _rows(database: Path, statement: str, *values: object) -> list[sqlite3.Row]:
    with contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute(statement, values).fetchall()
