"""How much of the machine is used, by one process and by all."""

import os
from pathlib import Path

from attrs import frozen

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(process_id: int) -> float:
    """Return the seconds of CPU that a process took so far, with its threads."""
    text = Path(f"/proc/{process_id}/stat").read_text(encoding="ascii")
    user, system = text.rpartition(") ")[2].split()[11:13]
    return (int(user) + int(system)) / TICKS


@frozen
class Machine:
    """What its processors did so far, in ticks."""

    busy: int
    all: int

    @staticmethod
    def now() -> "Machine":
        line = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0]
        user, nice, system, idle, waiting, *rest = (int(ticks) for ticks in line.split()[1:9])
        return Machine(user + nice + system + sum(rest), user + nice + system + idle + waiting + sum(rest))

    def share_since(self, before: "Machine") -> float:
        """Return which share of the time since then they were busy, from 0 to 1."""
        return (self.busy - before.busy) / max(1, self.all - before.all)
