"""A bank's ledger from a file: the document of `GET /ledger`, into which another bank's can be converted."""

from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import trio
from attrs import field, frozen

from pgw.bank.ledger_page import read_page
from pgw.bank.ledger_port import LedgerEntry, LedgerUnavailable
from pgw.domain.result import Err

ENTRIES_A_PAGE = 1_000
LARGEST_FILE_BYTES = 256 * 1024 * 1024
"""Some 800,000 bookings. Reading takes about five bytes of memory for each byte of the file."""


@frozen
class FileLedger:
    """Kept in memory."""

    entries: Sequence[LedgerEntry] = field(repr=False)
    _by_reference: dict[str | None, list[LedgerEntry]] = field(init=False, repr=False)

    @_by_reference.default
    def _group_by_reference(self) -> dict[str | None, list[LedgerEntry]]:
        groups: dict[str | None, list[LedgerEntry]] = {}
        for entry in self.entries:
            groups.setdefault(entry.reference, []).append(entry)
        return groups

    @staticmethod
    def read(path: Path) -> "FileLedger":
        """Read a whole file, or raise `LedgerUnavailable`. It blocks: for a command, not beside payments."""
        try:
            with path.open("rb") as file:
                body = file.read(LARGEST_FILE_BYTES + 1)
        except OSError as error:
            raise _unavailable(path, error.strerror or str(error)) from error
        if len(body) > LARGEST_FILE_BYTES:
            raise _unavailable(path, f"it is larger than {LARGEST_FILE_BYTES} bytes")
        match read_page(body):
            case Err(problem):
                raise _unavailable(path, problem)
            case page:
                ledger = page.value
        if len(ledger.entries) != ledger.count:
            raise _unavailable(path, f"it holds {len(ledger.entries)} of {ledger.count} bookings")
        return FileLedger(ledger.entries)

    async def pages(self) -> AsyncGenerator[Sequence[LedgerEntry], None]:
        for start in range(0, len(self.entries), ENTRIES_A_PAGE):
            await trio.lowlevel.checkpoint()
            yield self.entries[start : start + ENTRIES_A_PAGE]

    async def entries_of(self, reference: str) -> Sequence[LedgerEntry]:
        await trio.lowlevel.checkpoint()
        return tuple(self._by_reference.get(reference, ()))


def _unavailable(path: Path, problem: str) -> LedgerUnavailable:
    return LedgerUnavailable(f"in {path}", problem)
