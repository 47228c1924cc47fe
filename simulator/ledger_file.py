"""The ledger on disk: lines that are only ever appended, each under a checksum of all before it."""

import fcntl
import os
import re
import secrets
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from simulator.records import Record, read_record, write_record

MAGIC = b"bank-simulator-ledger 1 "
"""How the first line begins; the key of the fingerprints follows."""
HEAD_BYTES = 100
"""More than the first line has: a file of something else may have no line at all."""
FIRST_LINE = re.compile(MAGIC + rb"([0-9a-f]{64})\n")


class LedgerFileError(Exception):
    """The file cannot be used; the message is a sentence for the operator."""


class LedgerFile:
    """Owned by one process at a time. Read it to its end before appending."""

    def __init__(self, path: Path) -> None:
        """Open the file, or begin it. Raises LedgerFileError."""
        self._path = path
        with self._explained("open"):
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._file = os.fdopen(descriptor, "rb")
        with ExitStack() as on_error:
            on_error.callback(self._file.close)
            self._lock()
            head = self._read_head()
            self._checksum = zlib.crc32(head)
            self.fingerprint_key = self._read_key(head)
            on_error.pop_all()

    def records(self) -> Iterator[Record]:
        """Read all that was written, and drop a last line that a death cut short. Raises LedgerFileError."""
        end = self._file.tell()
        with self._explained("read"):
            for number, line in enumerate(self._file, start=2):
                if not line.endswith(b"\n"):
                    break
                yield self._read_line(line, number)
                end += len(line)
        with self._explained("write"):
            os.ftruncate(self._file.fileno(), end)

    def append(self, records: list[Record]) -> None:
        """Write records and wait for the disk. Never call it again once it raised LedgerFileError."""
        lines = bytearray()
        for record in records:
            content = write_record(record)
            self._checksum = zlib.crc32(content, self._checksum)
            lines += b"%08x %b\n" % (self._checksum, content)
        with self._explained("write"):
            self._write(lines)

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LedgerFileError(f"the ledger file {self._path} is in use by another simulator.") from None

    def _read_head(self) -> bytes:
        with self._explained("read"):
            head = self._file.readline(HEAD_BYTES)
        is_cut_short = not head.endswith(b"\n") and (head.startswith(MAGIC) or MAGIC.startswith(head))
        return self._begin() if is_cut_short else head

    def _begin(self) -> bytes:
        head = MAGIC + secrets.token_hex(32).encode() + b"\n"
        with self._explained("write"):
            os.ftruncate(self._file.fileno(), 0)
            self._write(head)
            self._file.seek(len(head))
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)  # or the file itself could be gone after a power cut
            finally:
                os.close(folder)
        return head

    def _read_key(self, head: bytes) -> bytes:
        if not (first := FIRST_LINE.fullmatch(head)):
            raise LedgerFileError(f"{self._path} is no ledger file of this simulator.")
        return bytes.fromhex(first[1].decode())

    def _read_line(self, line: bytes, number: int) -> Record:
        checksum, _, content = line.removesuffix(b"\n").partition(b" ")
        self._checksum = zlib.crc32(content, self._checksum)
        if checksum != b"%08x" % self._checksum:
            sentence = f"the ledger file {self._path} is damaged in line {number}; it was left as it is."
            raise LedgerFileError(sentence)
        return read_record(content)

    def _write(self, content: bytes | bytearray) -> None:
        left = memoryview(content)
        while left:
            left = left[os.write(self._file.fileno(), left) :]
        os.fsync(self._file.fileno())

    @contextmanager
    def _explained(self, verb: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise LedgerFileError(f"cannot {verb} the ledger file {self._path}: {reason}.") from error
