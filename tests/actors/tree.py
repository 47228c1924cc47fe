"""The whole tree of actors, over the storage and the bank that a test gives it."""

import trio
from trio.testing import wait_all_tasks_blocked

from pgw.actors.backoff import Backoff
from pgw.actors.gateway import Gateway, GatewayLimits
from pgw.actors.payment_ports import PaymentPorts
from pgw.bank.port import BankConnector
from pgw.ports import Clock, Ids, SystemRandomness, TimeOrderedIds
from pgw.storage.port import Storage
from tests.actors.fake_bank import FixedRandomness, a_bank
from tests.simulation.seeded_ports import SimulatedClock


def ports_with(
    storage: Storage,
    connector: BankConnector,
    ids: Ids | None = None,
    *,
    clock: Clock | None = None,
    jitter: float = 0.0,
    first_inquiry: float = 2.0,
    concurrency: int = 50,
) -> PaymentPorts:
    """Ports whose waits between tries are half of 0.2, 0.4, 0.8 … 5 seconds; the window is 60 seconds.

    Unknown outcomes are asked about after half of 2, 4, 8 … 7200 seconds, or after the whole with a `jitter`
    of 1. The wall's clock follows Trio's.
    """
    clock = clock or SimulatedClock()
    return PaymentPorts(
        storage,
        a_bank(connector, concurrency=concurrency),
        clock,
        ids or TimeOrderedIds(clock, SystemRandomness()),
        backoff=Backoff(0.2, 5.0, FixedRandomness()),
        schedule=Backoff(first_inquiry, 7200.0, FixedRandomness(jitter)),
        submission_window=60.0,
    )


async def start_gateway(
    nursery: trio.Nursery,
    ports: PaymentPorts,
    *,
    in_flight: int = 100,
    in_flight_a_merchant: int = 100,
    taken_up: int = 10,
) -> Gateway:
    gateway = Gateway(ports, GatewayLimits(in_flight, in_flight_a_merchant, taken_up=taken_up))
    nursery.start_soon(gateway.run)
    await wait_all_tasks_blocked()
    return gateway
