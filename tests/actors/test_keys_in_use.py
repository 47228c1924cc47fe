"""A key is in use from the command that brings it until that is answered; after that storage knows it."""

from collections.abc import Callable

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from pgw.actors.gateway import Gateway, submit_payment
from pgw.actors.mailbox import ReplyAbandoned
from pgw.actors.payment import Accepted
from pgw.actors.supervisor import RestartIntensity
from pgw.domain.errors import Refusal
from pgw.domain.idempotency import Claim
from pgw.domain.job import Job
from pgw.domain.result import Err, Ok
from pgw.storage.port import Change
from pgw.storage.sqlite import SqliteStorage
from tests.actors.fake_bank import FakeConnector, says_after
from tests.actors.memory_storage import REFUSED, MemoryStorage, Written
from tests.actors.orders import PATIENCE, an_order
from tests.actors.tree import ports_with, start_gateway

KEY, OTHER_KEY = "a" * 64, "b" * 64
IN_USE = Err(Refusal.IDEMPOTENCY_KEY_IN_USE)


async def submit(gateway: Gateway, key: str | None = KEY, merchant: str = "mer_a") -> Accepted:
    def make_claim(job: Job) -> Claim:
        return Claim(key or "", "f" * 64, job.id, "the answer")

    with trio.fail_after(PATIENCE):
        return await submit_payment(
            gateway, merchant, an_order(), "req_1", key=key, make_claim=make_claim if key else None
        )


class Callers:
    """Several at once, each of whom keeps what it was answered."""

    def __init__(self, nursery: trio.Nursery, gateway: Gateway) -> None:
        self.answers: list[Accepted | type[ReplyAbandoned]] = []
        self._nursery = nursery
        self._gateway = gateway

    async def call(self, *keys: str | None, merchant: str = "mer_a") -> None:
        for key in keys:
            self._nursery.start_soon(self._call, key, merchant)
        await wait_all_tasks_blocked()

    async def _call(self, key: str | None, merchant: str) -> None:
        try:
            self.answers.append(await submit(self._gateway, key, merchant))
        except ReplyAbandoned:
            self.answers.append(ReplyAbandoned)


def claimed_before(change: Change) -> Claim:
    return Claim(KEY, "f" * 64, change.job.id, "the answer of before")


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage()


@pytest.fixture
async def gateway(storage: MemoryStorage, nursery: trio.Nursery) -> Gateway:
    return await start_gateway(nursery, ports_with(storage, FakeConnector(says_after(60.0))))


async def test_a_second_command_with_a_key_that_is_not_answered_yet_is_refused(
    gateway: Gateway, storage: MemoryStorage, nursery: trio.Nursery
) -> None:
    storage.may_write = trio.Event()
    callers = Callers(nursery, gateway)
    await callers.call(KEY)
    await callers.call(*[KEY] * 49)
    assert [IN_USE] * 49 == callers.answers
    storage.may_write.set()
    await wait_all_tasks_blocked()
    assert (1, 1) == (len(storage.written), len([one for one in callers.answers if isinstance(one, Ok)]))


async def test_other_keys_other_merchants_and_none_are_let_in_meanwhile(
    gateway: Gateway, storage: MemoryStorage, nursery: trio.Nursery
) -> None:
    storage.may_write = trio.Event()
    callers = Callers(nursery, gateway)
    await callers.call(KEY, OTHER_KEY, None, None)
    await callers.call(KEY, merchant="mer_b")
    storage.may_write.set()
    await wait_all_tasks_blocked()
    assert [True] * 5 == [isinstance(answer, Ok) for answer in callers.answers]
    claims = [change.claim and change.claim.key for change in storage.written]
    assert sorted([KEY, KEY, OTHER_KEY, "", ""]) == sorted(claim or "" for claim in claims)


