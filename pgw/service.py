"""The composition root: storage, bank, actors, http. It alone knows every concrete class."""

import gc
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import httpcore
import structlog
import trio

from pgw.actors.backoff import Backoff
from pgw.actors.bank import Bank
from pgw.actors.event_stream import EventStream
from pgw.actors.gateway import Gateway, GatewayLimits, settle_payment
from pgw.actors.key_ring import KeyRing
from pgw.actors.payment_ports import PaymentPorts
from pgw.actors.webhooks import Webhooks
from pgw.bank.address import Address
from pgw.bank.http import HttpBank
from pgw.bank.network import TcpNetwork, tls_for
from pgw.control.address import control_path
from pgw.control.commands import Commands, merchant_commands
from pgw.control.payment_commands import PaymentCommands
from pgw.control.server import serve_operator
from pgw.control.timeline_commands import TimelineCommands
from pgw.http.app import make_app
from pgw.http.call import Parts
from pgw.http.door import Door
from pgw.http.jobs.frames import event_frame
from pgw.http.jobs.tickets import StreamTickets
from pgw.http.open_connections import OpenConnections
from pgw.http.origin import canonical_origins
from pgw.http.server import listen, serve, url_of
from pgw.http.stopping import Stopping
from pgw.http.throttle import make_throttle
from pgw.http.trusted_proxies import ProxyHeader, TrustedProxies
from pgw.keys import fill
from pgw.last_resort import LastResort, last_resort
from pgw.measures import UNMEASURED, Measures
from pgw.metering import Metering
from pgw.open_files import connections_within, raise_limit
from pgw.ports import Clock, Ids, Randomness, SystemClock, SystemRandomness, TimeOrderedIds
from pgw.secret import OF_API_KEYS, OF_TIMELINE, derived, read_secret
from pgw.settings import Settings
from pgw.storage.port import Storage, StorageCannotOpen, StorageUnavailable
from pgw.storage.sqlite import open_storage
from pgw.telling import Telling

RETRY_FIRST_SECONDS = 0.2
RETRY_LONGEST_SECONDS = 5.0
LOOK_FOR_BANK_SECONDS = 5.0
END_SECONDS = 10.0  # longer than a sound disk needs to take what is left
_log = structlog.get_logger()


async def run(settings: Settings, on_ready: Callable[[str], None] = lambda _url: None) -> None:
    """Run a gateway until SIGTERM or SIGINT; tell `on_ready` its URL once it takes payments.

    Raises `StorageCannotOpen`, `CannotUseSecret`, `CannotListen` or `CannotOpenControl` with a sentence for
    the operator, inside exception groups.
    """
    raise_limit()
    clock, randomness = SystemClock(), SystemRandomness()
    ids = TimeOrderedIds(clock, randomness)
    stream, stopping = EventStream(event_frame), Stopping()
    metering = Metering(stream)
    measures = metering.measures
    with (
        last_resort() as resort,
        listen(settings.host, settings.port) as listener,
        metering.listening(settings.metrics_address),
    ):
        storing = open_storage(settings.database, metering.on_committed, measures.group_committed)
        async with storing as storage, trio.open_nursery() as nursery:
            secret = read_secret(settings.secret_file, settings.database, randomness)
            keys = KeyRing(derived(secret, OF_API_KEYS), clock, demo=settings.demo_keys)
            with _at_start(settings):
                await storage.resume_timeline(derived(secret, OF_TIMELINE))
                await fill(keys, storage, clock, demo=settings.demo_keys)
            telling = Telling(
                settings, storage, secret, clock=clock, randomness=randomness, measures=measures
            )
            metering.told.append(telling.webhooks.on_committed)
            ports = payment_ports(settings, storage, clock, randomness, ids, measures=measures)
            gateway = Gateway(ports, _limits(settings), beside=[telling.child])
            nursery.start_soon(_end_in_time, resort, stopping, settings.grace)
            nursery.start_soon(gateway.run)
            nursery.start_soon(keys.run)
            with _at_start(settings):
                await gateway.recover()
            payments = PaymentCommands(storage, clock, partial(settle_payment, gateway))
            of_keys = merchant_commands(storage, keys, clock, ids, randomness)
            commands = Commands((payments, TimelineCommands(storage), *of_keys))
            await nursery.start(serve_operator, control_path(settings.database), commands)
            await nursery.start(_stop_on_signal, gateway, telling.webhooks, stopping)
            parts = Parts(
                *(gateway, storage, stream, keys, clock, ids, stopping, settings.grace, secret),
                webhooks=telling.webhooks,
                webhook_secrets=telling.secrets,
                tickets=StreamTickets(keys, clock, randomness),
                allowed_origins=canonical_origins(settings.allowed_origins),
                read_endpoint_url=telling.read_url,
            )
            accepting = trio.SocketListener(trio.socket.from_stdlib_socket(listener))
            await _serve_clients(settings, parts, metering, accepting, on_ready)
            nursery.cancel_scope.cancel()
    _log.info("Stopped")


