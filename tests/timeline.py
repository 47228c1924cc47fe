"""A key of the timeline's chain, for storage that is opened in tests, and the chain verified under it."""

import sqlite3

from pgw.audit.chain import ChainKey
from pgw.audit.verification import KeptHead, Walked
from pgw.storage import timeline
from pgw.storage.timeline_port import TimelineStorage

TIMELINE_KEY = b"a timeline's key of 32 bytes ..."
PAGE = 7


async def verified(
    storage: TimelineStorage, kept: KeptHead | None = None, key: bytes = TIMELINE_KEY, page: int = PAGE
) -> Walked:
    """Walk the chain of an open storage to its end."""
    walked = Walked(ChainKey(key), kept)
    while not walked.is_over:
        walked = walked.over(await storage.chain_page(walked.number, page))
    return walked


def verified_on(connection: sqlite3.Connection, key: bytes = TIMELINE_KEY) -> Walked:
    """Walk the chain of a database that nobody works on."""
    walked = Walked(ChainKey(key))
    while not walked.is_over:
        walked = walked.over(timeline.page(connection, walked.number, 1000))
    return walked
