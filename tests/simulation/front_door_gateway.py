"""A gateway of one life behind its front door, put together as `pgw.service` does it, on simulated ports."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import trio

from pgw.actors.backoff import Backoff
from pgw.actors.bank import Bank
from pgw.actors.event_stream import EventStream
from pgw.actors.gateway import Gateway, GatewayLimits
from pgw.actors.key_ring import KeyRing
from pgw.actors.payment_ports import PaymentPorts
from pgw.bank.http import HttpBank
from pgw.http.call import Parts
from pgw.http.jobs.frames import event_frame
from pgw.http.jobs.tickets import StreamTickets
from pgw.http.stopping import Stopping
from pgw.service import RETRY_FIRST_SECONDS, RETRY_LONGEST_SECONDS
from pgw.settings import Settings
from pgw.storage.port import Storage
from pgw.webhooks.secrets import WebhookSecrets
from pgw.webhooks.url import read_endpoint_url
from tests.actors.webhook_scene import no_webhooks
from tests.merchants import a_merchant, key_on
from tests.simulation.bank import SimulatedBank
from tests.simulation.bank_network import SimulatedNetwork
from tests.simulation.disk import Disk
from tests.simulation.front_door import API_KEY
from tests.simulation.life import Life
from tests.simulation.seeded import Simulation
from tests.simulation.storage import open_simulated_storage

DATABASE = Path("/pgw.db")
MERCHANT = a_merchant("mer_a", "Shop A")
SECRET = b"a secret of 32 bytes or of more."
LONGEST_PAUSE_SECONDS = 0.01


@asynccontextmanager
async def open_gateway(
    simulation: Simulation, life: Life, disk: Disk, bank: SimulatedBank
) -> AsyncIterator[Parts]:
    """Open storage, recover, and run the actors. Raises what storage raises, and `ProcessDied`."""

    async def pause() -> None:
        await trio.sleep(simulation.random.random() * LONGEST_PAUSE_SECONDS)

    stream = EventStream(event_frame)
    async with (
        open_simulated_storage(disk, DATABASE, stream.publish, life=life, pause=pause) as storage,
        trio.open_nursery() as nursery,
    ):
        await storage.resume_timeline(SECRET)
        keys = KeyRing(SECRET, simulation.clock)
        await storage.add_merchant(MERCHANT)
        await storage.add_key(key_on(keys, API_KEY, MERCHANT.id))
        keys.take(await storage.keys_not_revoked())
        nursery.start_soon(keys.run)
        settings = Settings()
        limits = GatewayLimits(
            settings.max_in_flight, settings.max_in_flight_a_merchant, settings.bank_concurrency
        )
        gateway = Gateway(_payment_ports(simulation, life, settings, storage, bank), limits)
        nursery.start_soon(gateway.run)
        await gateway.recover()
        yield Parts(
            gateway,
            storage,
            stream,
            keys,
            simulation.clock,
            simulation.ids,
            Stopping(),
            settings.grace,
            SECRET,
            no_webhooks(storage, simulation.clock),
            WebhookSecrets(SECRET),
            partial(read_endpoint_url, allow_private=False),
            StreamTickets(keys, simulation.clock, simulation.randomness),
        )
        nursery.cancel_scope.cancel()


def _payment_ports(
    simulation: Simulation, life: Life, settings: Settings, storage: Storage, bank: SimulatedBank
) -> PaymentPorts:
    clock, randomness = simulation.clock, simulation.randomness
    actor = Bank(
        HttpBank("bank", "http://bank", settings.bank_features, SimulatedNetwork(bank, life)),
        concurrency=settings.bank_concurrency,
        queue=settings.max_in_flight,
        retire_after=settings.bank_idle,
        clock=clock,
        randomness=randomness,
    )
    backoff = Backoff(RETRY_FIRST_SECONDS, RETRY_LONGEST_SECONDS, randomness)
    schedule = Backoff(settings.inquiry_first, settings.inquiry_longest, randomness)
    return PaymentPorts(storage, actor, clock, simulation.ids, backoff, schedule, settings.submission_window)
