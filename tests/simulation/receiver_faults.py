"""How merchants' servers receive webhooks, and what becomes of a request on its way."""

from enum import Enum, auto
from random import Random

from attrs import frozen


class Fate(Enum):
    """What becomes of one webhook."""

    TAKEN = auto()
    REFUSED = auto()
    """There was no connection, so nothing was told."""
    FAILED = auto()
    """500."""
    BUSY = auto()
    """429, and when to come again."""
    GONE = auto()
    """410."""
    SILENT = auto()
    """It was told, and answers nothing until the gateway gives up."""
    UNHEARD = auto()
    """It was taken, and the answer was lost."""


@frozen
class ReceiverFaults:
    """Chances from 0 to 1 a request; `slow` is that of an answer that takes up to `SLOW_SECONDS`.

    A receiver that `goes_down` refuses connections for up to `DOWN_SECONDS`.
    """

    refused: float = 0.0
    failed: float = 0.0
    busy: float = 0.0
    gone: float = 0.0
    silent: float = 0.0
    unheard: float = 0.0
    slow: float = 0.0
    goes_down: float = 0.0

    def fate(self, random: Random) -> Fate:
        chances = {
            Fate.REFUSED: self.refused,
            Fate.FAILED: self.failed,
            Fate.BUSY: self.busy,
            Fate.GONE: self.gone,
            Fate.SILENT: self.silent,
            Fate.UNHEARD: self.unheard,
        }
        drawn = random.random()
        for fate, chance in chances.items():
            drawn -= chance
            if drawn < 0:
                return fate
        return Fate.TAKEN


SLOW_SECONDS = 10.0
DOWN_SECONDS = 40.0
LONGEST_RETRY_AFTER = 20
NO_RECEIVER_FAULTS = ReceiverFaults()
FLAKY = ReceiverFaults(
    refused=0.05, failed=0.15, busy=0.05, silent=0.05, unheard=0.1, slow=0.1, goes_down=0.02
)
WITHDRAWN = ReceiverFaults(failed=0.1, gone=0.1, unheard=0.1)
AWAY = ReceiverFaults(refused=0.6, silent=0.2, goes_down=0.1)
FORGETFUL = ReceiverFaults(unheard=0.5, slow=0.3)
