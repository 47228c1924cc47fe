"""Where the operator's socket is: beside the database, links followed, as its lock is."""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# Of `sun_path` in unix(7), where 0 ends it; some systems have a little less than Linux's 108.
LONGEST_ADDRESS = 103
BACKLOG = 16
ONLY_ITS_OWNER = 0o177


class CannotOpenControl(Exception):
    """The operator's socket cannot be made; the message is one sentence for the operator."""


def control_path(database: Path) -> Path:
    return Path(f"{database.resolve()}.control")


@contextmanager
def short_address(path: Path) -> Iterator[str]:
    """Give a name of the path that fits into a socket's address, by its folder's descriptor where need be.

    Raises `OSError`.
    """
    if len(os.fsencode(path)) <= LONGEST_ADDRESS:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


@contextmanager
def bound(path: Path) -> Iterator[socket.socket]:
    """Listen at the path, and remove it at the end. Only who holds the database's lock may do so.

    Raises `CannotOpenControl`.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        try:
            _remove_stale(path)
            with short_address(path) as address:
                _bind(listener, address)
            listener.listen(BACKLOG)
        except OSError as error:
            reason = error.strerror or str(error)
            raise CannotOpenControl(f"The operator's socket {path} cannot be made: {reason}.") from error
        try:
            yield listener
        finally:
            with suppress(OSError):
                path.unlink()


def _remove_stale(path: Path) -> None:
    """Remove what a killed process left, and nothing else that has the name."""
    with suppress(FileNotFoundError):
        if stat.S_ISSOCK(path.lstat().st_mode):
            path.unlink()


def _bind(listener: socket.socket, address: str) -> None:
    before = os.umask(ONLY_ITS_OWNER)
    try:
        listener.bind(address)
    finally:
        os.umask(before)
