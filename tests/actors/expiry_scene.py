"""Authorizations that expire, over storage in memory and a bank that a test directs, in virtual time."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta

import trio
from attrs import evolve
from trio.testing import wait_all_tasks_blocked

from pgw.actors import operation
from pgw.actors.gateway import Gateway, GatewayLimits, submit_operation, submit_payment
from pgw.actors.trusted_time import TRUSTED_AFTER_SECONDS
from pgw.bank.port import Void
from pgw.domain.job import Job, JobType
from pgw.domain.operation import CaptureOrder, OperationOrder
from pgw.domain.payment import Payment
from pgw.domain.result import Ok
from pgw.storage.port import Change
from tests.actors.knowing_bank import KnowingBank
from tests.actors.memory_storage import MemoryStorage
from tests.actors.orders import PATIENCE, an_order
from tests.actors.tree import ports_with
from tests.simulation.seeded_ports import SimulatedClock

MERCHANT = "mer_a"
HOUR, DAY = 3600.0, 86_400.0
LONG_ENOUGH = TRUSTED_AFTER_SECONDS
AUTHORIZED_FOR = 3 * HOUR
SOON = 10.0
"""Seconds within which what has expired is voided, where nothing is in its way."""


class ExpiryScene:
    """What outlives a gateway: its storage, its bank and the clock."""

    def __init__(self, bank: KnowingBank | None = None, storage: MemoryStorage | None = None) -> None:
        self.bank = bank or KnowingBank()
        self.storage = storage or MemoryStorage()
        self.clock = SimulatedClock()
        self.gateway: Gateway
        self.end = trio.CancelScope()

    @asynccontextmanager
    async def life(
        self, authorized_for: float = AUTHORIZED_FOR, *, of_a_merchant: int = 100, taken_up: int = 48
    ) -> AsyncIterator[Gateway]:
        """Run a gateway until the block ends it, as a crash would."""
        ports = ports_with(self.storage, self.bank, clock=self.clock)
        ports = evolve(ports, authorized_for=timedelta(seconds=authorized_for))
        self.gateway = Gateway(ports, GatewayLimits(100, of_a_merchant, taken_up=taken_up))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.gateway.run)
            await wait_all_tasks_blocked()
            await self.gateway.recover()
            yield self.gateway
            nursery.cancel_scope.cancel()

    async def authorize(self) -> str:
        """Have a payment authorized, and return its id."""
        order = evolve(an_order(), capture=False)
        with trio.fail_after(PATIENCE):
            accepted = await submit_payment(self.gateway, MERCHANT, order, "req_1")
        assert isinstance(accepted, Ok), accepted
        assert isinstance(accepted.value, Job)
        with trio.fail_after(PATIENCE):
            while self.payment(accepted.value.payment_id).status != "Authorized":  # noqa: ASYNC110
                await trio.sleep(0.1)
        return accepted.value.payment_id

    async def operate(self, payment_id: str, order: OperationOrder | None = None) -> operation.Accepted:
        """Ask for a capture of all, or for what is said."""
        with trio.fail_after(PATIENCE):
            return await submit_operation(
                self.gateway, MERCHANT, payment_id, order or CaptureOrder(), "req_2"
            )

    def payment(self, payment_id: str) -> Payment:
        return self.storage.payments[payment_id]

    def status(self, payment_id: str) -> str:
        return str(self.payment(payment_id).status)

    @property
    def voids(self) -> list[Change]:
        """What was last written of each void."""
        return [one for one in self.storage.newest.values() if one.job.type is JobType.VOID]

    @property
    def times(self) -> list[float]:
        """When the bank was asked for a void."""
        return self.bank.times_of(Void)

    @property
    def flags(self) -> Iterator[str]:
        return (str(one.flag.code) for one in self.storage.written if one.flag is not None)


async def until(seconds: float) -> None:
    """Sleep until a time of the test, which began at 0."""
    await trio.sleep(seconds - trio.current_time())
