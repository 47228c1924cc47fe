"""The gateway's secret, for fingerprints of requests and hashes of keys: read from its file, or made once."""

import hmac
import os
import stat
from contextlib import suppress
from pathlib import Path

import structlog

from pgw.ports import Randomness

SECRET_BITS = 256
SHORTEST_BYTES = 32
LARGEST_BYTES = 4096
OF_API_KEYS = "pgw api keys 1"
OF_TIMELINE = "pgw timeline 1"
OF_WEBHOOKS = "pgw webhooks 1"
_LINE_END = b"\r\n"
_log = structlog.get_logger()


class CannotUseSecret(Exception):
    """The secret file cannot be used as it is; the message is one sentence for the operator."""


def is_there(given: Path | None, database: Path) -> bool:
    """Tell whether there is a secret file, or one is to be made."""
    return given is not None or _beside(database).exists()


def _beside(database: Path) -> Path:
    return Path(f"{database.resolve()}.secret")


def read_secret(given: Path | None, database: Path, randomness: Randomness) -> bytes:
    """Return what the secret file holds, but for an end of line behind it.

    Where none is given it lies beside the database, links followed, and is made at the first start. Raises
    `CannotUseSecret`.
    """
    path = given or _beside(database)
    try:
        if given is None and not path.exists():
            _make(path, f"{randomness.bits(SECRET_BITS):0{SECRET_BITS // 4}x}\n", randomness)
            _log.info("SecretMade", Path=str(path))
        secret = _content(path).rstrip(_LINE_END)
    except OSError as error:
        raise CannotUseSecret(f"The secret file {path} cannot be used: {error.strerror}.") from error
    if len(secret) < SHORTEST_BYTES:
        found = f"holds fewer than {SHORTEST_BYTES} bytes" if secret else "is empty"
        raise CannotUseSecret(f"The secret file {path} {found}.")
    return secret


def derived(secret: bytes, purpose: str) -> bytes:
    """Return a secret for one purpose alone, of which nothing is learnt from another one's.

    It is HKDF's second step, its first block (RFC 5869, section 2.3). The secret itself makes fingerprints of
    requests, which are hashes of JSON and so never of a purpose.
    """
    return hmac.digest(secret, purpose.encode() + b"\x01", "sha256")


def _content(path: Path) -> bytes:
    """Return the file's content. Opened without waiting, since a pipe may have nobody at its other end."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise CannotUseSecret(f"The secret file {path} is no regular file.")
        if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise CannotUseSecret(f"The secret file {path} is open to others than its owner; use chmod 600.")
        if status.st_size > LARGEST_BYTES:
            raise CannotUseSecret(f"The secret file {path} holds more than {LARGEST_BYTES} bytes.")
        return os.read(descriptor, LARGEST_BYTES)
    finally:
        os.close(descriptor)


def _make(path: Path, content: str, randomness: Randomness) -> None:
    """Make the file whole or not at all, durably; one that somebody made meanwhile is left as it is."""
    temporary = Path(f"{path}.{randomness.bits(64):016x}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            os.fchmod(descriptor, 0o600)  # whatever the process's mask takes away
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        with suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        temporary.unlink()
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
