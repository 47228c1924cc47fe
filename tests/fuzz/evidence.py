"""All that a run leaves behind, searched for the canary: files, log, what operators are told."""

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from attrs import evolve

from tests.end_to_end.programs import PROJECT, environment_without_settings
from tests.fuzz.canary import card_sightings, cvv_sightings
from tests.fuzz.oracle import UNAVAILABLE, Finding, is_intended, leaks

# What a line of the log has by chance, or from the caller: four digits of a path may be any four digits.
MASKED = ("Timestamp", "Elapsed", "RequestPath", "RequestMethod", "RequestId")
BUGS = ('"Level":"error"', '"Level":"critical"', "Traceback (most recent call last)")
FLAGGED = '"Message":"PaymentFlagged"'  # an error for a person to look at, and no bug
SHOWN = 300
REQUEST = re.compile(r'"RequestId":"[^"]*"')


def of_log(lines: Iterable[str]) -> Iterator[Finding]:
    """Yield bugs, 5xx answers and card data in lines of the log."""
    for line in lines:
        if any(bug in line for bug in BUGS) and FLAGGED not in line:
            yield Finding("bug in log", shortened(line.strip()))
        yield from _of_status(line)
        sightings = [*card_sightings(line.encode()), *cvv_sightings(without_chance(line))]
        named = REQUEST.search(line)
        for leak in leaks("log", sightings):
            yield evolve(leak, what=f"{leak.what} {named[0]}") if named else leak


def _of_status(line: str) -> Iterator[Finding]:
    """Yield a 5xx, also one that nobody was there to read. A 503 tells its code to its client alone."""
    if '"StatusCode":5' not in line:
        return
    document = json.loads(line)
    status = document["StatusCode"]
    if status != UNAVAILABLE and not is_intended(status, document.get("Code")):
        yield Finding("status 5xx in log", line.strip())


def shortened(line: str) -> str:
    """Return a line's beginning and end: where a traceback began, and what was raised."""
    return line if len(line) <= 2 * SHOWN else f"{line[:SHOWN]} … {line[-SHOWN:]}"


def without_chance(line: str) -> bytes:
    """Return a line of the log without what may hold a CVV's digits though none was leaked."""
    try:
        document = json.loads(line)
    except ValueError:
        return line.encode()
    if not isinstance(document, dict):
        return line.encode()
    return json.dumps({name: value for name, value in document.items() if name not in MASKED}).encode()


def of_files(database: Path) -> Iterator[Finding]:
    """Yield card data in the database, its WAL and index, its secret and its lock."""
    for path in sorted(database.parent.glob(f"{database.name}*")):
        if path.is_file():
            data = path.read_bytes()
            yield from leaks(path.name, [*card_sightings(data), *cvv_sightings(data)])


def of_operators_view(database: Path) -> Iterator[Finding]:
    """Yield card data in what `pgw unresolved` says, by the operator's socket where a gateway runs."""
    told = subprocess.run(
        [sys.executable, "-m", "pgw", "unresolved", "--json", "--database", str(database)],
        cwd=PROJECT,
        env=environment_without_settings(),
        capture_output=True,
        timeout=120,
        check=False,
    )
    if told.returncode not in {0, 1}:
        yield Finding("pgw unresolved", repr(told.stderr[-500:]))
    yield from leaks("what operators are told", [*card_sightings(told.stdout), *cvv_sightings(told.stdout)])
