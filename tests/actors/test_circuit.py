"""When the circuit of a bank opens, half-opens and closes, by a clock that is set by hand."""

from datetime import UTC, datetime

import pytest

from pgw.actors.circuit import Circuit, CircuitState, Permit
from pgw.bank.port import (
    Answer,
    Authorized,
    Declined,
    Doubtful,
    NeverSeen,
    NotProcessed,
    NotReversible,
    NotSent,
    Pending,
    Rejected,
    Reversed,
)
from tests.actors.fake_bank import YES, FixedRandomness

REFUSED = NotSent("refused")
FAILURES: list[Answer] = [REFUSED, NotProcessed(), Doubtful("time-out")]
SUCCESSES: list[Answer] = [
    Authorized("code"),
    Declined("lost_card"),
    Rejected(),
    Pending(),
    NeverSeen(),
    Reversed(),
    NotReversible(),
]


class HandClock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def now(self) -> datetime:
        return datetime(2030, 1, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def circuit(clock: HandClock) -> Circuit:
    """A circuit whose backoff is 1, 2, 4 … 30 seconds."""
    return Circuit("bank", clock, FixedRandomness(1.0))


def let_through(circuit: Circuit) -> Permit:
    permit = circuit.ask()
    assert permit is not None
    return permit


def fed(circuit: Circuit, *outcomes: Answer, payments: int = 1000) -> CircuitState:
    """Let calls through one after the other, of so many payments in turn."""
    for number, outcome in enumerate(outcomes):
        circuit.record(let_through(circuit), f"ref_{number % payments}", outcome)
    return circuit.state


def opened(circuit: Circuit) -> Circuit:
    assert fed(circuit, *[REFUSED] * 10) is CircuitState.OPEN
    return circuit


def half_opened(circuit: Circuit, clock: HandClock) -> Permit:
    """Return the probe's permit."""
    opened(circuit)
    clock.seconds += 1
    return let_through(circuit)


@pytest.mark.parametrize(
    ("failures", "successes", "more_failures", "state"),
    [
        (9, 0, 0, CircuitState.CLOSED),
        (10, 0, 0, CircuitState.OPEN),
        (9, 10, 1, CircuitState.OPEN),
        (9, 11, 1, CircuitState.CLOSED),
        (9, 1000, 9, CircuitState.CLOSED),
        (9, 1000, 10, CircuitState.OPEN),
    ],
)
def test_it_opens_when_ten_of_the_last_twenty_calls_failed(
    failures: int, successes: int, more_failures: int, state: CircuitState, circuit: Circuit
) -> None:
    outcomes: list[Answer] = [*[REFUSED] * failures, *[YES] * successes, *[REFUSED] * more_failures]
    assert state is fed(circuit, *outcomes)


@pytest.mark.parametrize("failure", FAILURES)
def test_each_kind_of_no_answer_is_a_failure(failure: Answer, circuit: Circuit) -> None:
    assert CircuitState.OPEN is fed(circuit, *[failure] * 10)


@pytest.mark.parametrize("success", SUCCESSES)
def test_each_answer_of_the_bank_also_a_no_is_a_success(success: Answer, circuit: Circuit) -> None:
    assert CircuitState.CLOSED is fed(circuit, *[REFUSED] * 9, *[success] * 11, REFUSED)


def test_a_bank_that_fails_every_other_call_opens_it(circuit: Circuit) -> None:
    answers: list[Answer] = [YES, REFUSED]
    assert CircuitState.OPEN is fed(circuit, *answers * 10)


@pytest.mark.parametrize(
    ("payments", "state"), [(1, CircuitState.CLOSED), (2, CircuitState.CLOSED), (3, CircuitState.OPEN)]
)
def test_one_bad_payment_or_two_that_are_tried_again_and_again_do_not_open_it(
    payments: int, state: CircuitState, circuit: Circuit
) -> None:
    assert state is fed(circuit, *[NotProcessed()] * 10, payments=payments)


def test_while_open_it_lets_nothing_through_until_its_backoff_is_over(
    circuit: Circuit, clock: HandClock
) -> None:
    opened(circuit)
    for clock.seconds in (100.0, 100.5, 100.999):
        assert (None, CircuitState.OPEN) == (circuit.ask(), circuit.state)
    clock.seconds = 101.0
    assert (True, CircuitState.HALF_OPEN) == (circuit.ask() is not None, circuit.state)


def test_while_half_open_it_lets_one_call_through_however_long_that_takes(
    circuit: Circuit, clock: HandClock
) -> None:
    half_opened(circuit, clock)
    for clock.seconds in (101.0, 102.0, 10_000.0):
        assert (None, CircuitState.HALF_OPEN) == (circuit.ask(), circuit.state)


@pytest.mark.parametrize("failure", FAILURES)
def test_a_probe_that_fails_opens_it_for_longer_up_to_a_cap(
    failure: Answer, circuit: Circuit, clock: HandClock
) -> None:
    opened(circuit)
    waits = []
    for _ in range(7):
        since = clock.seconds
        while (permit := circuit.ask()) is None:
            clock.seconds += 0.5
        waits.append(clock.seconds - since)
        circuit.record(permit, "probe", failure)
        assert CircuitState.OPEN is circuit.state
    assert [1, 2, 4, 8, 16, 30, 30] == waits


@pytest.mark.parametrize("success", SUCCESSES)
def test_a_probe_that_succeeds_closes_it_and_the_past_is_forgotten(
    success: Answer, circuit: Circuit, clock: HandClock
) -> None:
    circuit.record(half_opened(circuit, clock), "probe", REFUSED)
    clock.seconds += 2
    circuit.record(let_through(circuit), "probe", success)
    assert CircuitState.CLOSED is circuit.state
    assert CircuitState.CLOSED is fed(circuit, *[REFUSED] * 9)
    assert CircuitState.OPEN is fed(circuit, REFUSED)
    clock.seconds += 1
    assert circuit.ask() is not None


@pytest.mark.parametrize("answer", [YES, REFUSED])
def test_calls_from_before_it_opened_neither_close_nor_open_it(
    answer: Answer, circuit: Circuit, clock: HandClock
) -> None:
    at_work = let_through(circuit)
    probe = half_opened(circuit, clock)
    circuit.record(at_work, "ref", answer)
    assert (CircuitState.HALF_OPEN, None) == (circuit.state, circuit.ask())
    circuit.record(probe, "probe", REFUSED)
    circuit.record(at_work, "ref", answer)
    assert (CircuitState.OPEN, None) == (circuit.state, circuit.ask())
    clock.seconds += 2
    circuit.record(let_through(circuit), "probe", YES)
    for number in range(1000):
        circuit.record(at_work, f"ref_{number}", answer)
    assert CircuitState.CLOSED is circuit.state


def test_a_permit_that_lapsed_is_good_again_only_where_a_call_is_let_through(
    circuit: Circuit, clock: HandClock
) -> None:
    waiting = let_through(circuit)
    assert waiting == circuit.renew(waiting)
    opened(circuit)
    assert None is circuit.renew(waiting)
    clock.seconds += 1
    probe = circuit.renew(waiting)
    assert probe is not None
    assert (probe, None) == (circuit.renew(probe), circuit.renew(waiting))
    circuit.record(probe, "probe", YES)
    assert let_through(circuit) == circuit.renew(waiting)


def test_a_probes_right_that_is_given_back_goes_to_another_call_and_only_once(
    circuit: Circuit, clock: HandClock
) -> None:
    first = half_opened(circuit, clock)
    circuit.give_back(first)
    second = let_through(circuit)
    circuit.give_back(first)
    circuit.record(first, "first", YES)
    assert (None, CircuitState.HALF_OPEN) == (circuit.ask(), circuit.state)
    circuit.record(second, "second", YES)
    assert CircuitState.CLOSED is circuit.state


def test_a_permit_of_another_call_does_not_give_the_probes_right_back(
    circuit: Circuit, clock: HandClock
) -> None:
    at_work = let_through(circuit)
    half_opened(circuit, clock)
    circuit.give_back(at_work)
    assert None is circuit.ask()
