"""Who is let in: caps on payments in flight, and the end of admission."""

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from pgw.actors.gateway import Gateway
from pgw.actors.mailbox import ReplyAbandoned
from pgw.domain.errors import Refusal
from pgw.domain.payment import PaymentStatus
from pgw.domain.result import Err, Ok
from pgw.ports import SystemClock, SystemRandomness, TimeOrderedIds
from tests.actors.fake_bank import FakeConnector, says_after, says_yes
from tests.actors.memory_storage import REFUSED, MemoryStorage
from tests.actors.orders import pay, submit
from tests.actors.tree import ports_with, start_gateway

OVERLOADED = Err(Refusal.OVERLOADED)


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage()


@pytest.fixture
async def gateway(storage: MemoryStorage, nursery: trio.Nursery) -> Gateway:
    """Room for 3 payments in all and 2 of one merchant, at a bank that takes 10 seconds."""
    ports = ports_with(storage, FakeConnector(says_after(10.0)))
    return await start_gateway(nursery, ports, in_flight=3, in_flight_a_merchant=2)


async def test_a_merchant_with_too_many_in_flight_is_refused_before_anything_is_written(
    gateway: Gateway, storage: MemoryStorage
) -> None:
    await pay(gateway)
    await pay(gateway)
    assert await submit(gateway) == OVERLOADED
    assert (gateway.in_flight, len(storage.written)) == (2, 2)
    assert isinstance(await submit(gateway, merchant="mer_b"), Ok)


async def test_a_full_gateway_refuses_everybody_before_anything_is_written(
    gateway: Gateway, storage: MemoryStorage
) -> None:
    for merchant in ("mer_a", "mer_b", "mer_c"):
        await pay(gateway, merchant=merchant)
    for merchant in ("mer_a", "mer_d"):
        assert await submit(gateway, merchant=merchant) == OVERLOADED
    assert (gateway.in_flight, len(storage.written)) == (3, 3)


async def test_once_the_bank_has_answered_there_is_room_again(
    gateway: Gateway, autojump_clock: MockClock
) -> None:
    for merchant in ("mer_a", "mer_a", "mer_b"):
        await pay(gateway, merchant=merchant)
    await trio.sleep(9)
    assert gateway.in_flight == 3
    await trio.sleep(2)
    assert (gateway.in_flight, autojump_clock.current_time()) == (0, 11)
    for merchant in ("mer_a", "mer_a", "mer_b"):
        await pay(gateway, merchant=merchant)


async def test_what_storage_refused_takes_no_room(gateway: Gateway, storage: MemoryStorage) -> None:
    storage.judge = lambda _change: REFUSED
    for _ in range(5):
        assert await submit(gateway) == REFUSED
    assert gateway.in_flight == 0


async def test_a_full_mailbox_refuses_at_once(monkeypatch: pytest.MonkeyPatch, nursery: trio.Nursery) -> None:
    monkeypatch.setattr("pgw.actors.merchant.MAILBOX_CAPACITY", 2)
    storage = MemoryStorage()
    gateway = await start_gateway(nursery, ports_with(storage, FakeConnector(says_after(10.0))))
    refused: list[object] = []

    async def caller() -> None:
        answer = await submit(gateway)
        if answer == OVERLOADED:
            refused.append(answer)

    for _ in range(5):
        nursery.start_soon(caller)
    await wait_all_tasks_blocked()
    assert [len(refused), len(storage.written)] == [3, 2]


async def test_a_draining_gateway_refuses_commands_and_ends_those_in_flight(
    gateway: Gateway, storage: MemoryStorage, autojump_clock: MockClock
) -> None:
    await pay(gateway)
    gateway.admit_no_more()
    assert await submit(gateway) == Err(Refusal.SHUTTING_DOWN)
    assert (gateway.is_draining, len(storage.written)) == (True, 1)
    await trio.sleep(11)
    assert autojump_clock.current_time() == 11
    assert (storage.statuses(), gateway.in_flight) == ([PaymentStatus.APPROVED], 0)


class BuggyOnce(TimeOrderedIds):
    """Fails to make its first id."""

    has_failed = False

    def new(self, kind: str) -> str:
        if not self.has_failed:
            self.has_failed = True
            raise ZeroDivisionError
        return super().new(kind)


async def test_a_bug_in_admission_abandons_the_caller_and_admits_the_next(nursery: trio.Nursery) -> None:
    storage = MemoryStorage()
    ids = BuggyOnce(SystemClock(), SystemRandomness())
    ports = ports_with(storage, FakeConnector(says_yes), ids)
    gateway = await start_gateway(nursery, ports, in_flight=1)
    with trio.fail_after(5), pytest.raises(ReplyAbandoned):
        await submit(gateway)
    assert gateway.in_flight == 0
    await pay(gateway)
