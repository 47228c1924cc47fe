import structlog

from pgw.storage import database

_log = structlog.get_logger()


class LogSize:
    """Says it, once, when the write-ahead log stays past its bound, and once when that is over."""

    def __init__(self) -> None:
        self.pages = 0
        self._is_past_bound = False

    def tell(self, pages: int) -> None:
        """Take note of how many pages the log has after a checkpoint."""
        self.pages = pages
        was_past_bound, self._is_past_bound = self._is_past_bound, pages > database.LARGEST_LOG_PAGES
        if self._is_past_bound and not was_past_bound:
            effect = "It grows until a long read of another program ends."
            _log.warning("LogPastItsBound", Pages=pages, Bound=database.LARGEST_LOG_PAGES, Effect=effect)
        elif was_past_bound and not self._is_past_bound:
            _log.info("LogWithinItsBound", Pages=pages)
