import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, Protocol, cast

import pytest
from attrs import evolve

from pgw.domain.attempt import Attempt, AttemptOutcome
from pgw.domain.card import Brand, Card, CardNumber, Cvv, Expiry
from pgw.domain.errors import FailureCode
from pgw.domain.job import Job, JobFailure
from pgw.domain.money import Currency, Money
from pgw.domain.payment import Payment, PaymentOrder
from pgw.storage.engine import Engine
from pgw.storage.port import Change, OnCommitted, Storage
from pgw.storage.sqlite import SqliteStorage, open_storage
from tests.merchants import a_merchant
from tests.simulation.disk import Disk
from tests.simulation.life import Life
from tests.simulation.storage import open_simulated_storage
from tests.timeline import TIMELINE_KEY

Open = Callable[[Path, OnCommitted], AbstractAsyncContextManager[SqliteStorage]]


def _simulated() -> Open:
    return partial(open_simulated_storage, Disk(Random(17)), life=Life())


# Each test of the conformance suite runs on each engine: what is simulated is what ships.
ENGINES: Mapping[str, Callable[[], Open]] = {"sqlite": lambda: open_storage, "simulated": _simulated}
# What is about the shipped engine's own file, locks, threads, or reader beside the writer.
SHIPPED_ALONE = frozenset(
    {
        "test_one_cancelled_while_it_waits_writes_nothing",
        "test_one_cancelled_while_its_group_runs_is_written_whole",
        "test_a_job_opened_and_ended_in_one_group_has_both_events",
        "test_what_is_being_committed_is_found_by_the_actor_that_takes_it_up",
        "test_the_log_is_bounded_while_many_changes_are_written",
        "test_a_log_past_its_bound_is_emptied",
        "test_a_clean_end_leaves_everything_in_the_database_and_nothing_in_the_log",
        "test_the_end_empties_the_log_though_another_program_has_the_database_open",
        "test_the_reader_cannot_write",
        "test_a_read_that_fails_is_said_to_be_unavailable",
        "test_a_recent_change_is_read_without_the_database",
        "test_a_broken_rule_fails_its_own_waiter_alone",
    }
)
MERCHANTS = ("mer_a", "mer_b", "mer_c")
# The beginning of a statement, SQLite's result code for its error, and whether it takes place all the same.
Fault = tuple[str, int, bool]
NOW = datetime(2026, 11, 22, 12, 30, 15, 123_000, UTC)
CARD = Card(CardNumber("4242424242424242", Brand.VISA), Cvv("123"), Expiry(11, 2034))


EUR = Currency("EUR", 2)


class Changes:
    """Makes changes as a payment's actor does, each of a payment of its own."""

    def __init__(self, first: int = 1) -> None:
        self._numbers = count(first)

    def accepted(
        self, merchant_id: str = "mer_a", minor_units: int = 1050, currency: Currency = EUR, **details: Any
    ) -> Change:
        number = f"{next(self._numbers):06}"
        order = PaymentOrder(Money(minor_units, currency), CARD, **details)
        payment = Payment.ordered(f"pay_{number}", merchant_id, order, "bank", NOW, reference="ref_1")
        job = Job.opened(f"job_{number}", payment, f"req_{number}")
        return Change(payment, job, Attempt.intended(f"ref_{number}", payment.id, job.id, "bank", NOW))

    def authorized(self, change: Change) -> Change:
        """Follow the bank's yes: `Approved`, or `Authorized` where the merchant captures later."""
        return _following(
            change, change.payment.authorized(_later(change)), AttemptOutcome.ANSWERED, "auth-1"
        )

    def declined(self, change: Change) -> Change:
        payment = change.payment.declined("insufficient_funds", _later(change))
        return _following(change, payment, AttemptOutcome.ANSWERED)

    def doubted(self, change: Change) -> Change:
        return _following(change, change.payment.doubted(_later(change)), AttemptOutcome.DOUBTFUL)

    def failed(self, change: Change) -> Change:
        """Follow proof that the bank took nothing: none was sent, or what was doubtful is reversed."""
        payment = change.payment.failed(_later(change))
        failure = JobFailure(FailureCode.BANK_UNAVAILABLE, "The bank took no request in time.")
        if change.attempt.outcome is AttemptOutcome.INTENDED:
            return _following(change, payment, AttemptOutcome.NOT_PROCESSED, failure=failure)
        change = evolve(change, attempt=change.attempt.to_be_reversed(failure.code, 3, _later(change)))
        return _following(change, payment, AttemptOutcome.REVERSED, failure=failure)


def _later(change: Change) -> datetime:
    return change.payment.updated_at + timedelta(milliseconds=7)


def _following(
    change: Change,
    payment: Payment,
    outcome: AttemptOutcome,
    code: str | None = None,
    failure: JobFailure | None = None,
) -> Change:
    attempt = change.attempt.ended(outcome, 3, payment.updated_at, code)
    return Change(payment, change.job.following(payment, failure), attempt)


class Database:
    """A database of merchants without payments, to be opened as often as a test likes."""

    def __init__(self, engine: str, path: Path) -> None:
        self.path = path
        self.published: list[Any] = []
        self._open = ENGINES[engine]()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[SqliteStorage]:
        async with self._open(self.path, self.published.extend) as storage:
            await storage.resume_timeline(TIMELINE_KEY)
            for number, merchant_id in enumerate(MERCHANTS):
                await storage.add_merchant(a_merchant(merchant_id, f"Shop {number}"))
            yield storage


class Faulty:
    """The writer's engine, and its connection, with faults; keeps the statements that were run."""

    def __init__(self, engine: Engine, faults: Sequence[Fault]) -> None:
        self._engine = engine
        self._faults = list(faults)
        self.statements: list[str] = []

    async def run(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        def with_faults(connection: sqlite3.Connection) -> Any:
            self._connection = connection
            return function(cast("sqlite3.Connection", self), *args, **kwargs)

        return await self._engine.run(with_faults)

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def execute(self, statement: str, parameters: Any = ()) -> sqlite3.Cursor:
        self.statements.append(statement.split(" (", maxsplit=1)[0])
        fault = next((one for one in self._faults if statement.startswith(one[0])), None)
        if fault is None:
            return self._connection.execute(statement, parameters)
        self._faults.remove(fault)
        _, code, takes_place = fault
        if takes_place:
            self._connection.execute(statement, parameters)
        error = sqlite3.OperationalError(f"forced: {code}")
        error.sqlite_errorcode = code
        raise error


class BreakWriter(Protocol):
    def __call__(self, storage: Storage, *faults: Fault) -> Faulty: ...


@pytest.fixture
def break_writer() -> BreakWriter:
    """Give the writer of an open storage these faults, each of them once."""

    def give(storage: Storage, *faults: Fault) -> Faulty:
        assert isinstance(storage, SqliteStorage)
        storage._writer = faulty = Faulty(storage._writer, faults)
        return faulty

    return give


@pytest.fixture
def changes() -> Changes:
    return Changes()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" in metafunc.fixturenames:
        is_shipped_alone = metafunc.function.__name__ in SHIPPED_ALONE
        metafunc.parametrize("database", ["sqlite"] if is_shipped_alone else list(ENGINES), indirect=True)


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    return Database(request.param, tmp_path / "pgw.db")


@pytest.fixture
async def storage(database: Database) -> AsyncIterator[Storage]:
    async with database.open() as storage:
        yield storage
