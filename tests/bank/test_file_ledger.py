"""The ledger in a real file."""

import json
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest
from attrs import evolve

from pgw.bank import file_ledger
from pgw.bank.file_ledger import FileLedger
from pgw.bank.ledger_port import BankLedger, LedgerEntry, LedgerUnavailable
from tests.bank.bookings import BOOKING, ENTRY, page
from tests.bank.calls import authorize, bank_at
from tests.bank.conftest import StartSimulator


async def pages_of(ledger: BankLedger) -> list[Sequence[LedgerEntry]]:
    return [page async for page in ledger.pages()]


def written(folder: Path, body: bytes) -> Path:
    path = folder / "ledger.json"
    path.write_bytes(body)
    return path


async def test_all_of_a_file_is_read_in_order_and_in_pages(tmp_path: Path) -> None:
    bookings = [BOOKING | {"booking": number, "reference": f"ref_{number}"} for number in range(1, 2_002)]
    ledger = FileLedger.read(written(tmp_path, page(*bookings)))
    pages = await pages_of(ledger)
    assert [len(one) for one in pages] == [1000, 1000, 1]
    assert [entry.reference for one in pages for entry in one] == [
        f"ref_{number}" for number in range(1, 2_002)
    ]


async def test_a_reference_has_all_its_entries_and_another_none(tmp_path: Path) -> None:
    others = [
        BOOKING | {"booking": 2, "reference": "ref_2"},
        BOOKING | {"booking": 3, "reference": None},
        BOOKING | {"booking": 4, "captured_amount": 7},
    ]
    ledger = FileLedger.read(written(tmp_path, page(BOOKING, *others)))
    assert list(await ledger.entries_of("ref_1")) == [ENTRY, evolve(ENTRY, charged=7, held=1043)]
    assert list(await ledger.entries_of("ref_9")) == []


async def test_an_empty_ledger_is_a_ledger(tmp_path: Path) -> None:
    ledger = FileLedger.read(written(tmp_path, b'{"count":0,"bookings":[]}'))
    assert await pages_of(ledger) == []


async def test_the_answer_of_a_bank_may_be_kept_as_the_file(
    start_simulator: StartSimulator, tmp_path: Path
) -> None:
    simulator = start_simulator()
    async with bank_at(simulator.url).connection() as connection:
        await connection.perform(authorize("ref_1"))
        await connection.perform(authorize("ref_2", card_number="4000000000000002"))
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{simulator.url}/ledger")
    ledger = FileLedger.read(written(tmp_path, answer.content))
    expected = [
        evolve(ENTRY, charged=1050, held=0),
        evolve(ENTRY, reference="ref_2", charged=0, held=1050, counts=False),
    ]
    assert [list(one) for one in await pages_of(ledger)] == [expected]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "it is not a JSON object of bookings and their count"),
        (page(BOOKING, count=2), "it holds 1 of 2 bookings"),
        (page(BOOKING | {"amount": 1.5}), '"amount" is no whole number in its entry 1'),
    ],
)
def test_a_file_that_is_not_all_of_a_ledger_is_refused_in_a_sentence(
    body: bytes, problem: str, tmp_path: Path
) -> None:
    path = written(tmp_path, body)
    with pytest.raises(LedgerUnavailable) as refusal:
        FileLedger.read(path)
    assert str(refusal.value) == f"The ledger in {path} cannot be read: {problem}."


def test_a_path_that_cannot_be_read_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnavailable, match="No such file or directory"):
        FileLedger.read(tmp_path / "missing.json")
    with pytest.raises(LedgerUnavailable, match="Is a directory"):
        FileLedger.read(tmp_path)


def test_a_file_is_read_up_to_the_bound_and_not_beyond(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = page(BOOKING)
    path = written(tmp_path, body)
    monkeypatch.setattr(file_ledger, "LARGEST_FILE_BYTES", len(body))
    assert FileLedger.read(path) == FileLedger([ENTRY])
    path.write_bytes(json.dumps(json.loads(body), indent=1).encode())
    with pytest.raises(LedgerUnavailable, match="it is larger than"):
        FileLedger.read(path)
