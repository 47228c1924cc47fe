"""Reads of one row by its id, answered together with all others of their kind."""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from attrs import frozen

Find = Callable[[sqlite3.Connection, Sequence[str]], list[Any]]


@frozen
class LookUp:
    """Which row is wanted, and how rows of its kind are found."""

    find: Find
    id: str


def answer_look_ups(connection: sqlite3.Connection, look_ups: Sequence[LookUp]) -> list[list[Any]]:
    """Answer all look-ups of a kind with one statement; each answer is a list of the one row or None."""
    answers: dict[LookUp, list[Any]] = {}
    for find in {look_up.find: None for look_up in look_ups}:
        of_kind = [look_up for look_up in look_ups if look_up.find is find]
        found = find(connection, [look_up.id for look_up in of_kind])
        answers.update((look_up, [row]) for look_up, row in zip(of_kind, found, strict=True))
    return [answers[look_up] for look_up in look_ups]
