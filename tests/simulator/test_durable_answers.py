"""With a journal, nothing leaves the bank that its death could make untrue."""

import json
from random import Random

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from simulator.bank import Bank
from simulator.behaviour import Behaviour
from simulator.ledger import Ledger
from simulator.records import Record
from simulator.request import Request
from simulator.routes import Offers, Routes
from tests.simulator.a_bank import ANYBODY, NOON
from tests.simulator.conftest import PayBody


class StuckJournal:
    """A disk that is busy until `is_durable` is set."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.is_durable = trio.Event()

    def append(self, record: Record) -> None:
        self.records.append(record)

    async def durable(self) -> None:
        await self.is_durable.wait()


@pytest.mark.parametrize(
    ("method", "target", "reference", "status"),
    [
        ("POST", "/payments", "booked", 200),
        ("POST", "/payments", "reversed", 400),
        ("GET", "/payments/booked", None, 200),
        ("GET", "/payments/reversed", None, 404),
        ("POST", "/payments/booked/reversals", None, 200),
        ("POST", "/payments/never-seen/reversals", None, 200),
        ("POST", "/payments/booked/voids", None, 200),
        ("POST", "/payments/never-seen/voids", None, 200),
        ("GET", "/ledger", None, 200),
    ],
)
async def test_an_answer_waits_until_all_that_it_may_tell_is_durable(
    method: str, target: str, reference: str | None, status: int, pay_body: PayBody
) -> None:
    journal = StuckJournal()
    ledger = Ledger(100, journal)
    bank = Bank(Behaviour(), ledger, Random(1), now=lambda: NOON, fingerprint_key=bytes(32))
    routes = Routes(bank, ledger, Offers())
    body = json.dumps(pay_body()).encode()
    first = Request("POST", "/payments", body, ("booked",))
    asked = Request(method, target, body, (reference,)) if reference else Request(method, target, b"")
    answered: list[int] = []

    async def ask(request: Request) -> None:
        reply = await routes.answer(request, ANYBODY)
        answered.append(reply.answer.status)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask, first)
        nursery.start_soon(ask, Request("POST", "/payments/reversed/reversals", b""))
        await wait_all_tasks_blocked()
        assert (2, []) == (len(journal.records), answered)
        with trio.move_on_after(0.05):
            await ask(asked)
        assert answered == []
        journal.is_durable.set()
    assert answered == [200, 200]
    await ask(asked)
    assert answered == [200, 200, status]
