"""The one call that tries a bank whose circuit is half-open: whatever becomes of it, another one may."""

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from pgw.actors.bank import Bank
from pgw.actors.circuit import CircuitState
from pgw.actors.supervisor import ChildSpec, Restart, RestartIntensity, Supervisor
from pgw.bank.port import Answer, Call, Doubtful, NotSent
from pgw.ports import SystemClock
from tests.actors.callers import LATER, Callers
from tests.actors.conftest import StartBank
from tests.actors.fake_bank import YES, FakeConnector, a_bank, says_after, says_in_turn, says_yes
from tests.actors.orders import authorize

REFUSED, OPEN = NotSent("refused"), NotSent("the circuit of bank bank is open")
ENDED = Doubtful("the bank session ended before the answer came")


async def meets_a_bug(_call: Call) -> Answer:
    await trio.sleep(1)
    raise ZeroDivisionError


async def at_the_probe(bank: Bank, connector: FakeConnector, callers: Callers) -> None:
    """Open the circuit, and wait until it would let a probe through."""
    perform, connector.perform = connector.perform, says_in_turn([REFUSED])
    callers.call(*(f"ref_{number}" for number in range(10)))
    await wait_all_tasks_blocked()
    assert bank.circuit_state is CircuitState.OPEN
    await trio.sleep(1)
    connector.perform = perform
    connector.asked.clear()


async def one_by_one(callers: Callers, *references: str) -> None:
    for reference in references:
        callers.call(reference)
        await wait_all_tasks_blocked()


async def test_a_probe_that_succeeds_lets_the_others_through_and_only_then(
    start_bank: StartBank, autojump_clock: MockClock
) -> None:
    connector = FakeConnector(says_after(1.0))
    callers = start_bank(bank := a_bank(connector))
    await at_the_probe(bank, connector, callers)
    await one_by_one(callers, "probe", "too early")
    assert (bank.circuit_state, connector.references) == (CircuitState.HALF_OPEN, ["probe"])
    await trio.sleep(1.5)
    callers.call("one", "two")
    await trio.sleep(1.5)
    assert callers.said("probe", "too early", "one", "two") == [YES, OPEN, YES, YES]
    assert [asked.at for asked in connector.asked] == [1.0, 2.5, 2.5]
    assert autojump_clock.current_time() == 4


async def test_a_probe_that_fails_opens_the_circuit_again_for_longer(
    start_bank: StartBank, autojump_clock: MockClock
) -> None:
    connector = FakeConnector(says_in_turn([REFUSED, YES]))
    callers = start_bank(bank := a_bank(connector))
    await at_the_probe(bank, connector, callers)
    await one_by_one(callers, "probe", "too early")
    await trio.sleep(0.9)
    callers.call("still too early")
    await trio.sleep(0.2)
    callers.call("second probe")
    await wait_all_tasks_blocked()
    assert connector.references == ["probe", "second probe"]
    assert callers.said("too early", "still too early", "second probe") == [OPEN, OPEN, YES]
    assert bank.circuit_state is CircuitState.CLOSED
    assert autojump_clock.current_time() == pytest.approx(2.1)


