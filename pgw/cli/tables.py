"""Aligned columns that may be printed page by page."""

from collections.abc import Sequence

import click

GAP = "  "


class Table:
    """Columns as wide as what was printed in them so far; those named in `right` are set to the right."""

    def __init__(self, *heads: str, right: Sequence[str] = ()) -> None:
        self._heads = heads
        self._widths = [len(head) for head in heads]
        self._is_right = [head in right for head in heads]
        self._has_heads = False

    def fit(self, rows: Sequence[Sequence[str]]) -> None:
        """Make room for rows that are about to be printed."""
        for row in rows:
            self._widths = [max(pair) for pair in zip(self._widths, map(len, row), strict=True)]

    def print(self, row: Sequence[str], colour: str | None = None) -> None:
        """Print a row, under the heads where it is the first. A `colour` is seen on a terminal only."""
        self.fit([row])
        if not self._has_heads:
            click.secho(self._line(self._heads), bold=True)
            self._has_heads = True
        click.secho(self._line(row), fg=colour)

    def _line(self, row: Sequence[str]) -> str:
        cells = zip(row, self._widths, self._is_right, strict=True)
        return GAP.join(
            cell.rjust(width) if is_right else cell.ljust(width) for cell, width, is_right in cells
        ).rstrip()


def printable(text: str) -> str:
    """Return a text without what a terminal would obey: some of it is a bank's."""
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
