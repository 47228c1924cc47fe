"""The limit of open files, which connections to clients, banks and endpoints share with the database."""

import resource
from contextlib import suppress

import structlog

# The database's, the log, the operator's socket, look-ups of names, and connections that are being closed.
OURS = 288
FEWEST_CONNECTIONS = 16
_log = structlog.get_logger()


def raise_limit() -> None:
    """Raise the soft limit, which is often 1,024, to the hard one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):  # where the hard one is none, the system may have one of its own
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def connections_within(wanted: int, *, beside: int) -> int:
    """Return how many connections of clients there may be: as wanted, if the limit has room for them.

    There may be as many as `beside` to banks and to merchants' endpoints.
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY or wanted <= limit - beside - OURS:
        return wanted
    most = max(FEWEST_CONNECTIONS, limit - beside - OURS)
    _log.warning("ConnectionsLimited", Wanted=wanted, Most=min(wanted, most), OpenFiles=limit)
    return min(wanted, most)
