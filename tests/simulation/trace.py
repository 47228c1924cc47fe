"""What happened, as one hash: two runs of one seed must agree in every step of every task."""

from collections import deque
from collections.abc import Callable
from hashlib import blake2b

import trio

LATEST_LINES = 2000


class Trace(trio.abc.Instrument):
    """Hashes each step of the scheduler and each event that is told; keeps the latest to be read.

    For the world: set `on_step` to be called before each step of a task, with how many there were.
    """

    def __init__(self, on_event: Callable[[str], None] = lambda _line: None) -> None:
        self.on_step: Callable[[int], None] = lambda _steps: None
        self._on_event = on_event
        self.latest: deque[str] = deque(maxlen=LATEST_LINES)
        self.steps = 0
        self._hash = blake2b(digest_size=16)
        self._numbers: dict[trio.lowlevel.Task, int] = {}

    def event(self, text: str) -> None:
        line = f"{trio.current_time():.6f} {text}"
        self.latest.append(line)
        self._on_event(line)
        self._hash.update(line.encode())
        self._hash.update(b"\n")

    def digest(self) -> str:
        return self._hash.hexdigest()

    def task_spawned(self, task: trio.lowlevel.Task) -> None:
        # By a number of our own: a task's name may be a repr with an address in it.
        self._numbers[task] = len(self._numbers)

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        self.steps += 1
        self.on_step(self.steps)
        self._hash.update(b"%d %r\n" % (self._numbers.get(task, -1), trio.current_time()))
