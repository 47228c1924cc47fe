"""The circuit of one bank: closed while it answers, open while it fails, half-open while a call tries it."""

from collections import deque
from enum import StrEnum
from typing import NewType

import structlog

from pgw.actors.backoff import Backoff
from pgw.bank.port import Answer, NoAnswer, NotProcessed, NotSent
from pgw.ports import Clock, Randomness

RECENT_OUTCOMES = 20
FAILURES_THAT_OPEN = 10
# One bad payment is tried some thirty times, and on a quiet day nobody else's success comes in between.
REFERENCES_THAT_OPEN = 3
OPEN_FIRST_SECONDS = 1.0
OPEN_LONGEST_SECONDS = 30.0
_log = structlog.get_logger()

Permit = NewType("Permit", int)
"""Lets one call through. It lapses when the circuit changes, and then its call says nothing more."""


class CircuitState(StrEnum):
    """Closed lets every call through, open none, half-open one: the probe."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Circuit:
    """Spares a bank that fails its calls, and the calls a bank that fails.

    A failure is `NoAnswer`; any other answer, also a no, is a success. No task drives it: an open circuit is
    half-open once a call comes after its backoff. Who asked for a permit sees to it that it is recorded or
    given back.
    """

    def __init__(self, bank: str, clock: Clock, randomness: Randomness) -> None:
        self.refusal = NotSent(f"the circuit of bank {bank} is open")
        self._bank = bank
        self._clock = clock
        self._backoff = Backoff(OPEN_FIRST_SECONDS, OPEN_LONGEST_SECONDS, randomness)
        self.openings = 0
        self._state = CircuitState.CLOSED
        self._good_permit = Permit(0)
        # The reference of each failure, None for a success.
        self._recent: deque[str | None] = deque(maxlen=RECENT_OUTCOMES)
        self._times_opened = 0
        self._half_open_from = 0.0
        self._is_probing = False

    @property
    def state(self) -> CircuitState:
        return self._state

    @property
    def room(self) -> int | None:
        """How many calls would be let through now: none, the probe, or any number (None)."""
        if self._state is CircuitState.CLOSED:
            return None
        is_waiting = self._state is CircuitState.OPEN and self._clock.monotonic() < self._half_open_from
        return 0 if is_waiting or self._is_probing else 1

    def ask(self) -> Permit | None:
        """Return a permit for one call, or none where the call is to be refused."""
        if self._state is CircuitState.CLOSED:
            return self._good_permit
        if self._state is CircuitState.OPEN and self._clock.monotonic() >= self._half_open_from:
            self._become(CircuitState.HALF_OPEN)
            _log.info("CircuitHalfOpen", Bank=self._bank)
        if self._state is CircuitState.OPEN or self._is_probing:
            return None
        self._is_probing = True
        # The one before was given back: it is not to be mistaken for this one.
        self._good_permit = Permit(self._good_permit + 1)
        return self._good_permit

    def renew(self, permit: Permit) -> Permit | None:
        """Return the permit if it is still good, else ask for another."""
        return permit if permit == self._good_permit else self.ask()

    def give_back(self, permit: Permit) -> None:
        """Let another call be the probe if this one was; once its outcome is recorded this does nothing."""
        if permit == self._good_permit:
            self._is_probing = False

    def record(self, permit: Permit, reference: str, answer: Answer) -> None:
        """Learn from what became of the call under this reference.

        A call from before the circuit changed counts for nothing: hundreds may time out after the bank is
        well again, and one late yes does not show that it is. Only the probe does.
        """
        if permit != self._good_permit:
            return
        failure = answer if isinstance(answer, NoAnswer) else None
        if self._state is CircuitState.HALF_OPEN:
            if failure is None:
                self._close()
            else:
                self._open(failure)
        elif failure is not None:
            self._recent.append(reference)
            if self._is_failing():
                self._open(failure)
        elif self._recent:
            self._recent.append(None)

    def _is_failing(self) -> bool:
        failed = [reference for reference in self._recent if reference is not None]
        return len(failed) >= FAILURES_THAT_OPEN and len(set(failed)) >= REFERENCES_THAT_OPEN

    def _open(self, failure: NoAnswer) -> None:
        self._become(CircuitState.OPEN)
        self.openings += 1
        self._times_opened += 1
        seconds = self._backoff.delay(self._times_opened)
        self._half_open_from = self._clock.monotonic() + seconds
        reason = "not processed (503)" if isinstance(failure, NotProcessed) else failure.reason
        _log.warning("CircuitOpened", Bank=self._bank, Reason=reason, Seconds=round(seconds, 3))

    def _close(self) -> None:
        self._become(CircuitState.CLOSED)
        self._times_opened = 0
        _log.info("CircuitClosed", Bank=self._bank)

    def _become(self, state: CircuitState) -> None:
        self._state = state
        self._good_permit = Permit(self._good_permit + 1)
        self._recent.clear()
        self._is_probing = False
