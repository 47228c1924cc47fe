"""Whatever is asked for in whatever order: the books are what the callers were told, and never below zero."""

from collections import Counter
from collections.abc import Sequence

import attrs
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from iso4217 import Currency

from simulator.answers import Reply
from simulator.bank import Bank
from simulator.fields import MalformedError
from simulator.ledger import Ledger
from simulator.operation import Operation
from simulator.payment import Payment
from simulator.records import Record, read_record, write_record
from tests.simulator.a_bank import ANYBODY, a_bank_over, fields
from tests.simulator.an_operation import CAPTURE, REFUND, VOID, entries, held, money

PAYMENTS = {
    "authorized": Payment("4242424242424242", 2090, 12, Currency("EUR"), 10, "123", capture=False),
    "captured": Payment("4242424242424242", 2090, 12, Currency("EUR"), 10, "123"),
}
OPERATIONS = st.builds(
    Operation,
    kind=st.sampled_from([CAPTURE, CAPTURE, REFUND, VOID]),
    payment_reference=st.sampled_from(["authorized"] * 4 + ["captured"]),
    amount=st.one_of(st.none(), st.integers(1, 11)),
    final=st.booleans(),
)
SUBMISSIONS = st.tuples(st.sampled_from("abcdefgh"), OPERATIONS)
REVERSALS = st.sampled_from([*"abcdefgh", "authorized"])
SIGNS = {CAPTURE: 1, REFUND: -1, VOID: 0}

Step = tuple[str, Operation] | str


@attrs.define
class Told:
    """What the callers know: whose money each accepted operation moved."""

    moved: dict[str, tuple[str, int]] = attrs.Factory(dict)

    def accepted(self, reference: str, operation: Operation, amount: int) -> None:
        self.moved[reference] = (operation.payment_reference, SIGNS[operation.kind] * amount)

    def reversed(self, reference: str) -> None:
        self.moved = {
            own: (payment, amount)
            for own, (payment, amount) in self.moved.items()
            if reference not in (own, payment)
        }

    @property
    def money(self) -> int:
        return sum(amount for _, amount in self.moved.values())


@attrs.define
class Records:
    """A journal that forgets nothing."""

    written: list[bytes] = attrs.Factory(list)

    def append(self, record: Record) -> None:
        self.written.append(write_record(record))

    async def durable(self) -> None:
        pass


@settings(deadline=None, max_examples=200)
@given(st.lists(st.one_of(SUBMISSIONS, SUBMISSIONS, REVERSALS), max_size=30))
def test_money_is_what_was_told_and_nothing_is_below_zero(steps: Sequence[Step]) -> None:
    trio.run(_live_through, steps)


async def _live_through(steps: Sequence[Step]) -> None:
    journal = Records()
    ledger = Ledger(100, journal)
    bank = a_bank_over(ledger)
    told = Told()
    for reference, payment in PAYMENTS.items():
        await bank.pay(payment, reference, ANYBODY)
    told.moved["captured"] = ("captured", 10)
    for step in steps:
        await _take(step, bank, ledger, told)
        assert told.money == money(ledger)
        assert 0 <= held(ledger) <= 10
        _check_each_payment(ledger)
    restored = Ledger(100)
    restored.restore(map(read_record, journal.written))
    assert _as_kept(ledger) == _as_kept(restored)


async def _take(step: Step, bank: Bank, ledger: Ledger, told: Told) -> None:
    match step:
        case str(reference):
            if fields(await bank.reverse(reference, ANYBODY))["reversed"]:
                told.reversed(reference)
        case (reference, operation):
            before = ledger.count
            try:
                reply: Reply = await bank.operate(operation, reference, ANYBODY)
            except MalformedError:
                assert before == ledger.count
                return
            if fields(reply)["accepted"] and ledger.count > before:
                told.accepted(reference, operation, entries(ledger)[-1]["amount"])


def _check_each_payment(ledger: Ledger) -> None:
    """What is captured is authorized, and what is refunded was captured."""
    captured, refunded, released = Counter(captured=10), Counter[str](), Counter[str]()
    for entry in entries(ledger)[len(PAYMENTS) :]:
        captured[entry["payment_reference"]] += max(0, entry["net_amount"])
        refunded[entry["payment_reference"]] += max(0, -entry["net_amount"])
        released[entry["payment_reference"]] += entry["released_amount"]
    for payment in PAYMENTS:
        assert 0 <= refunded[payment] <= captured[payment] <= 10
        assert 0 <= released[payment] <= 10


def _as_kept(ledger: Ledger) -> list[dict[str, object]]:
    return [entry | {"submissions": None} for entry in entries(ledger)]
