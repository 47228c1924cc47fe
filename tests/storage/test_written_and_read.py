"""Conformance of every engine: what was written is read back as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from pgw.domain.card import Brand, Expiry, MaskedCard
from pgw.domain.money import Currency
from pgw.domain.result import Ok

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pgw.storage.port import Change, Storage
    from tests.storage.conftest import Changes, Database

ODD_TEXT = (
    "Ünï\U0001f4b3 '\"\\%_;-- \t\r\n\x01\x7f\u2028\u202e\ufeff\ufffe\uffff\U0010ffff e\u0301 \\u0041 ]]>"
)


def _with_odd_texts(changes: Changes) -> Sequence[Change]:
    metadata = {ODD_TEXT: ODD_TEXT, "": "", "$.a[0]": "null", "number": "1e400"}
    change = changes.accepted(description=ODD_TEXT, reference=ODD_TEXT, metadata=metadata)
    return [evolve(change, job=evolve(change.job, request_id=ODD_TEXT))]


def _with_another_card(changes: Changes) -> Sequence[Change]:
    change = changes.accepted()
    card = MaskedCard("0005", Brand.AMERICAN_EXPRESS, Expiry(1, 2076))
    return [evolve(change, payment=evolve(change.payment, card=card))]


def _through(outcome: Callable[[Changes, Change], Change]) -> Callable[[Changes], Sequence[Change]]:
    def both(changes: Changes) -> Sequence[Change]:
        accepted = changes.accepted()
        return [accepted, outcome(changes, accepted)]

    return both


def _partly_refunded(changes: Changes) -> Sequence[Change]:
    change = changes.accepted()
    return [change, evolve(change, payment=evolve(change.payment, captured=1050, refunded=50))]


WRITTEN: dict[str, Callable[[Changes], Sequence[Change]]] = {
    "as little as there can be": lambda changes: [changes.accepted()],
    "empty texts": lambda changes: [changes.accepted(description="", reference="", metadata={})],
    "odd texts": _with_odd_texts,
    "much metadata": lambda changes: [
        changes.accepted(metadata={f"{key:040}": "ß" * 200 for key in range(20)})
    ],
    "most money": lambda changes: [changes.accepted(minor_units=10**12 - 1)],
    "least money": lambda changes: [changes.accepted(minor_units=1, currency=Currency("JPY", 0))],
    "three decimals": lambda changes: [changes.accepted(minor_units=10_500, currency=Currency("KWD", 3))],
    "a currency withdrawn since": lambda changes: [changes.accepted(currency=Currency("ITL", 0))],
    "another card": _with_another_card,
    "captured later": lambda changes: [changes.accepted(capture=False)],
    "authorized": lambda changes: [
        change := changes.accepted(capture=False),
        changes.authorized(change),
    ],
    "approved": _through(lambda changes, change: changes.authorized(change)),
    "partly refunded": _partly_refunded,
    "declined": _through(lambda changes, change: changes.declined(change)),
    "failed": _through(lambda changes, change: changes.failed(change)),
    "unknown": _through(lambda changes, change: changes.doubted(change)),
    "unknown, then approved": lambda changes: [
        accepted := changes.accepted(),
        doubted := changes.doubted(accepted),
        changes.authorized(doubted),
    ],
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
async def test_a_change_is_read_back_equal_in_every_field(
    written: Callable[[Changes], Sequence[Change]], database: Database, changes: Changes
) -> None:
    steps = written(changes)
    async with database.open() as storage:
        for change in steps:
            assert Ok(None) == await storage.write(change)
    async with database.open() as storage:
        assert steps[-1].job == await storage.job("mer_a", change.job.id)
        assert steps[-1].payment == await storage.payment("mer_a", change.payment.id)
        assert steps[-1] == await storage.change_of(change.job.id)


async def test_the_order_of_metadata_is_kept(database: Database, changes: Changes) -> None:
    change = changes.accepted(metadata={"zebra": "1", "ant": "2", "mole": "3"})
    async with database.open() as storage:
        await storage.write(change)
    async with database.open() as storage:
        read = await storage.payment("mer_a", change.payment.id)
    assert read is not None
    assert ["zebra", "ant", "mole"] == list(read.metadata)


async def test_another_merchants_rows_are_not_found(database: Database, changes: Changes) -> None:
    change = changes.accepted("mer_a")
    async with database.open() as storage:
        await storage.write(change)
        await _assert_not_found("mer_b", change, storage)
    async with database.open() as storage:
        await _assert_not_found("mer_b", change, storage)


async def _assert_not_found(merchant_id: str, change: Change, storage: Storage) -> None:
    assert await storage.job(merchant_id, change.job.id) is None
    assert await storage.payment(merchant_id, change.payment.id) is None
    assert [] == await storage.events_after(merchant_id, 0)
    assert [] == await storage.events_after(merchant_id, 0, job_id=change.job.id)
    assert await storage.last_seq(merchant_id) == 0


@pytest.mark.parametrize("unknown", ["job_x", "", "job_000001'--", "\ud800", "%", '["job_000001"]'])
async def test_an_unknown_id_is_not_found(unknown: str, storage: Storage, changes: Changes) -> None:
    await storage.write(changes.accepted())
    assert await storage.job("mer_a", unknown) is None
    assert await storage.payment("mer_a", unknown) is None


async def test_storage_that_answers_says_so(storage: Storage) -> None:
    assert await storage.check()
