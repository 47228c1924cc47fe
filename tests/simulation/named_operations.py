"""One life of the real gateway that reserves a payment and voids it, under given faults."""

import trio
from attrs import evolve

from pgw.domain.operation import VoidOrder
from pgw.http.stopping import Stopping
from pgw.storage.sqlite import SqliteStorage
from tests.simulation.actor_client import ActorClient
from tests.simulation.bank import SimulatedBank
from tests.simulation.bank_faults import NO_FAULT, Arrival, BankFaults, Fate, Said
from tests.simulation.clients import Accepted, Instruction, Order
from tests.simulation.disk import Disk
from tests.simulation.evidence import Evidence
from tests.simulation.life import Life
from tests.simulation.log_lines import LIFE
from tests.simulation.oracle import violations
from tests.simulation.plan import plan_of
from tests.simulation.plan_of_webhooks import NO_WEBHOOKS
from tests.simulation.process import MERCHANTS, Process, Surroundings, run_process
from tests.simulation.seeded import Simulation
from tests.simulation.storage import books_of

UNAVAILABLE = (Fate(Arrival.LATE, Said.UNAVAILABLE), *[Fate(Arrival.NEVER, Said.UNAVAILABLE)] * 9, NO_FAULT)
RESERVED_SECONDS = 3.0
SETTLED_SECONDS = 120.0


async def void_behind_a_503(simulation: Simulation) -> list[str]:
    """Void what an intermediary answers with 503 and passes on all the same, until the bank answers."""
    return await _void(simulation, *UNAVAILABLE)


async def _void(simulation: Simulation, *fates: Fate) -> list[str]:
    """Return what is wrong with it once it has ended."""
    plan = evolve(plan_of(1), speaks_http=False, merchants=1, webhooks=NO_WEBHOOKS, submission_window=60.0)
    life, stopping = Life(), Stopping()
    findings: list[str] = []
    order = Order(merchant_id=MERCHANTS[0].id, key=None, amount=1050, capture=False)
    async with trio.open_nursery() as nursery:
        bank = SimulatedBank(simulation.random, nursery)
        bank.faults = BankFaults(decline=0.0, forgetful=1.0)

        async def operate(process: Process) -> None:
            client = ActorClient(process)
            reserved = await client.post_payment(order)
            assert isinstance(reserved, Accepted)
            order.answers.append(reserved)
            await trio.sleep(RESERVED_SECONDS)
            void = Instruction(
                merchant_id=order.merchant_id,
                key=None,
                payment_id=reserved.payment_id,
                order=VoidOrder(),
                request_id="req_void",
            )
            bank.fates = list(fates)
            void.answers.append(await client.post_operation(void))
            await trio.sleep(SETTLED_SECONDS)
            books = books_of(process.storage)
            evidence = Evidence(
                books, bank.ledger, [order], instructions=[void], misconduct=bank.conduct.seen
            )
            findings.extend(violations(evidence))
            stopping.set()

        around = Surroundings(
            simulation,
            plan,
            Disk(simulation.random, trio.current_time),
            bank,
            {},
            simulation.clock,
            lambda _call, _answer: None,
            findings.append,
        )
        LIFE.set(life)
        with life.scope:
            await run_process(around, life, stopping, _opened, operate)
        nursery.cancel_scope.cancel()
    return findings


async def _opened(_storage: SqliteStorage) -> None:
    await trio.lowlevel.checkpoint()
