"""Captures, voids and refunds at the real simulator, reconciled by `pgw reconcile`, to the cent."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from pgw.domain.attempt import AttemptOutcome
from pgw.domain.operation import CaptureOrder, RefundOrder, VoidOrder
from pgw.storage.port import Change
from tests.end_to_end.commands import Ended, pgw
from tests.end_to_end.programs import Simulator
from tests.reconciliation.lives import Lives, live

CAPTURE_DECLINED, VOID_DECLINED, REFUND_DECLINED = "4000009900000111", "4000009900000129", "4000009900000137"
CAPTURE_LOST, REFUND_LOST = "4000009900000145", "4000009900000152"
CAPTURE_STUCK, REFUND_STUCK = "4000009900000160", "4000009900000178"
Booking = dict[str, Any]
Edit = Callable[[list[Booking], dict[str, Booking]], object]


async def all_goes_well(lives: Lives) -> None:
    await lives.pay("in parts", capture=False)
    await lives.operate("a part", "in parts", CaptureOrder(500))
    await lives.operate("the last part", "in parts", CaptureOrder(300, is_final=True))
    await lives.operate("all of it back", "in parts", RefundOrder())
    await lives.pay("charged")
    await lives.operate("some back", "charged", RefundOrder(400))
    await lives.pay("given up", capture=False)
    await lives.operate("void", "given up", VoidOrder())
    await lives.pay("held", capture=False)


async def all_goes_wrong(lives: Lives) -> None:
    await lives.pay("capture lost", CAPTURE_LOST, capture=False)
    await lives.operate("lost capture", "capture lost", CaptureOrder(700))
    await lives.pay("refund lost", REFUND_LOST)
    await lives.operate("lost refund", "refund lost", RefundOrder(300))
    await lives.pay("capture stuck", CAPTURE_STUCK, capture=False)
    await lives.operate("stuck capture", "capture stuck", CaptureOrder())
    await lives.pay("refund stuck", REFUND_STUCK)
    await lives.operate("stuck refund", "refund stuck", RefundOrder())
    await lives.pay("capture declined", CAPTURE_DECLINED, capture=False)
    await lives.operate("declined capture", "capture declined", CaptureOrder())
    await lives.pay("void declined", VOID_DECLINED, capture=False)
    await lives.operate("declined void", "void declined", VoidOrder())
    await lives.pay("refund declined", REFUND_DECLINED)
    await lives.operate("declined refund", "refund declined", RefundOrder(1))


async def one_is_left_in_doubt(lives: Lives) -> None:
    def is_doubtful(change: Change) -> bool:
        return change.attempt.outcome is AttemptOutcome.DOUBTFUL

    await lives.pay("refund in doubt", REFUND_LOST)
    await lives.operate("doubtful refund", "refund in doubt", RefundOrder(250), until=is_doubtful)


class World:
    """A database whose gateway has ended, and the bank's ledger as it is then."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "pgw.db"
        bank = Simulator()
        try:
            self.jobs = live(self.database, bank.url, all_goes_well)
            self.jobs |= live(self.database, bank.url, all_goes_wrong)
            self.jobs |= live(self.database, bank.url, one_is_left_in_doubt, first_inquiry=600)
            self.ledger = httpx.get(f"{bank.url}/ledger").json()
            self.by_http = pgw("reconcile", "--bank-url", bank.url, "--json", database=self.database)
        finally:
            bank.end()

    def outcomes(self) -> dict[str, str]:
        """Return what became of each operation, as its job says."""
        operations = {name: change.job for name, change in self.jobs.items() if not change.job.is_payment}
        return {name: job.failure.code if job.failure else job.status for name, job in operations.items()}

    def reference(self, name: str) -> str:
        return self.jobs[name].attempt.reference

    def reconciled(self, folder: Path, edit: Edit) -> Ended:
        """Reconcile with a ledger that was edited."""
        document = json.loads(json.dumps(self.ledger))
        bookings = document["bookings"]
        names = {self.reference(name): name for name in self.jobs}
        edit(bookings, {names[one["reference"]]: one for one in bookings})
        for number, booking in enumerate(bookings, 1):
            booking["booking"] = number
        file = folder / "ledger.json"
        file.write_text(json.dumps(document | {"count": len(bookings)}))
        return pgw("reconcile", "--ledger-file", str(file), "--json", database=self.database)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("lives"))


def total(ended: Ended, currency: str = "EUR") -> dict[str, Any]:
    (found,) = [one for one in ended.documents if (one["kind"], one.get("currency")) == ("total", currency)]
    return found


def test_books_and_bank_are_equal_to_the_cent_whatever_went_wrong(world: World) -> None:
    assert {
        "a part": "Completed",
        "the last part": "Completed",
        "all of it back": "Completed",
        "some back": "Completed",
        "void": "Completed",
        "lost capture": "Completed",
        "lost refund": "Completed",
        "stuck capture": "Interrupted",
        "stuck refund": "Interrupted",
        "declined capture": "CaptureDeclined",
        "declined void": "VoidDeclined",
        "declined refund": "RefundDeclined",
        "doubtful refund": "Created",
    } == world.outcomes()
    ended = world.by_http
    assert (0, "") == (ended.exit_code, ended.err)
    charged = 0 + (1050 - 400) + 700 + (1050 - 300) + 1050 + 1050 + 1050
    held = 1050 + (1050 - 700) + 3 * 1050
    books = {"charged": charged / 100, "held": held / 100}
    assert {
        "kind": "total",
        "currency": "EUR",
        "books": books,
        "bank": {"charged": (charged - 250) / 100, "held": held / 100},
        "open": {"charged": -2.5, "held": 0.0},
        "difference": {"charged": 0.0, "held": 0.0},
    } == total(ended)
    assert {
        "kind": "summary",
        "payments": 12,
        "operations": 13,
        "bookings": 20,
        "open": 1,
        "differences": 0,
    } == ended.documents[-1]


