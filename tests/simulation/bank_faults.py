"""How the simulated bank and the way to it misbehave: when a request arrives, and what its caller is told."""

from enum import Enum, auto
from random import Random

from attrs import frozen

LATEST_SECONDS = 90.0


class Arrival(Enum):
    NOW = auto()
    LATE = auto()
    """Within `LATEST_SECONDS`, whether or not its connection is still there."""
    NEVER = auto()


class Said(Enum):
    ANSWER = auto()
    TWICE = auto()
    """Two whole answers, the second one at once or, where it names its reference, a moment later."""
    HALF = auto()
    GARBAGE = auto()
    ERROR = auto()
    """500."""
    UNAVAILABLE = auto()
    """503."""
    NOTHING = auto()
    """The connection stays open, and silent."""
    CLOSE = auto()


@frozen
class Fate:
    arrival: Arrival
    said: Said


NO_FAULT = Fate(Arrival.NOW, Said.ANSWER)
# A 503 whose request arrives all the same comes from an intermediary, and rarely.
_WEIGHTS: dict[Fate, int] = {
    Fate(Arrival.NOW, Said.TWICE): 10,
    Fate(Arrival.NOW, Said.HALF): 10,
    Fate(Arrival.NOW, Said.GARBAGE): 6,
    Fate(Arrival.NOW, Said.ERROR): 10,
    Fate(Arrival.NOW, Said.NOTHING): 10,
    Fate(Arrival.NOW, Said.CLOSE): 10,
    Fate(Arrival.LATE, Said.ANSWER): 10,
    Fate(Arrival.LATE, Said.GARBAGE): 4,
    Fate(Arrival.LATE, Said.ERROR): 6,
    Fate(Arrival.LATE, Said.UNAVAILABLE): 2,
    Fate(Arrival.LATE, Said.NOTHING): 10,
    Fate(Arrival.LATE, Said.CLOSE): 10,
    Fate(Arrival.NEVER, Said.GARBAGE): 3,
    Fate(Arrival.NEVER, Said.ERROR): 5,
    Fate(Arrival.NEVER, Said.UNAVAILABLE): 15,
    Fate(Arrival.NEVER, Said.NOTHING): 8,
    Fate(Arrival.NEVER, Said.CLOSE): 10,
}


@frozen
class BankFaults:
    """Chances from 0 to 1: of a connection, of a request, and of a reversal that the bank says it cannot do.

    `slow` is the chance that processing takes up to `slow_seconds`; `impatient` that the bank closes an idle
    connection before the gateway would; `late` that a request arrives late and has no answer, beside what may
    become of it by `request`. `anonymous_twins` is the chance that a second answer which names no reference
    comes a moment later, while another call may wait for its own; else it comes with the first one.
    `forgetful` that a void which is repeated is told only that there is nothing to be voided any more, which
    does not end with the other faults.
    """

    refuse: float = 0.0
    never_connect: float = 0.0
    request: float = 0.0
    slow: float = 0.0
    slow_seconds: float = 40.0
    decline: float = 0.2
    malformed: float = 0.0
    irreversible: float = 0.0
    impatient: float = 0.0
    anonymous_twins: float = 0.0
    late: float = 0.0
    forgetful: float = 0.3

    def healed(self) -> "BankFaults":
        """Return none, but that it goes on saying no to some payments."""
        return BankFaults(decline=self.decline, forgetful=self.forgetful)

    def fate(self, random: Random) -> Fate:
        if self.late and random.random() < self.late:
            return Fate(Arrival.LATE, random.choice((Said.ERROR, Said.NOTHING, Said.CLOSE)))
        if random.random() >= self.request:
            return NO_FAULT
        (fate,) = random.choices(list(_WEIGHTS), list(_WEIGHTS.values()))
        return fate


NO_BANK_FAULTS = BankFaults()
STORMY = BankFaults(
    refuse=0.1,
    never_connect=0.05,
    request=0.4,
    slow=0.1,
    malformed=0.03,
    irreversible=0.02,
    impatient=0.1,
)
