"""How far a long command is, on a terminal."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import click

from pgw.reconciliation.comparison import Books
from pgw.storage.books import BookEntry

CLEAR_LINE = "\r\033[K"


@contextmanager
def shown_progress(books: Books) -> Iterator[Books]:
    """Show how many payments were read, in a line that is gone at the end; nothing where nobody watches."""
    if not sys.stderr.isatty():
        yield books
        return
    try:
        yield _Counted(books)
    finally:
        click.echo(CLEAR_LINE, nl=False, err=True)


@contextmanager
def shown_count(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show how many of how many were read, as `shown_progress` does."""
    if not sys.stderr.isatty():
        yield lambda _done, _of: None
        return
    try:
        yield lambda done, of: click.echo(f"{CLEAR_LINE}{done:,} of {of:,} {what} …", nl=False, err=True)
    finally:
        click.echo(CLEAR_LINE, nl=False, err=True)


class _Counted(Books):
    def __init__(self, books: Books) -> None:
        self._books = books
        self._read = 0

    async def books(self, after_reference: str) -> Sequence[BookEntry]:
        page = await self._books.books(after_reference)
        self._read += len(page)
        doing = "reading the books" if page else "comparing with the bank's ledger"
        click.echo(f"{CLEAR_LINE}{self._read:,} payments, {doing} …", nl=False, err=True)
        return page

    async def book_entry(self, reference: str) -> BookEntry | None:
        return await self._books.book_entry(reference)