@pytest.mark.parametrize("answer", [REFUSED, None])
async def test_once_it_is_answered_storage_decides(
    answer: Written | None, gateway: Gateway, storage: MemoryStorage
) -> None:
    """The first command is refused, or accepted; the second is no longer refused for the key's sake."""
    if answer is not None:
        storage.judge = lambda _change: REFUSED
        assert REFUSED == await submit(gateway)
        storage.judge = lambda _change: Ok(None)
    assert isinstance(await submit(gateway), Ok)
    storage.judge = lambda change: Err(claimed_before(change))
    [change] = storage.written
    replayed = await submit(gateway)
    assert isinstance(replayed, Ok)
    assert isinstance(replayed.value, Claim)
    assert ("the answer of before", [change]) == (replayed.value.answer, storage.written)
    assert 1 == gateway.in_flight, "what was accepted before takes no room again"


def crashes(_change: Change) -> Written:
    raise ZeroDivisionError


@pytest.mark.usefixtures("logged")
@pytest.mark.parametrize("restarts", [50, 0])
async def test_after_a_crash_of_its_payment_or_its_merchant_the_key_is_free(
    restarts: int,
    storage: MemoryStorage,
    nursery: trio.Nursery,
    autojump_clock: MockClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pgw.actors.merchant.INTENSITY", RestartIntensity(restarts=restarts, within=10))
    gateway = await start_gateway(nursery, ports_with(storage, FakeConnector()))
    storage.judge = crashes
    callers = Callers(nursery, gateway)
    await callers.call(KEY, KEY)
    assert [IN_USE, ReplyAbandoned] == callers.answers
    storage.judge = lambda _change: Ok(None)
    assert isinstance(await submit(gateway), Ok)
    assert 5 > autojump_clock.current_time()


@pytest.mark.usefixtures("logged")
@pytest.mark.parametrize("bug", ["pgw.actors.merchant.PaymentActor", "pgw.actors.merchant.ChildSpec"])
async def test_after_a_bug_in_admission_the_key_is_free(
    bug: str, gateway: Gateway, storage: MemoryStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def has_a_bug(*_args: object) -> Callable[[], None]:
        raise ZeroDivisionError

    assert isinstance(await submit(gateway, OTHER_KEY), Ok)
    with monkeypatch.context() as patch:
        patch.setattr(bug, has_a_bug)
        with pytest.raises(ReplyAbandoned):
            await submit(gateway)
    assert isinstance(await submit(gateway), Ok)
    assert (2, 2) == (len(storage.written), gateway.in_flight)


async def test_where_there_is_no_room_the_key_is_free(storage: MemoryStorage, nursery: trio.Nursery) -> None:
    ports = ports_with(storage, FakeConnector(says_after(1.0)))
    gateway = await start_gateway(nursery, ports, in_flight=1)
    await submit(gateway, OTHER_KEY)
    assert [Err(Refusal.OVERLOADED)] * 2 == [await submit(gateway), await submit(gateway)]


async def test_of_fifty_at_once_on_a_real_file_one_is_accepted(
    database: SqliteStorage, nursery: trio.Nursery
) -> None:
    gateway = await start_gateway(nursery, ports_with(database, FakeConnector(says_after(60.0))))
    callers = Callers(nursery, gateway)
    await callers.call(*[KEY] * 50)
    with trio.fail_after(PATIENCE):
        while len(callers.answers) < 50:
            await database.check()
    jobs = [one.value for one in callers.answers if isinstance(one, Ok) and isinstance(one.value, Job)]
    others = [one for one in callers.answers if one != IN_USE and one != Ok(jobs[0])]
    assert (1, 1) == (len(jobs), gateway.in_flight)
    assert [Ok(Claim(KEY, "f" * 64, jobs[0].id, "the answer"))] * len(others) == others
    again = await submit(gateway)
    assert Ok(Claim(KEY, "f" * 64, jobs[0].id, "the answer")) == again
    assert 1 == await database.last_seq("mer_a")
