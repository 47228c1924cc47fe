"""A process that writes payments as fast as it can, and prints each one's job once it is acknowledged."""

import sys
from itertools import count
from pathlib import Path

import structlog
import trio

from pgw.domain.attempt import Attempt
from pgw.domain.card import Brand, Card, CardNumber, Cvv, Expiry
from pgw.domain.job import Job
from pgw.domain.money import Currency, Money
from pgw.domain.payment import Payment, PaymentOrder
from pgw.domain.result import Ok
from pgw.domain.timeline import By, Happening, TimelineEntry
from pgw.ports import SystemClock
from pgw.storage.port import Change, Storage
from pgw.storage.sqlite import open_storage
from tests.merchants import a_merchant
from tests.timeline import TIMELINE_KEY

CARD = Card(CardNumber("4242424242424242", Brand.VISA), Cvv("123"), Expiry(11, 2034))
WRITERS = 20


async def _pay(storage: Storage, life: str, writer: int) -> None:
    for number in count(1):
        name, now = f"{life}_{writer}_{number}", SystemClock().now()
        order = PaymentOrder(Money(number, Currency("EUR", 2)), CARD)
        payment = Payment.ordered(f"pay_{name}", "mer_a", order, "bank", now, reference="ref_1")
        job = Job.opened(f"job_{name}", payment, "req_1")
        attempt = Attempt.intended(f"ref_{name}", payment.id, job.id, "bank", now)
        asked = TimelineEntry(Happening.REQUESTED, By.MERCHANT, now)
        entries = (asked,)
        if await storage.write(Change(payment, job, attempt, entries=entries)) == Ok(None):
            sys.stdout.write(f"{job.id}\n")
            sys.stdout.flush()


async def main(path: Path, life: str) -> None:
    async with open_storage(path, lambda _: None) as storage, trio.open_nursery() as nursery:
        await storage.resume_timeline(TIMELINE_KEY)
        await storage.add_merchant(a_merchant())
        for writer in range(WRITERS):
            nursery.start_soon(_pay, storage, life, writer)


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    trio.run(main, Path(sys.argv[1]), sys.argv[2])
