"""The chain of the timeline's entries, as the writer goes on with it. Used on the writer's thread alone."""

import sqlite3
from collections.abc import Sequence

import structlog
from attrs import define, frozen

from pgw.audit.chain import FIRST_HASH, ChainKey
from pgw.domain.timeline import ChainHead
from pgw.storage.disk_errors import raise_where_lost
from pgw.storage.port import StorageLost
from pgw.storage.rows import to_write
from pgw.storage.timeline_rows import EntryRow

_HEAD = "SELECT number, hash, sealed_by, seal FROM timeline_head"
_LAST = "SELECT number, hash, sealed_by, '' FROM timeline ORDER BY number DESC LIMIT 1"
_BEGIN = "UPDATE timeline_head SET sealed_by = ?, seal = ?"
_NOTHING_SEALED = ChainHead(0, FIRST_HASH, "", "")
_EFFECT = "`pgw audit verify` names the first bad entry. What is written from now on stands behind it."
_log = structlog.get_logger()


@frozen
class Link:
    """Where the chain is: the number and the hash of the newest entry."""

    number: int = 0
    hash: str = FIRST_HASH


@define(eq=False)
class Chain:
    """Seals what is written. Its `newest` is ahead of the database until that has committed.

    Whoever writes takes it back where nothing was written. Without a key it takes no entries.
    """

    key: ChainKey | None = None
    newest: Link = Link()

    def seal(self, entries: Sequence[EntryRow]) -> tuple[str, str] | None:
        """Return the rows of entries, and that of the head behind them, as JSON; None where there are none.

        Raises `UnicodeEncodeError`, and is where it was then.
        """
        if not entries:
            return None
        key, number, newest = self.key, self.newest.number, self.newest.hash
        assert key is not None, "an entry of the timeline is written before `resume_timeline`"
        rows = []
        for number, (payment_id, job_id, document) in enumerate(entries, number + 1):  # noqa: B020
            newest = key.hash_of(newest, number, payment_id, job_id, document)
            rows.append((number, payment_id, job_id, document, key.fingerprint, newest))
        self.newest = Link(number, newest)
        return to_write(rows), to_write([number, newest, key.fingerprint, key.seal_of(number, newest)])

    def has_committed(self, connection: sqlite3.Connection, before: Link, error: Exception) -> bool:
        """Tell whether a write of entries that reported an error took place, and be where that leaves it.

        Raises `StorageLost` where that cannot be known.
        """
        if self.newest == before:
            return False
        raise_where_lost(error)
        try:
            head = None if connection.in_transaction else _head(connection)
        except sqlite3.Error as unreadable:
            raise StorageLost(f"whether entries were committed cannot be read: {unreadable}") from error
        if head is None:
            raise StorageLost("whether entries were committed cannot be known") from error
        if head.hash == self.newest.hash:
            return True
        self.newest = before
        return False


def resume(connection: sqlite3.Connection, key: ChainKey) -> Chain:
    """Go on from the head. A hole stays a hole: where entries are missing at the end they are for ever.

    Where the head is not what was left, a number is left out, so that there is a hole for ever too.
    """
    head, last = _head(connection), _last(connection)
    if head == _NOTHING_SEALED and not last.number:
        connection.execute(_BEGIN, [key.fingerprint, key.seal_of(0, FIRST_HASH)])
        _log.info("TimelineBegun", SealedBy=key.fingerprint)
        return Chain(key)
    damage = "Its head is missing." if head is None else _damage(head, last, key)
    if damage is not None:
        _log.critical("TimelineDamaged", Reason=damage, Effect=_EFFECT)
    if head is not None and (damage is None or _is_told_by_the_rows(head, last, key)):
        return Chain(key, Link(head.number, head.hash))
    return Chain(key, Link(last.number + 1, FIRST_HASH))


def _damage(head: ChainHead, last: ChainHead, key: ChainKey) -> str | None:
    if head.number > last.number:
        return f"Entries {last.number + 1} to {head.number} are missing."
    if head.number < last.number:
        return f"Its head says {head.number}, and there are entries up to {last.number}."
    if head.hash != last.hash:
        return f"Its head is not of entry {head.number}, the newest one."
    if _is_under_another_secret(head, last, key):
        return f"It was sealed under another secret, {head.sealed_by}, up to entry {head.number}."
    if head.sealed_by != key.fingerprint or head.seal != key.seal_of(head.number, head.hash):
        return "Its head was replaced."
    return None


def _is_told_by_the_rows(head: ChainHead, last: ChainHead, key: ChainKey) -> bool:
    """Tell whether what is wrong will be seen in the rows themselves, whatever stands behind them."""
    return head.number > last.number or _is_under_another_secret(head, last, key)


def _is_under_another_secret(head: ChainHead, last: ChainHead, key: ChainKey) -> bool:
    """Tell whether the secret was lost, which head and entry say alike, from a head that was replaced."""
    is_last = (head.number, head.hash) == (last.number, last.hash)
    return is_last and head.sealed_by not in {"", key.fingerprint} and last.sealed_by in {"", head.sealed_by}


def _head(connection: sqlite3.Connection) -> ChainHead | None:
    found = connection.execute(_HEAD).fetchone()
    return ChainHead(*found) if found else None


def _last(connection: sqlite3.Connection) -> ChainHead:
    """Return what the newest entry says, in the shape of a head without a seal."""
    found = connection.execute(_LAST).fetchone()
    return ChainHead(*found) if found else _NOTHING_SEALED
