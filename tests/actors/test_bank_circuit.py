"""A bank that is dead, that hangs or that flaps: its circuit spares it, and spares its callers."""

from itertools import pairwise

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from pgw.actors.circuit import CircuitState
from pgw.actors.supervisor import RestartIntensity
from pgw.bank.port import Answer, Call, Doubtful, NeverSeen, NotProcessed, NotSent
from tests.actors.callers import LATER
from tests.actors.conftest import StartBank
from tests.actors.fake_bank import (
    YES,
    FakeConnector,
    FixedRandomness,
    a_bank,
    says_after,
    says_in_turn,
    says_yes,
)

REFUSED, OPEN = NotSent("refused"), NotSent("the circuit of bank bank is open")
TIMED_OUT = Doubtful("no answer within 60 s")


@pytest.fixture(autouse=True)
def _no_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    """One crash of a session ends the bank, and with it the test."""
    monkeypatch.setattr("pgw.actors.bank.INTENSITY", RestartIntensity(restarts=0, within=10))


def payments(count: int, name: str = "ref") -> list[str]:
    return [f"{name}_{number}" for number in range(count)]


@pytest.mark.parametrize("failure", [REFUSED, NotProcessed()])
@pytest.mark.parametrize(("jitter", "share"), [(0.0, 0.5), (1.0, 1.0)])
async def test_a_dead_bank_is_asked_less_and_less_up_to_a_cap(
    failure: Answer, jitter: float, share: float, start_bank: StartBank, autojump_clock: MockClock
) -> None:
    connector = FakeConnector(says_in_turn([failure]))
    bank = a_bank(connector, concurrency=20, randomness=FixedRandomness(jitter))
    callers = start_bank(bank)
    callers.retry(*payments(20), every=0.1)
    await trio.sleep(10)
    most_sessions = 0
    for _ in range(120):
        await trio.sleep(1)
        most_sessions = max(most_sessions, bank.sessions)
    times = [asked.at for asked in connector.asked]
    assert times[:20] == [0.0] * 20
    waits = [later - earlier for earlier, later in pairwise(times[19:])]
    steps = [1, 2, 4, 8, 16, 30, 30]
    assert waits[:7] == pytest.approx([step * share for step in steps], abs=0.11)
    assert [max(waits), most_sessions] == [pytest.approx(30 * share, abs=0.11), 1]
    assert autojump_clock.current_time() == pytest.approx(130)


async def test_while_it_is_open_calls_are_refused_at_once_and_cost_no_session(
    start_bank: StartBank, autojump_clock: MockClock
) -> None:
    connector = FakeConnector(says_in_turn([REFUSED]))
    bank = a_bank(connector)
    callers = start_bank(bank)
    callers.call(*payments(10))
    await trio.sleep(0.3)
    assert (bank.circuit_state, len(connector.asked)) == (CircuitState.OPEN, 10)
    opened = connector.opened
    callers.call(*payments(500, "refused"))
    await wait_all_tasks_blocked()
    assert {answer for _, answer in callers.answers.values()} == {REFUSED, OPEN}
    assert callers.answers["refused_499"] == (0.3, OPEN)
    assert (len(connector.asked), connector.opened) == (10, opened)
    assert autojump_clock.current_time() == 0.3


async def test_the_first_success_after_a_long_outage_serves_all_at_once(
    start_bank: StartBank, autojump_clock: MockClock
) -> None:
    connector = FakeConnector(says_in_turn([REFUSED]))
    bank = a_bank(connector, concurrency=50)
    callers = start_bank(bank)
    callers.retry(*payments(30), every=0.5)
    await trio.sleep(120)
    connector.perform = says_after(1.0)
    asked = len(connector.asked)
    await trio.sleep(20)
    assert callers.said(*payments(30)) == [YES] * 30
    served_at = sorted(at for at, _ in callers.answers.values())
    # The longest backoff is half of 30 s here; then the probe's second, a retry's half, and a second for all.
    assert served_at[0] <= 120 + 15 + 0.5 + 1
    assert served_at[-1] <= served_at[0] + 0.5 + 1
    assert (len(connector.asked), bank.circuit_state) == (asked + 30, CircuitState.CLOSED)
    assert autojump_clock.current_time() == 140


