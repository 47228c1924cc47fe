"""What is on disk is read back, or refused: nothing is guessed."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest

from simulator.booking import Booking, Kind, Misbehaviour, OperationBooking, PaymentBooking
from simulator.ledger_file import LedgerFile, LedgerFileError
from simulator.records import Booked, Record, Reversed
from tests.simulator.a_bank import NOON

FIRST = PaymentBooking(
    1, "a b\u00e4", "4242", "EUR", 1050, 1050, "code", None, datetime(2026, 11, 22, 12, 0, 0, 5, UTC)
)
SECOND = PaymentBooking(
    2, None, "0002", "JPY", 7, 0, "", "generic_decline", datetime(2026, 11, 22, tzinfo=UTC)
)
MISBEHAVING = attrs.evolve(SECOND, number=3, reference="b", misbehaviour=Misbehaviour.REFUND_LOST)
MORE: list[Booking] = [
    MISBEHAVING,
    OperationBooking(Kind.CAPTURE, 4, "c", "a", "EUR", 7, True, 9, None, NOON),
    OperationBooking(Kind.VOID, 5, None, "a", "EUR", 7, False, 0, "already_captured", NOON),
    OperationBooking(Kind.REFUND, 6, "r", "a", "EUR", 7, False, 0, None, NOON),
]
WRITTEN: list[Record] = [Booked(FIRST, b"1" * 16), Reversed("a b\u00e4"), Booked(SECOND, b"2" * 16)]

Damage = Callable[[list[bytes]], list[bytes]]


def read(path: Path, *, more: list[Record] | None = None) -> tuple[bytes, list[Record]]:
    """Read the key and all records, and then write more."""
    file = LedgerFile(path)
    with file._file:
        records = list(file.records())
        if more:
            file.append(more)
        return file.fingerprint_key, records


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ledger"
    assert [] == read(path, more=WRITTEN)[1]
    return path


def test_what_was_written_is_read_back_and_more_is_written_after_it(path: Path) -> None:
    key, records = read(path, more=[Reversed("b")])
    assert (32, WRITTEN) == (len(key), records)
    assert (key, [*WRITTEN, Reversed("b")]) == read(path)


def test_operations_and_how_a_card_misbehaves_are_read_back(path: Path) -> None:
    more: list[Record] = [Booked(booking, b"3" * 16) for booking in MORE]
    read(path, more=more)
    assert [*WRITTEN, *more] == read(path)[1]


def test_a_file_is_its_owners_alone(path: Path) -> None:
    assert 0o600 == path.stat().st_mode & 0o777


def test_a_last_line_cut_anywhere_is_dropped_for_good(path: Path) -> None:
    content = path.read_bytes()
    last = len(content.splitlines(keepends=True)[-1])
    for missing in range(1, last + 1):
        path.write_bytes(content[:-missing])
        assert WRITTEN[:-1] == read(path, more=[Reversed("b")])[1]
        assert [*WRITTEN[:-1], Reversed("b")] == read(path)[1]


@pytest.mark.parametrize("left", [0, 5, 40])
def test_a_file_cut_short_in_its_first_line_begins_anew(left: int, path: Path) -> None:
    path.write_bytes(path.read_bytes()[:left])
    assert [] == read(path, more=WRITTEN)[1]
    assert WRITTEN == read(path)[1]


@pytest.mark.parametrize(
    ("damage", "line"),
    [
        (lambda lines: [lines[0], lines[1].replace(b"1050", b"9050"), *lines[2:]], 2),
        (lambda lines: [lines[0], lines[1].replace(b" ", b"\t", 1), *lines[2:]], 2),
        (lambda lines: [lines[0], *lines[2:]], 2),
        (lambda lines: [*lines[:2], lines[3], lines[2]], 3),
        (lambda lines: [*lines[:3], lines[3][9:]], 4),
        (lambda lines: [*lines, b"\n"], 5),
        (lambda lines: [*lines, lines[3]], 5),
        (lambda lines: [lines[0][:-2] + b"g\n", *lines[1:]], None),
        (lambda lines: [lines[0].replace(b" 1 ", b" 2 "), *lines[1:]], None),
        (lambda _: [b"# Notes\n"], None),
        (lambda _: [b"notes without an end"], None),
    ],
    ids=[
        "changed",
        "separator",
        "missing",
        "swapped",
        "without checksum",
        "empty line",
        "twice",
        "no key",
        "another version",
        "another file",
        "another file without an end",
    ],
)
def test_a_damaged_file_is_refused_and_left_as_it_is(damage: Damage, line: int | None, path: Path) -> None:
    damaged = b"".join(damage(path.read_bytes().splitlines(keepends=True)))
    path.write_bytes(damaged)
    sentence = f"is damaged in line {line}; it was left" if line else "is no ledger file of this simulator"
    with pytest.raises(LedgerFileError, match=sentence):
        read(path)
    assert damaged == path.read_bytes()


def test_every_write_is_synced_once_and_after_the_last_byte(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    monkeypatch.setattr("os.fsync", lambda descriptor: sizes.append(os.fstat(descriptor).st_size))
    read(path, more=[Reversed("b"), Reversed("c")])
    assert [path.stat().st_size] == sizes
