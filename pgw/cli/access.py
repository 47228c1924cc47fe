"""How an operator's command reaches a database: by the gateway that runs on it, else under its lock."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from pgw.actors.key_ring import KeyRing
from pgw.actors.mailbox import Reply
from pgw.actors.payment_ports import PaymentPorts
from pgw.actors.settlement import Settled, SettlePayment, Verdict, settle
from pgw.control.address import control_path
from pgw.control.client import Control, ControlUnavailable, DirectControl, NoGateway, SocketControl
from pgw.control.commands import Commands, merchant_commands
from pgw.control.merchant_operator import MerchantOperator
from pgw.control.operator import Operator
from pgw.control.payment_commands import PaymentCommands
from pgw.control.timeline_commands import TimelineCommands
from pgw.ports import SystemClock, SystemRandomness, TimeOrderedIds
from pgw.secret import OF_API_KEYS, OF_TIMELINE, CannotUseSecret, derived, is_there, read_secret
from pgw.service import payment_ports
from pgw.settings import Settings
from pgw.storage.port import StorageCannotOpen
from pgw.storage.sqlite import SqliteStorage, open_storage

FIRST_BYTES = b"SQLite format 3\0"


class NoDatabase(Exception):
    """There is no database at the path; one sentence for the operator."""


@asynccontextmanager
async def operator_of(database: Path) -> AsyncIterator[Operator]:
    """Give commands about payments their way, for as long as the block lasts.

    No database is made where there is none. Raises `NoDatabase`, `ControlUnavailable`, or
    `StorageCannotOpen`.
    """
    async with _control_of(database, _payment_commands) as control:
        yield Operator(control)


@asynccontextmanager
async def settling_operator_of(database: Path, secret_file: Path | None) -> AsyncIterator[Operator]:
    """Give the commands that write payments their way, as `operator_of` does, which seals what they tell.

    The secret is read where no gateway runs, which has its own. Raises `CannotUseSecret` too.
    """
    async with _control_of(database, partial(_settling_commands, database, secret_file)) as control:
        yield Operator(control)


def timeline_key(database: Path, secret_file: Path | None) -> bytes:
    """Return the key of the timeline's chain. Makes no secret: raises `CannotUseSecret` without one."""
    if not is_there(secret_file, database):
        problem = f"The secret that the timeline of {database} is sealed under is not beside it"
        raise CannotUseSecret(f"{problem}; name it by --secret-file.")
    return derived(read_secret(secret_file, database, SystemRandomness()), OF_TIMELINE)


@asynccontextmanager
async def merchant_operator_of(database: Path, secret_file: Path | None) -> AsyncIterator[MerchantOperator]:
    """Give commands about merchants and keys their way, as `operator_of` does.

    The secret is read where no gateway runs, which has its own. Raises `CannotUseSecret` too.
    """
    async with _control_of(database, partial(_merchant_commands, database, secret_file)) as control:
        yield MerchantOperator(control)


@asynccontextmanager
async def _control_of(
    database: Path, commands_on: Callable[[SqliteStorage], Awaitable[Commands]]
) -> AsyncIterator[Control]:
    _check_is_there(database)
    gateway = SocketControl(control_path(database))
    try:
        await gateway.look_for_gateway()
    except NoGateway:
        async with _under_its_lock(database) as storage:
            yield DirectControl(await commands_on(storage))
    else:
        yield gateway


@asynccontextmanager
async def _under_its_lock(database: Path) -> AsyncIterator[SqliteStorage]:
    """Open what no gateway runs on: nobody else works at any payment meanwhile."""
    _check_is_database(database)
    try:
        async with open_storage(database, lambda _events: None) as storage:
            yield storage
    except StorageCannotOpen as error:
        if not isinstance(error.__cause__, BlockingIOError):
            raise
        problem = f"{error} No gateway answers at its socket: it is starting or stopping, so try again."
        raise ControlUnavailable(problem) from error


async def _payment_commands(storage: SqliteStorage) -> Commands:
    """Do what a gateway's actors do. The bank is not called."""
    clock, randomness = SystemClock(), SystemRandomness()
    ports = payment_ports(Settings(), storage, clock, randomness, TimeOrderedIds(clock, randomness))
    payments = PaymentCommands(storage, clock, lambda *what: _settle(ports, *what))
    return Commands([payments, TimelineCommands(storage)])


async def _settling_commands(database: Path, secret_file: Path | None, storage: SqliteStorage) -> Commands:
    await storage.resume_timeline(timeline_key(database, secret_file))
    return await _payment_commands(storage)


async def _merchant_commands(database: Path, secret_file: Path | None, storage: SqliteStorage) -> Commands:
    clock, randomness = SystemClock(), SystemRandomness()
    if not is_there(secret_file, database) and any(not key.demo for key in await storage.keys_not_revoked()):
        problem = "the one that this database's keys were made under is missing; name it by --secret-file"
        raise CannotUseSecret(f"No secret is made: {problem}, or start the gateway if it is lost for good.")
    secret = read_secret(secret_file, database, randomness)
    ring = KeyRing(derived(secret, OF_API_KEYS), clock)
    return Commands(merchant_commands(storage, ring, clock, TimeOrderedIds(clock, randomness), randomness))


async def _settle(ports: PaymentPorts, job_id: str, verdict: Verdict, reason: str) -> Settled:
    return await settle(ports, SettlePayment(job_id, verdict, reason, Reply()))


def _check_is_there(path: Path) -> None:
    if not path.is_file():
        raise NoDatabase(f"There is no database {path}.")


def _check_is_database(path: Path) -> None:
    try:
        with path.open("rb") as file:
            found = file.read(len(FIRST_BYTES))
    except OSError as error:
        raise NoDatabase(f"The database {path} cannot be read: {error.strerror}.") from error
    if found != FIRST_BYTES:
        raise NoDatabase(f"{path} is no database.")
