"""A database that somebody wrote who has the file but not the secret, as it is verified and as it goes on."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from shutil import copy

import pytest
from attrs import evolve
from structlog.testing import capture_logs

from pgw.audit.verification import KeptHead, Walked, Wrong
from pgw.domain.delivery import DeliveryStatus
from pgw.storage.sqlite import open_storage
from tests.merchants import a_merchant
from tests.storage.conftest import Changes
from tests.storage.test_timeline import telling
from tests.storage.test_webhooks import FAR, LATER, an_endpoint, tried
from tests.timeline import TIMELINE_KEY, verified, verified_on

ENTRIES, TRIED = 11, 11
# (what is done, what is found then, and at which entry)
TAMPERING = {
    "a payment": ("UPDATE timeline SET payment_id = 'pay_000009' WHERE number = 4", Wrong.CHANGED, 4),
    "a job": ("UPDATE timeline SET job_id = 'job_000009' WHERE number = 1", Wrong.CHANGED, 1),
    "a fact": (
        "UPDATE timeline SET document = json_set(document, '$.facts.attempt', 7) WHERE number = 7",
        *(Wrong.CHANGED, 7),
    ),
    "white space": ("UPDATE timeline SET document = document || ' ' WHERE number = 3", Wrong.CHANGED, 3),
    "an end behind a NUL": (
        "UPDATE timeline SET document = document || char(0) || 'x' WHERE number = 3",
        *(Wrong.CHANGED, 3),
    ),
    "what is no Unicode": (
        "UPDATE timeline SET payment_id = CAST(payment_id || x'ff' AS TEXT) WHERE number = 3",
        *(Wrong.CHANGED, 3),
    ),
    "a hash": ("UPDATE timeline SET hash = printf('%064d', 7) WHERE number = 10", Wrong.CHANGED, 10),
    "who sealed it": ("UPDATE timeline SET sealed_by = 'ffffffff' WHERE number = 2", Wrong.CHANGED, 2),
    "a try of a webhook": (
        (
            "UPDATE timeline SET document = replace(document, '500', '200') "
            "WHERE document->>'what' = 'webhookTried'"
        ),
        *(Wrong.CHANGED, TRIED),
    ),
    "one removed": ("DELETE FROM timeline WHERE number = 5", Wrong.MISSING, 5),
    "the first removed": ("DELETE FROM timeline WHERE number = 1", Wrong.MISSING, 1),
    "two swapped": (
        (
            "UPDATE timeline SET number = 99 WHERE number = 5; UPDATE timeline SET number = 5 "
            "WHERE number = 6; UPDATE timeline SET number = 6 WHERE number = 99"
        ),
        *(Wrong.OUT_OF_ORDER, 5),
    ),
    "all moved up": (
        "UPDATE timeline SET number = -number; UPDATE timeline SET number = 1 - number",
        *(Wrong.OUT_OF_ORDER, 1),
    ),
    "a tail cut off": ("DELETE FROM timeline WHERE number > 8", Wrong.CUT_OFF, 9),
    "all cut off": ("DELETE FROM timeline", Wrong.CUT_OFF, 1),
    "a tail cut off, and the head set to what is left": (
        (
            "DELETE FROM timeline WHERE number > 8; UPDATE timeline_head SET (number, hash) = "
            "(SELECT number, hash FROM timeline WHERE number = 8)"
        ),
        *(Wrong.HEAD_REPLACED, 9),
    ),
    "all cut off, and the head as in a new database": (
        (
            "DELETE FROM timeline; "
            "UPDATE timeline_head SET number = 0, hash = printf('%064d', 0), sealed_by = '', seal = ''"
        ),
        *(Wrong.NEVER_BEGUN, 1),
    ),
    "the head's seal": ("UPDATE timeline_head SET seal = printf('%064d', 7)", Wrong.HEAD_REPLACED, 12),
    "the head's hash": ("UPDATE timeline_head SET hash = printf('%064d', 7)", Wrong.HEAD_REPLACED, 12),
    "the head removed": ("DELETE FROM timeline_head", Wrong.HEAD_REPLACED, 12),
    "a tail cut off, and the head as under another secret": (
        (
            "DELETE FROM timeline WHERE number > 8; UPDATE timeline_head SET (number, hash, sealed_by) = "
            "(SELECT number, hash, 'ffffffff' FROM timeline WHERE number = 8)"
        ),
        *(Wrong.HEAD_REPLACED, 9),
    ),
    "the head put back": (
        ("UPDATE timeline_head SET (number, hash) = (SELECT number, hash FROM timeline WHERE number = 8)"),
        *(Wrong.HEAD_REPLACED, 9),
    ),
    "one added": (
        (
            "INSERT INTO timeline SELECT 12, payment_id, job_id, document, sealed_by, hash FROM timeline "
            "WHERE number = 11"
        ),
        *(Wrong.CHANGED, 12),
    ),
    "one added, and the head with it": (
        (
            "INSERT INTO timeline SELECT 12, payment_id, job_id, document, sealed_by, hash FROM timeline "
            "WHERE number = 11; UPDATE timeline_head SET number = 12"
        ),
        *(Wrong.CHANGED, 12),
    ),
}


@pytest.fixture
async def path(tmp_path: Path, changes: Changes) -> Path:
    """Return a database of five payments of two entries each, and a webhook that was tried in vain."""
    path = tmp_path / "pgw.db"
    async with open_storage(path, lambda _: None) as storage:
        await storage.resume_timeline(TIMELINE_KEY)
        await storage.add_merchant(a_merchant())
        await storage.add_endpoint(an_endpoint())
        for _ in range(5):
            await storage.write(telling(changes.accepted()))
        due, *_ = (await storage.due_deliveries("whe_b", LATER, FAR, limit=9)).deliveries
        made = tried(due, DeliveryStatus.PENDING, 1, status_code=500)
        await storage.record_try(evolve(made, payment_id="pay_000001", job_id="job_000001"))
    return path


@pytest.fixture
def forger(path: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection of somebody who lets nothing of the database's own stand in his way."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(
            "PRAGMA ignore_check_constraints = ON; "
            "DROP TRIGGER what_happened_stands; DROP TRIGGER what_happened_is_kept"
        )
        yield connection


def found(walked: Walked) -> tuple[Wrong, int]:
    return walked.faults[0].wrong, walked.faults[0].number


async def test_what_nobody_touched_is_whole(path: Path) -> None:
    async with open_storage(path, lambda _: None) as storage:
        walked = await verified(storage)
        assert ((), ENTRIES) == (walked.faults, walked.verified)


@pytest.mark.parametrize(("script", "wrong", "number"), TAMPERING.values(), ids=TAMPERING)
async def test_it_is_found_and_stays_found_when_the_gateway_goes_on(
    script: str, wrong: Wrong, number: int, path: Path, forger: sqlite3.Connection
) -> None:
    forger.executescript(script)
    assert (wrong, number) == found(verified_on(forger))
    forger.close()
    changes = Changes(first=100)
    # Behind what is sound nothing is wrong but that the head was put back, so the hole is where it goes on.
    stays = TRIED + 1 if script == TAMPERING["the head put back"][0] else number
    async with open_storage(path, lambda _: None) as storage:
        with capture_logs() as lines:
            await storage.resume_timeline(TIMELINE_KEY)
        # At opening no more is looked at than the end.
        is_at_the_end = number > TRIED or wrong in (Wrong.CUT_OFF, Wrong.HEAD_REPLACED)
        assert is_at_the_end <= ("TimelineDamaged" in [line["event"] for line in lines])
        if wrong is Wrong.NEVER_BEGUN:
            return  # as in a database that was made anew: found by a head that was kept
        for _ in range(3):
            await storage.write(telling(changes.accepted()))
        assert stays == found(await verified(storage))[1]
    async with open_storage(path, lambda _: None) as storage:
        assert stays == found(await verified(storage))[1]


async def test_a_database_that_was_put_back_is_found_by_a_head_that_was_kept(
    path: Path, tmp_path: Path
) -> None:
    backup, changes = tmp_path / "backup.db", Changes(first=100)
    copy(path, backup)
    async with open_storage(path, lambda _: None) as storage:
        await storage.resume_timeline(TIMELINE_KEY)
        await storage.write(telling(changes.accepted()))
        walked = await verified(storage)
        kept = KeptHead(walked.number, walked.hash)
    copy(backup, path)
    async with open_storage(path, lambda _: None) as storage:
        await storage.resume_timeline(TIMELINE_KEY)
        assert () == (await verified(storage)).faults
        assert (Wrong.NOT_THE_HEAD_KEPT, 12) == found(await verified(storage, kept))
        await storage.write(telling(changes.accepted(), 8, 9))
        assert () == (await verified(storage)).faults
        assert (Wrong.NOT_THE_HEAD_KEPT, kept.number) == found(await verified(storage, kept))


async def test_what_happened_is_neither_changed_nor_removed_by_a_mistake_of_ours(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in ("UPDATE timeline SET number = 99 WHERE number = 1", "DELETE FROM timeline"):
            with pytest.raises(sqlite3.IntegrityError, match="what happened"):
                connection.execute(statement)
