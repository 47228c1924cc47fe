"""Whole lives of payments, by the real actors, on a real database, at the real simulator."""

from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path

import trio
from attrs import define, field

from pgw.actors.gateway import Gateway, submit_operation, submit_payment
from pgw.bank.port import BankFeature
from pgw.domain.card import Brand, Card, CardNumber, Cvv, Expiry
from pgw.domain.job import Job
from pgw.domain.money import Currency, Money
from pgw.domain.operation import OperationOrder
from pgw.domain.payment import PaymentOrder
from pgw.domain.result import Ok
from pgw.ports import SystemClock
from pgw.storage.port import Change, Storage
from pgw.storage.sqlite import open_storage
from tests.actors.tree import ports_with, start_gateway
from tests.bank.calls import bank_at
from tests.merchants import a_merchant
from tests.timeline import TIMELINE_KEY

MERCHANT = "mer_a"
GOOD = "4242424242424242"
PATIENCE = 20.0


def has_ended(change: Change) -> bool:
    return not change.job.is_open


@define
class Lives:
    """What a merchant does, one after the other, each until its outcome is known."""

    storage: Storage
    gateway: Gateway
    jobs: dict[str, Change] = field(factory=dict)
    _requests: "count[int]" = field(factory=count)

    async def pay(self, name: str, card: str = GOOD, *, capture: bool = True) -> None:
        number = CardNumber(card, Brand.VISA)
        order = PaymentOrder(
            Money(1050, Currency("EUR", 2)), Card(number, Cvv("123"), Expiry(3, 2090)), capture
        )
        accepted = await submit_payment(self.gateway, MERCHANT, order, f"req_{next(self._requests)}")
        await self._ended(name, accepted)

    async def operate(
        self,
        name: str,
        of: str,
        order: OperationOrder,
        *,
        until: Callable[[Change], bool] = has_ended,
    ) -> None:
        payment_id, request_id = self.jobs[of].payment.id, f"req_{next(self._requests)}"
        accepted = await submit_operation(self.gateway, MERCHANT, payment_id, order, request_id)
        await self._ended(name, accepted, until)

    async def _ended(
        self,
        name: str,
        accepted: object,
        until: Callable[[Change], bool] = has_ended,
    ) -> None:
        assert isinstance(accepted, Ok), accepted
        assert isinstance(accepted.value, Job)
        with trio.fail_after(PATIENCE):
            while not until(stored := await self._stored(accepted.value)):  # noqa: ASYNC110 - a doubt is told to nobody
                await trio.sleep(0.01)
        self.jobs[name] = stored

    async def _stored(self, job: Job) -> Change:
        stored = await self.storage.change_of(job.id)
        assert stored is not None
        return stored


Life = Callable[[Lives], Awaitable[None]]


def live(database: Path, bank_url: str, life: Life, first_inquiry: float = 0.05) -> dict[str, Change]:
    """Run a gateway of its own for this life alone; returns each job as it was in the end, by its name."""

    async def run() -> dict[str, Change]:
        async with open_storage(database, lambda _events: None) as storage, trio.open_nursery() as nursery:
            await storage.resume_timeline(TIMELINE_KEY)
            if not await storage.merchants("", 1):
                await storage.add_merchant(a_merchant(MERCHANT))
            bank = bank_at(bank_url, answer_timeout=5, features=frozenset(BankFeature))
            ports = ports_with(storage, bank, clock=SystemClock(), first_inquiry=first_inquiry, jitter=1.0)
            lives = Lives(storage, await start_gateway(nursery, ports))
            await life(lives)
            nursery.cancel_scope.cancel()
        return lives.jobs

    return trio.run(run)
