"""How an operator's command reaches a database: by the gateway that runs on it, else under its lock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pgw.actors.mailbox import Reply
from pgw.actors.payment_ports import PaymentPorts
from pgw.actors.settlement import Settled, SettlePayment, Verdict, settle
from pgw.control.address import control_path
from pgw.control.client import ControlUnavailable, DirectControl, NoGateway, SocketControl
from pgw.control.commands import Commands
from pgw.control.operator import Operator
from pgw.ports import SystemClock, SystemRandomness, TimeOrderedIds
from pgw.service import payment_ports
from pgw.settings import Settings
from pgw.storage.port import StorageCannotOpen
from pgw.storage.sqlite import open_storage

FIRST_BYTES = b"SQLite format 3\0"


class NoDatabase(Exception):
    """There is no database at the path; one sentence for the operator."""


@asynccontextmanager
async def operator_of(database: Path) -> AsyncIterator[Operator]:
    """Give commands their way, for as long as the block lasts. No database is made where there is none.

    Raises `NoDatabase`, `ControlUnavailable`, or `StorageCannotOpen`.
    """
    _check_is_there(database)
    gateway = SocketControl(control_path(database))
    try:
        await gateway.look_for_gateway()
    except NoGateway:
        async with _under_its_lock(database) as commands:
            yield Operator(DirectControl(commands))
    else:
        yield Operator(gateway)


@asynccontextmanager
async def _under_its_lock(database: Path) -> AsyncIterator[Commands]:
    """Do what a gateway's actors do: nobody else works at any payment meanwhile. The bank is not called."""
    _check_is_database(database)
    clock, randomness = SystemClock(), SystemRandomness()
    ids = TimeOrderedIds(clock, randomness)
    try:
        async with open_storage(database, lambda _events: None) as storage:
            ports = payment_ports(Settings(database=database), storage, clock, randomness, ids)
            yield Commands(storage, clock, lambda *what: _settle(ports, *what))
    except StorageCannotOpen as error:
        if not isinstance(error.__cause__, BlockingIOError):
            raise
        problem = f"{error} No gateway answers at its socket: it is starting or stopping, so try again."
        raise ControlUnavailable(problem) from error


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
