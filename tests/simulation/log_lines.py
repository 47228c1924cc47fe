"""What the gateway logs, taken apart by the life that said it."""

from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import structlog

from tests.simulation.life import Life

# A task has it from the one that started it, and a client's call sets it for what it starts.
LIFE: ContextVar[Life | None] = ContextVar("LIFE", default=None)
OnLine = Callable[[Life, MutableMapping[str, Any]], None]


@contextmanager
def log_lines(on_line: OnLine) -> Iterator[None]:
    """Hand over each line of a life that is not over; the dead say nothing."""

    def take(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        life = LIFE.get()
        if life is not None and not life.is_over:
            on_line(life, event)
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[take], cache_logger_on_first_use=False)
    try:
        yield
    finally:
        structlog.configure(**before)