async def test_when_a_bank_hangs_calls_that_wait_are_refused_once_a_session_is_free(
    start_bank: StartBank, autojump_clock: MockClock
) -> None:
    connector = FakeConnector(says_after(60.0, TIMED_OUT))
    callers = start_bank(bank := a_bank(connector, concurrency=10))
    callers.call(*payments(10))
    await wait_all_tasks_blocked()
    callers.call(*payments(90, "waiting"))
    await trio.sleep(60.2)
    assert set(callers.said(*payments(10))) == {TIMED_OUT}
    assert {callers.answers[reference] for reference in payments(90, "waiting")} == {(60.0, OPEN)}
    assert (len(connector.asked), bank.circuit_state) == (10, CircuitState.OPEN)
    assert autojump_clock.current_time() == 60.2


async def test_a_hanging_bank_costs_one_doubt_a_probe(
    start_bank: StartBank, autojump_clock: MockClock
) -> None:
    connector = FakeConnector(says_after(60.0, TIMED_OUT))
    callers = start_bank(bank := a_bank(connector, concurrency=10))
    callers.call(*payments(10))
    await trio.sleep(61)
    callers.retry(*payments(50, "later"), every=0.5)
    await trio.sleep(59)
    assert (bank.circuit_state, bank.sessions) == (CircuitState.HALF_OPEN, 1)
    assert len([answer for _, answer in callers.answers.values() if answer == OPEN]) == 49
    await trio.sleep(100)
    assert [asked.at for asked in connector.asked[10:]] == [61.0, 122.0, 184.0]
    assert len(set(connector.references)) == 13
    assert callers.said(*payments(50, "later")).count(TIMED_OUT) == 2
    assert autojump_clock.current_time() == 220


async def test_a_flapping_bank_opens_and_closes_it_and_every_payment_is_processed_in_the_end(
    start_bank: StartBank, autojump_clock: MockClock
) -> None:
    count = 0

    async def fails_every_other(_call: Call) -> Answer:
        nonlocal count
        count += 1
        await trio.sleep(0.01)
        return YES if count % 2 else NotProcessed()

    bank = a_bank(FakeConnector(fails_every_other))
    callers = start_bank(bank)
    callers.retry(*payments(200), every=0.2)
    seen = [bank.circuit_state]
    for _ in range(6000):
        await trio.sleep(0.005)
        if bank.circuit_state is not seen[-1]:
            seen.append(bank.circuit_state)
    assert set(callers.said(*payments(200))) == {YES}
    assert set(seen) == set(CircuitState)
    assert seen[-1] is CircuitState.CLOSED
    assert bank.sessions == 0
    assert autojump_clock.current_time() == pytest.approx(30)


async def test_look_ups_count_as_well_and_are_refused_as_well(
    start_bank: StartBank, autojump_clock: MockClock
) -> None:
    connector = FakeConnector(says_in_turn([TIMED_OUT] * 10 + [NeverSeen()]))
    callers = start_bank(bank := a_bank(connector))
    callers.look_up(*payments(10))
    await wait_all_tasks_blocked()
    assert bank.circuit_state is CircuitState.OPEN
    callers.call("payment")
    callers.look_up("refused")
    await trio.sleep(1)
    assert callers.said("payment", "refused") == [OPEN, OPEN]
    callers.look_up("probe")
    await wait_all_tasks_blocked()
    assert (callers.said("probe"), bank.circuit_state) == ([NeverSeen()], CircuitState.CLOSED)
    assert autojump_clock.current_time() == 1


async def test_a_few_payments_that_fail_among_others_stop_nobody(
    start_bank: StartBank, autojump_clock: MockClock
) -> None:
    connector = FakeConnector(says_yes)
    callers = start_bank(bank := a_bank(connector))
    for number in range(100):
        connector.perform = says_in_turn([TIMED_OUT]) if number % 3 == 0 else says_yes
        callers.call(f"ref_{number}", submit_by=LATER)
        await wait_all_tasks_blocked()
    answers = callers.said(*payments(100))
    assert (answers.count(TIMED_OUT), answers.count(YES)) == (34, 66)
    assert bank.circuit_state is CircuitState.CLOSED
    assert autojump_clock.current_time() == 0
