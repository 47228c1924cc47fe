"""Numbered SQL migrations; `PRAGMA user_version` is the number of the newest that was applied."""

import sqlite3
from functools import cache
from importlib.resources import files


@cache
def migrations() -> tuple[str, ...]:
    """Return the scripts in order; the first one leads to version 1."""
    folder = files("pgw.storage") / "migrations"
    scripts = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda one: one.name
    )
    for number, script in enumerate(scripts, 1):
        assert script.name.startswith(f"{number:04}_"), f"{script.name} is out of order"
    return tuple(script.read_text(encoding="utf-8") for script in scripts)


def version(connection: sqlite3.Connection) -> int:
    (number,) = connection.execute("PRAGMA user_version").fetchone()
    return int(number)


def migrate(connection: sqlite3.Connection) -> None:
    """Apply what is missing, each migration in a transaction of its own with its number.

    Foreign keys are off meanwhile, since a table that others refer to can be made anew by no other way.
    """
    connection.execute("PRAGMA foreign_keys = OFF")
    for number, script in enumerate(migrations(), 1):
        if number > version(connection):
            connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")
    connection.execute("PRAGMA foreign_keys = ON")
