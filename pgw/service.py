"""The composition root: storage, bank, actors, http. It alone knows every concrete class."""

import gc
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

import httpcore
import structlog
import trio

from pgw.actors.backoff import Backoff
from pgw.actors.bank import Bank
from pgw.actors.event_stream import EventStream
from pgw.actors.gateway import Gateway, GatewayLimits, settle_payment
from pgw.actors.payment_ports import PaymentPorts
from pgw.bank.address import Address
from pgw.bank.http import HttpBank
from pgw.bank.network import TcpNetwork, tls_for
from pgw.control.address import control_path
from pgw.control.commands import Commands
from pgw.control.server import serve_operator
from pgw.domain.merchant import ApiKey, Merchant
from pgw.http.app import make_app
from pgw.http.authentication import KeyRing, digest_of
from pgw.http.call import Parts
from pgw.http.server import listen, serve
from pgw.last_resort import LastResort, last_resort
from pgw.measures import UNMEASURED, Measures
from pgw.metering import Metering
from pgw.ports import Clock, Ids, Randomness, SystemClock, SystemRandomness, TimeOrderedIds
from pgw.secret import read_secret
from pgw.settings import DEMO_KEYS, Settings
from pgw.storage.port import Storage, StorageCannotOpen, StorageUnavailable
from pgw.storage.sqlite import open_storage

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
    _raise_limit_of_open_files()
    clock, randomness = SystemClock(), SystemRandomness()
    ids = TimeOrderedIds(clock, randomness)
    stream, stopping = EventStream(), trio.Event()
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
            with _at_start(settings):
                keys = await _key_ring(storage, demo=settings.demo_keys)
            gateway = _gateway(settings, storage, clock, randomness, ids, measures=measures)
            nursery.start_soon(_end_in_time, resort, stopping, settings.grace)
            nursery.start_soon(gateway.run)
            with _at_start(settings):
                await gateway.recover()
            commands = Commands(storage, clock, partial(settle_payment, gateway))
            await nursery.start(serve_operator, control_path(settings.database), commands)
            await nursery.start(_stop_on_signal, gateway, stopping)
            accepting = trio.SocketListener(trio.socket.from_stdlib_socket(listener))
            parts = metering.measuring(Parts(gateway, storage, stream, keys, clock, ids, stopping, secret))
            app = make_app(parts, metering.routes)
            host = f"[{settings.host}]" if ":" in settings.host else settings.host
            url = f"http://{host}:{listener.getsockname()[1]}"
            _log.info("Ready", Url=url, Database=str(settings.database), Bank=settings.bank_url)
            nursery.start_soon(metering.run, parts)
            on_ready(url)
            nursery.start_soon(_look_for_bank, settings.bank_url)
            _collect_garbage_rarely()
            async with trio.open_nursery() as until_stopped:
                until_stopped.start_soon(_drain, gateway, stopping, settings.grace)
                await serve(
                    app,
                    accepting,
                    clock=clock,
                    shutdown=stopping.wait,
                    grace=settings.grace,
                    open_connections=metering.connections,
                )
            nursery.cancel_scope.cancel()
    _log.info("Stopped")


@contextmanager
def _at_start(settings: Settings) -> Iterator[None]:
    """Take storage that does not serve yet for a mistake of the operator's, such as a full disk."""
    try:
        yield
    except StorageUnavailable as error:
        raise StorageCannotOpen(f"The database {settings.database} takes no writes: {error}.") from error


def _gateway(
    settings: Settings,
    storage: Storage,
    clock: Clock,
    randomness: Randomness,
    ids: Ids,
    *,
    measures: Measures,
) -> Gateway:
    limits = GatewayLimits(
        settings.max_in_flight, settings.max_in_flight_a_merchant, taken_up=settings.bank_concurrency
    )
    return Gateway(payment_ports(settings, storage, clock, randomness, ids, measures=measures), limits)


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
    return PaymentPorts(storage, bank, clock, ids, backoff, schedule, window, measures)


async def _key_ring(storage: Storage, *, demo: bool) -> KeyRing:
    if demo:
        for key, name in DEMO_KEYS.items():
            merchant = Merchant(f"mer_{key}", name)
            await storage.add_merchant(merchant, ApiKey(digest_of(key), merchant.id, demo=True))
    return KeyRing(await storage.api_keys(), demo=demo)


async def _stop_on_signal(
    gateway: Gateway, stopping: trio.Event, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
) -> None:
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        task_status.started()
        async for number in signals:
            _log.info("Stopping", Signal=signal.Signals(number).name, InFlight=gateway.in_flight)
            gateway.admit_no_more()
            stopping.set()


async def _end_in_time(resort: LastResort, stopping: trio.Event, grace: float) -> None:
    """See to it that a stop, and a failure, which cancels this too, come to their end."""
    try:
        await stopping.wait()
        resort.end_within(grace + END_SECONDS)
    except trio.Cancelled:
        resort.end_within(END_SECONDS)
        raise


async def _drain(gateway: Gateway, stopping: trio.Event, grace: float) -> None:
    await stopping.wait()
    await gateway.drained(grace)


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


def _raise_limit_of_open_files() -> None:
    """Raise the soft limit, which is often 1,024: connections to clients and banks are files too."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):  # where the hard one is none, the system may have one of its own
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