def test_people_are_told_of_operations_too(world: World, tmp_path: Path) -> None:
    file = tmp_path / "ledger.json"
    twice = [*world.ledger["bookings"]]
    refund = next(one for one in twice if one["reference"] == world.reference("some back"))
    twice.append(refund | {"booking": len(twice) + 1})
    file.write_text(json.dumps({"count": len(twice), "bookings": twice}))
    ended = pgw("reconcile", "--ledger-file", str(file), database=world.database)
    row, *_, counts, last = ended.out.splitlines()[1:]
    job_id = world.jobs["some back"].job.id
    assert row.startswith("RefundedTwice")
    assert job_id in row
    assert row.endswith("refund Completed, 4.00 EUR  8.00 EUR refunded by 2 bookings")
    assert (
        "12 payments and 13 operations were compared with 21 bookings; the outcome of 1 is unknown." == counts
    )
    assert (1, "Differences: 1.") == (ended.exit_code, last)


def accepted(booking: Booking, net: int, released: int = 0) -> None:
    booking.update(accepted=True, decline_code=None, net_amount=net, released_amount=released)


EDITS: dict[str, tuple[Edit, str, str]] = {
    "refunded twice": (lambda all_, by: all_.append(dict(by["some back"])), "RefundedTwice", "some back"),
    "captured twice": (lambda all_, by: all_.append(dict(by["a part"])), "CapturedTwice", "a part"),
    "no capture": (lambda all_, by: all_.remove(by["a part"]), "NotAtTheBank", "a part"),
    "a lost refund that is reversed": (
        lambda _, by: by["lost refund"].update(reversed=True, net_amount=0),
        "NotAtTheBank",
        "lost refund",
    ),
    "a cent too much": (lambda _, by: by["a part"].update(net_amount=501), "CapturedTooMuch", "a part"),
    "a refund of a cent more": (
        lambda _, by: by["all of it back"].update(net_amount=-801),
        "RefundedTooMuch",
        "all of it back",
    ),
    "the rest is held on": (
        lambda _, by: by["the last part"].update(released_amount=300),
        "OtherAmount",
        "the last part",
    ),
    "dollars": (lambda _, by: by["void"].update(currency="USD"), "OtherCurrency", "void"),
    "another's refund": (
        lambda _, by: by["some back"].update(payment_reference=by["refund lost"]["reference"]),
        "OtherPayment",
        "some back",
    ),
    "a void for a refund": (
        lambda _, by: by["some back"].update(kind="void", net_amount=0),
        "OtherOperation",
        "some back",
    ),
    "a declined capture": (
        lambda _, by: accepted(by["declined capture"], 1050, 1050),
        "CapturedThoughDeclined",
        "declined capture",
    ),
    "a declined void": (
        lambda _, by: accepted(by["declined void"], 0, 1050),
        "VoidedThoughDeclined",
        "declined void",
    ),
    "a declined refund": (
        lambda _, by: accepted(by["declined refund"], -1),
        "RefundedThoughDeclined",
        "declined refund",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_each_difference_of_an_operation_is_named(name: str, world: World, tmp_path: Path) -> None:
    edit, code, of = EDITS[name]
    ended = world.reconciled(tmp_path, edit)
    (told,) = [one for one in ended.documents if one["kind"] == "difference"]
    change = world.jobs[of]
    assert (1, code, change.attempt.reference) == (ended.exit_code, told["difference"], told["reference"])
    assert (change.job.id, change.job.type, change.job.status) == (
        told["jobId"],
        told["operation"],
        told["jobStatus"],
    )
    assert change.payment.authorization_reference == told["paymentReference"]


def test_a_refund_that_failed_here_and_is_booked_there_is_named_with_its_money(
    world: World, tmp_path: Path
) -> None:
    def book(bookings: list[Booking], by_name: dict[str, Booking]) -> None:
        bookings.append(
            by_name["some back"]
            | {
                "reference": world.reference("stuck refund"),
                "payment_reference": by_name["refund stuck"]["reference"],
                "amount": 1050,
                "net_amount": -1050,
            }
        )

    ended = world.reconciled(tmp_path, book)
    (told,) = [one for one in ended.documents if one["kind"] == "difference"]
    assert ("RefundedThoughFailed", [{"currency": "EUR", "bookings": 1, "charged": -10.5, "held": 0.0}]) == (
        told["difference"],
        told["bank"],
    )
    assert {"charged": -10.5, "held": 0.0} == total(ended)["difference"]


def test_a_ledger_with_a_strange_kind_is_one_sentence(world: World, tmp_path: Path) -> None:
    ended = world.reconciled(tmp_path, lambda _, by: by["void"].update(kind="chargeback"))
    assert (2, "", 1) == (ended.exit_code, ended.out, len(ended.err.splitlines()))
    assert '"kind" is no payment, capture, void or refund' in ended.err
