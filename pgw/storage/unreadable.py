from collections.abc import Sequence

import structlog

from pgw.storage.port import Change
from pgw.storage.rows import RowUnreadable

MOST_KEPT = 10_000
_log = structlog.get_logger()


class UnreadableJobs:
    """Jobs whose rows cannot be read: one of them must not keep all others from being taken up."""

    def __init__(self) -> None:
        # A dictionary without values: a set that keeps its order.
        self._ids: dict[str, None] = {}

    @property
    def ids(self) -> Sequence[str]:
        return list(self._ids)

    def sift(self, found: Sequence[Change | RowUnreadable]) -> list[Change]:
        """Return what can be read; say of each other one that it cannot, and remember it."""
        for row in found:
            if isinstance(row, RowUnreadable):
                _log.error("RowUnreadable", JobId=row.id, exc_info=row)
                if len(self._ids) < MOST_KEPT:
                    self._ids[row.id] = None
        return [change for change in found if isinstance(change, Change)]