async def _serve_clients(
    settings: Settings,
    parts: Parts,
    metering: Metering,
    listener: trio.SocketListener,
    on_ready: Callable[[str], None],
) -> None:
    """Serve the interface, and the metrics beside it, until the gateway has stopped."""
    elsewhere = settings.bank_concurrency + settings.webhook_concurrency
    most = connections_within(settings.max_connections, beside=elsewhere)
    connections, door = OpenConnections(most=most), Door(parts.clock, parts.ids)
    parts = metering.measuring(parts, connections, door)
    throttle = make_throttle(parts.clock, settings.rate_limit, settings.failed_authentication_limit)
    proxies = TrustedProxies(settings.trusted_proxies, ProxyHeader(settings.proxy_header))
    url = url_of(settings.host, listener.socket.getsockname()[1])
    async with trio.open_nursery() as beside:
        beside.start_soon(metering.run, parts)
        _log.info("Ready", Url=url, Database=str(settings.database), Bank=settings.bank_url)
        on_ready(url)
        beside.start_soon(_look_for_bank, settings.bank_url)
        _collect_garbage_rarely()
        await serve(
            make_app(parts, metering.routes, throttle, proxies),
            listener,
            clock=parts.clock,
            ids=parts.ids,
            door=door,
            shutdown=parts.stopping.wait,
            drained=partial(_drained, parts),
            grace=settings.grace,
            connections=connections,
            measures=parts.measures,
        )
        beside.cancel_scope.cancel()


async def _drained(parts: Parts) -> None:
    """Wait until nothing is in flight, and no try to deliver a webhook is under way."""
    await parts.gateway.drained()
    await parts.webhooks.drained()


@contextmanager
def _at_start(settings: Settings) -> Iterator[None]:
    """Take storage that does not serve yet for a mistake of the operator's, such as a full disk."""
    try:
        yield
    except StorageUnavailable as error:
        raise StorageCannotOpen(f"The database {settings.database} takes no writes: {error}.") from error


def _limits(settings: Settings) -> GatewayLimits:
    return GatewayLimits(
        settings.max_in_flight,
        settings.max_in_flight_a_merchant,
        taken_up=settings.bank_concurrency,
        events_kept_for=timedelta(seconds=settings.events_kept_for),
    )


def payment_ports(
    settings: Settings,
    storage: Storage,
    clock: Clock,
    randomness: Randomness,
    ids: Ids,
    *,
    measures: Measures = UNMEASURED,
) -> PaymentPorts:
    """Put together what payments need; the bank takes no calls until it is run."""
    connector = HttpBank(
        name="bank",
        url=settings.bank_url,
        features=settings.bank_features,
        network=TcpNetwork(),
        tls=tls_for(settings.bank_url),
        answer_timeout=settings.bank_timeout,
    )
    bank = Bank(
        connector,
        concurrency=settings.bank_concurrency,
        queue=settings.max_in_flight,
        retire_after=settings.bank_idle,
        clock=clock,
        randomness=randomness,
        measures=measures,
    )
    backoff = Backoff(RETRY_FIRST_SECONDS, RETRY_LONGEST_SECONDS, randomness)
    schedule = Backoff(settings.inquiry_first, settings.inquiry_longest, randomness)
    window = settings.submission_window
    authorized_for = timedelta(seconds=settings.authorized_for)
    return PaymentPorts(storage, bank, clock, ids, backoff, schedule, window, measures, authorized_for)


async def _stop_on_signal(
    gateway: Gateway,
    webhooks: Webhooks,
    stopping: Stopping,
    *,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        task_status.started()
        async for number in signals:
            _log.info("Stopping", Signal=signal.Signals(number).name, InFlight=gateway.in_flight)
            gateway.admit_no_more()
            webhooks.begin_no_more()
            stopping.set()


async def _end_in_time(resort: LastResort, stopping: Stopping, grace: float) -> None:
    """See to it that a stop, and a failure, which cancels this too, come to their end."""
    try:
        await stopping.wait()
        resort.end_within(grace + END_SECONDS)
    except trio.Cancelled:
        resort.end_within(END_SECONDS)
        raise


async def _look_for_bank(url: str) -> None:
    """Say it where the bank cannot be reached at start, which is no reason not to start."""
    origin = Address.of(url).origin
    try:
        stream = await TcpNetwork().connect_tcp(
            origin.host.decode(), origin.port, timeout=LOOK_FOR_BANK_SECONDS
        )
    except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
        _log.warning("BankNotReachable", Bank=url, Reason=str(error), Effect="Payments wait and are retried.")
    else:
        await stream.aclose()


def _collect_garbage_rarely() -> None:
    """Leave out what was made at start, and look for cycles less often: there are few to be found."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
