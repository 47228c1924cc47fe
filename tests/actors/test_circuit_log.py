"""Each change of the circuit is one line of the log."""

import pytest
import structlog
from structlog.testing import LogCapture
from trio.testing import MockClock

from pgw.actors.circuit import Circuit
from pgw.bank.port import Doubtful, NotProcessed, NotSent
from pgw.ports import SystemClock
from tests.actors.fake_bank import YES, FixedRandomness


@pytest.fixture
def circuit_log(monkeypatch: pytest.MonkeyPatch) -> LogCapture:
    capture = LogCapture()
    monkeypatch.setattr("pgw.actors.circuit._log", structlog.wrap_logger(None, processors=[capture]))
    return capture


async def test_each_change_is_logged_once_with_its_reason(
    circuit_log: LogCapture, mock_clock: MockClock
) -> None:
    circuit = Circuit("acme", SystemClock(), FixedRandomness(1.0))

    def record(failure: NotSent | NotProcessed | Doubtful) -> None:
        permit = circuit.ask()
        assert permit is not None
        circuit.record(permit, f"ref_{len(circuit._recent)}", failure)

    for _ in range(9):
        record(Doubtful("earlier"))
    assert [] == circuit_log.entries
    at_work = circuit.ask()
    assert at_work is not None
    record(NotSent("ConnectError"))
    circuit.record(at_work, "ref_late", Doubtful("late"))
    assert [None] * 100 == [circuit.ask() for _ in range(100)]
    mock_clock.jump(1)
    record(NotProcessed())
    mock_clock.jump(2)
    probe = circuit.ask()
    assert probe is not None
    assert [None] * 100 == [circuit.ask() for _ in range(100)]
    circuit.record(probe, "ref_probe", YES)
    opened = {"event": "CircuitOpened", "log_level": "warning", "Bank": "acme"}
    half_open = {"event": "CircuitHalfOpen", "log_level": "info", "Bank": "acme"}
    assert [
        opened | {"Reason": "ConnectError", "Seconds": 1.0},
        half_open,
        opened | {"Reason": "not processed (503)", "Seconds": 2.0},
        half_open,
        {"event": "CircuitClosed", "log_level": "info", "Bank": "acme"},
    ] == circuit_log.entries
