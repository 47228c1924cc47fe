"""A start with 100,000 unfinished payments: ready within 10 s, bounded memory, the bank's pace."""

import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import trio

from benchmarks.memory_in_flight import resident_kib
from benchmarks.processes import gateway, simulator
from pgw.domain.attempt import Attempt
from pgw.domain.card import Brand, Card, CardNumber, Cvv, Expiry
from pgw.domain.job import Job
from pgw.domain.merchant import Merchant
from pgw.domain.money import Currency, Money
from pgw.domain.payment import Payment, PaymentOrder
from pgw.ports import SystemClock, SystemRandomness, TimeOrderedIds
from pgw.storage.port import Change, Storage
from pgw.storage.sqlite import open_storage

PAYMENTS = 100_000
AT_A_TIME = 512
TARGET_SECONDS = 10.0
TARGET_MIB = 250
LONGEST_SECONDS = 1200
CARD = Card(CardNumber("4242424242424242", Brand.VISA), Cvv("123"), Expiry(11, 2034))


def main() -> None:
    payments = int(sys.argv[1]) if len(sys.argv) > 1 else PAYMENTS
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "pgw.db"
        trio.run(leave_unfinished, database, payments)
        with simulator():
            began = time.monotonic()
            with gateway(database, "--log-level", "error") as process:
                ready = time.monotonic() - began
                print(f"{payments} unfinished payments: ready in {ready:.2f} s", flush=True)
                peak = settle_all(database, process.pid)
                settled = time.monotonic() - began
        statuses = count(database, "SELECT status, count(*) FROM payments GROUP BY status")
    print(
        f"all settled in {settled:.0f} s ({payments / settled:.0f} a second, each looked up and reversed), "
        f"at most {peak / 1024:.0f} MiB"
    )
    is_sound = statuses == {"Failed": payments}
    sys.exit(not (is_sound and ready < TARGET_SECONDS and peak / 1024 < TARGET_MIB))


async def leave_unfinished(database: Path, payments: int) -> None:
    """Write payments as a gateway leaves them that is killed before the bank has seen any."""
    clock = SystemClock()
    ids = TimeOrderedIds(clock, SystemRandomness())
    async with open_storage(database, lambda _events: None) as storage:
        await storage.add_merchant(Merchant("mer_a", "Shop", clock.now()))
        for first in range(0, payments, AT_A_TIME):
            async with trio.open_nursery() as nursery:
                for _ in range(min(AT_A_TIME, payments - first)):
                    nursery.start_soon(accept, storage, ids, clock)


async def accept(storage: Storage, ids: TimeOrderedIds, clock: SystemClock) -> None:
    now = clock.now()
    order = PaymentOrder(Money(1050, Currency("EUR", 2)), CARD)
    reference = ids.new("ref")
    payment = Payment.ordered(ids.new("pay"), "mer_a", order, "bank", now, reference=reference)
    job = Job.opened(ids.new("job"), payment, "req_1")
    attempt = Attempt.intended(reference, payment.id, job.id, "bank", now)
    await storage.write(Change(payment, job, attempt))


def settle_all(database: Path, process_id: int) -> int:
    """Wait until nothing is open, and return the most memory that the gateway had resident, in KiB."""
    peak = 0
    until = time.monotonic() + LONGEST_SECONDS
    while count(database, "SELECT status, count(*) FROM jobs WHERE status = 'Created' GROUP BY status"):
        assert time.monotonic() < until, "not settled in time"
        peak = max(peak, resident_kib(process_id))
        time.sleep(0.5)
    return peak


def count(database: Path, statement: str) -> dict[str, int]:
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        return dict(connection.execute(statement).fetchall())


if __name__ == "__main__":
    main()
