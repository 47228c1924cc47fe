"""The process's limit of open files, which connections to clients and banks share with the database."""

import resource
from contextlib import suppress

import structlog

OURS = 256  # the database's, the log, the operator's socket, and connections that are being refused or closed
FEWEST_CONNECTIONS = 16
_log = structlog.get_logger()


def raise_limit() -> None:
    """Raise the soft limit, which is often 1,024, to the hard one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):  # where the hard one is none, the system may have one of its own
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def connections_within(wanted: int, *, bank_concurrency: int) -> int:
    """Return how many connections of clients there may be: as wanted, if the limit has room for them."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY or wanted <= limit - bank_concurrency - OURS:
        return wanted
    most = max(FEWEST_CONNECTIONS, limit - bank_concurrency - OURS)
    _log.warning("ConnectionsLimited", Wanted=wanted, Most=min(wanted, most), OpenFiles=limit)
    return min(wanted, most)
