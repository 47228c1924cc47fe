"""Reads of one row by its id, answered together with all others of their kind."""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from attrs import frozen

from pgw.storage.rows import RowUnreadable

Find = Callable[[sqlite3.Connection, Sequence[str]], list[Any]]


@frozen
class LookUp:
    """Which row is wanted, and how rows of its kind are found."""

    find: Find
    id: str


def answer_look_ups(
    connection: sqlite3.Connection, look_ups: Sequence[LookUp]
) -> list[list[Any] | RowUnreadable]:
    """Answer all look-ups of a kind with one statement; each answer is a list of the one row or None.

    A row that cannot be read is the answer to who asked for it, and to nobody else.
    """
    answers: dict[LookUp, list[Any] | RowUnreadable] = {}
    for find in {look_up.find: None for look_up in look_ups}:
        of_kind = [look_up for look_up in look_ups if look_up.find is find]
        found = find(connection, [look_up.id for look_up in of_kind])
        for look_up, row in zip(of_kind, found, strict=True):
            answers[look_up] = row if isinstance(row, RowUnreadable) else [row]
    return [answers[look_up] for look_up in look_ups]
