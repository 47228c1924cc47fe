"""The ways in which a bank misbehaves. A magic card and a rate cause the very same fault."""

import enum
from collections.abc import Callable
from typing import Protocol

import trio

from simulator.answers import NO_ANSWER, Answer, Delivery, Reply, error_answer

GARBAGE = Answer(200, b"<html><body>Welcome to the bank</body></html>\n")
INTERNAL_ERROR = error_answer(500, "an internal error, as asked for")
UNAVAILABLE = error_answer(503, "not processed, try again")


class Caller(Protocol):
    """The one who waits for an answer."""

    async def leaves(self) -> None:
        """Return when it has closed its connection, or was waited for long enough."""

    async def hang_up(self) -> None:
        """Close its connection now, without a byte; the call can go on."""


class Fault(enum.Enum):
    REFUSE = "refuse"
    HANG = "hang"
    UNAVAILABLE_503 = "unavailable_503"
    LATE = "late"
    DROP_AFTER_BOOKING = "drop_after_booking"
    ERROR_500 = "error_500"
    TWICE = "twice"
    HALF = "half"
    GARBAGE = "garbage"
    DELAYED = "delayed"


async def answer_with(
    fault: Fault | None, decide: Callable[[], Answer], *, caller: Caller, late_seconds: float
) -> Reply:
    """Answer a call. `decide` is where the booking happens, where the fault lets it come to that."""
    match fault:
        case Fault.REFUSE:
            return NO_ANSWER
        case Fault.HANG:
            await caller.leaves()
            return NO_ANSWER
        case Fault.UNAVAILABLE_503:
            return Reply(UNAVAILABLE)
        case Fault.LATE:
            await trio.sleep(late_seconds)
        case Fault.DELAYED:
            await caller.hang_up()
            await trio.sleep(late_seconds)
            decide()
            return NO_ANSWER
    return _deliver(decide(), fault)


def _deliver(answer: Answer, fault: Fault | None) -> Reply:
    """Do to an answer what the fault does to it on its way."""
    match fault:
        case Fault.DROP_AFTER_BOOKING:
            return NO_ANSWER
        case Fault.ERROR_500:
            return Reply(INTERNAL_ERROR)
        case Fault.GARBAGE:
            return Reply(GARBAGE)
        case Fault.TWICE:
            return Reply(answer, Delivery.TWICE)
        case Fault.HALF:
            return Reply(answer, Delivery.HALF)
        case _:
            return Reply(answer)
