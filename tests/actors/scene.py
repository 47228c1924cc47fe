"""A gateway over storage in memory and a bank that a test directs, in virtual time."""

import trio
from attrs import frozen

from pgw.actors.gateway import Gateway, settle_payment
from pgw.actors.payment_ports import PaymentPorts
from pgw.actors.settlement import CannotSettle, Verdict
from pgw.domain.attempt import AttemptOutcome
from pgw.domain.errors import Refusal
from pgw.domain.flag import Flag, FlagCode
from pgw.domain.job import Job
from pgw.domain.result import Result
from pgw.storage.port import Change
from tests.actors.knowing_bank import KnowingBank
from tests.actors.memory_storage import MemoryStorage
from tests.actors.orders import PATIENCE, pay
from tests.actors.resting import at_rest
from tests.actors.tree import ports_with, start_gateway
from tests.simulation.seeded_ports import SimulatedClock

LONG = 3600.0
"""Seconds, after which what is asked about without end was asked more than ten times, and waits for long."""


@frozen
class Scene:
    """What happens to payments, as storage and the bank see it."""

    storage: MemoryStorage
    bank: KnowingBank
    clock: SimulatedClock
    ports: PaymentPorts
    gateway: Gateway

    async def pay(self) -> Job:
        return await pay(self.gateway)

    async def settle(self, job_id: str, verdict: Verdict) -> Result[Change, CannotSettle | Refusal]:
        with trio.fail_after(10 * PATIENCE):
            return await settle_payment(self.gateway, job_id, verdict, "the bank's statement says so")

    def rests(self, outcome: AttemptOutcome, inquiries: int = 0) -> Change:
        """Put a payment into storage that is due now."""
        change = at_rest(outcome, self.clock.now(), inquiries)
        self.storage.newest[change.job.id] = change
        return change

    def newest(self, job_id: str) -> Change:
        return self.storage.newest[job_id]

    @property
    def flags(self) -> list[Flag]:
        """All that were raised, in order; storage keeps the first of each code."""
        return [change.flag for change in self.storage.written if change.flag is not None]

    @property
    def flag_codes(self) -> set[FlagCode]:
        return {flag.code for flag in self.flags}


async def start_scene(
    nursery: trio.Nursery,
    bank: KnowingBank | None = None,
    storage: MemoryStorage | None = None,
    *,
    taken_up: int = 10,
    jitter: float = 0.0,
) -> Scene:
    storage, bank, clock = storage or MemoryStorage(), bank or KnowingBank(), SimulatedClock()
    ports = ports_with(storage, bank, clock=clock, jitter=jitter)
    gateway = await start_gateway(nursery, ports, taken_up=taken_up)
    return Scene(storage, bank, clock, ports, gateway)
