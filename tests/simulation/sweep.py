"""Ends one seed's first life everywhere: at each operation of the disk, and every so many steps."""

from tests.simulation.plan import Ending, Kind, Unit
from tests.simulation.runs import Case

MOST_OPERATIONS, MOST_STEPS = 250, 3000


def sweep_of(seed: int, every: int) -> list[Case]:
    """Return the cases, alternately a kill and a power cut, of which the latest end the life after it."""
    operations = [(Unit.OPERATIONS, at) for at in range(1, MOST_OPERATIONS + 1)]
    steps = [(Unit.STEPS, at) for at in range(1, MOST_STEPS + 1, every)]
    return [
        Case(seed, ending=Ending(kind, unit, at))
        for unit, at in [*operations, *steps]
        for kind in (Kind.KILL, Kind.POWER_CUT)
    ]