@pytest.mark.parametrize("ends", ["cancelled", "late"])
async def test_a_probe_that_no_session_took_makes_room_for_another(
    ends: str, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    """No session is free, since the bank is between two runs."""
    connector = FakeConnector(says_yes)
    callers = Callers(bank := a_bank(connector), nursery)
    async with trio.open_nursery() as first_run:
        first_run.start_soon(bank.run)
        await at_the_probe(bank, connector, callers)
        first_run.cancel_scope.cancel()
    if ends == "cancelled":
        with trio.move_on_after(1):
            await bank.perform(authorize("probe"), submit_by=LATER)
    else:
        late = await bank.perform(authorize("probe"), submit_by=trio.current_time() + 1)
        assert late == NotSent("no session was free in time")
    assert (bank.circuit_state, trio.current_time()) == (CircuitState.HALF_OPEN, 2)
    await one_by_one(callers, "another", "too early")
    nursery.start_soon(bank.run)
    await wait_all_tasks_blocked()
    assert (callers.said("another", "too early"), connector.references) == ([YES, OPEN], ["another"])
    assert (bank.circuit_state, autojump_clock.current_time()) == (CircuitState.CLOSED, 2)


async def test_a_probe_that_found_the_queue_full_makes_room_for_another(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    connector = FakeConnector(says_yes)
    callers = Callers(bank := a_bank(connector, queue=10), nursery)
    async with trio.open_nursery() as first_run:
        first_run.start_soon(bank.run)
        await at_the_probe(bank, connector, callers)
        first_run.cancel_scope.cancel()
    for number in range(10):
        with trio.move_on_after(0.1):
            await bank.perform(authorize(f"withdrawn_{number}"), submit_by=LATER)
    full = await bank.perform(authorize("one too many"), submit_by=LATER)
    assert full == NotSent("the bank's queue is full")
    nursery.start_soon(bank.run)
    await wait_all_tasks_blocked()
    callers.call("another")
    await wait_all_tasks_blocked()
    assert (callers.said("another"), bank.circuit_state) == ([YES], CircuitState.CLOSED)
    assert autojump_clock.current_time() == pytest.approx(2)


async def test_a_probe_whose_caller_left_while_it_was_at_work_still_tells(
    start_bank: StartBank, autojump_clock: MockClock
) -> None:
    connector = FakeConnector(says_after(5.0))
    callers = start_bank(bank := a_bank(connector))
    await at_the_probe(bank, connector, callers)
    with trio.move_on_after(1):
        await bank.perform(authorize("probe"), submit_by=LATER)
    callers.call("too early")
    await trio.sleep(4.5)
    assert (callers.said("too early"), bank.circuit_state) == ([OPEN], CircuitState.CLOSED)
    assert connector.references == ["probe"]
    assert autojump_clock.current_time() == 6.5


async def test_a_probe_whose_session_crashes_makes_room_for_another(
    start_bank: StartBank, autojump_clock: MockClock
) -> None:
    connector = FakeConnector(meets_a_bug)
    callers = start_bank(bank := a_bank(connector))
    await at_the_probe(bank, connector, callers)
    callers.call("probe")
    await trio.sleep(1.5)
    assert (callers.said("probe"), bank.circuit_state) == ([ENDED], CircuitState.HALF_OPEN)
    connector.perform = says_yes
    callers.call("another")
    await wait_all_tasks_blocked()
    assert (callers.said("another"), bank.circuit_state) == ([YES], CircuitState.CLOSED)
    assert autojump_clock.current_time() == 2.5


async def test_the_circuit_survives_a_crash_of_the_bank_and_so_does_its_probe(
    nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    monkeypatch.setattr("pgw.actors.bank.INTENSITY", RestartIntensity(restarts=0, within=10))
    connector = FakeConnector(meets_a_bug)
    callers = Callers(bank := a_bank(connector), nursery)
    above = Supervisor("test", RestartIntensity(restarts=1, within=10), SystemClock())
    nursery.start_soon(above.run, ChildSpec("bank", bank.run, Restart.PERMANENT))
    await at_the_probe(bank, connector, callers)
    await one_by_one(callers, "probe", "too early")
    await trio.sleep(1.5)
    assert callers.said("probe", "too early") == [ENDED, OPEN]
    assert (bank.circuit_state, bank.sessions) == (CircuitState.HALF_OPEN, 0)
    connector.perform = says_yes
    callers.call("another")
    await wait_all_tasks_blocked()
    assert (callers.said("another"), bank.circuit_state) == ([YES], CircuitState.CLOSED)
    assert autojump_clock.current_time() == 2.5


async def test_an_open_circuit_stays_open_over_a_crash_of_the_bank(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    connector = FakeConnector(says_in_turn([REFUSED]))
    callers = Callers(bank := a_bank(connector), nursery)
    async with trio.open_nursery() as first_run:
        first_run.start_soon(bank.run)
        callers.call(*(f"ref_{number}" for number in range(10)))
        await wait_all_tasks_blocked()
        first_run.cancel_scope.cancel()
    nursery.start_soon(bank.run)
    callers.call("refused")
    await wait_all_tasks_blocked()
    assert (callers.said("refused"), len(connector.asked)) == ([OPEN], 10)
    assert bank.circuit_state is CircuitState.OPEN
    assert autojump_clock.current_time() == 0
