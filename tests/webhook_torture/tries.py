"""Whether the tries that the gateway wrote down are those that the receiver saw."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from tests.webhook_torture.evidence import Received, Stored
from tests.webhook_torture.told import is_success
from tests.webhook_torture.trouble import RETRY_AFTER_SECONDS, Reply

# What was under way at a kill, or answered and not yet written, began at most so many milliseconds before.
CUT_OFF = 2_000
ROUNDING = 5
TOO_MANY = int(Reply.TOO_MANY)


def faults_of_tries(stored: Stored, requests: Sequence[Received], kills: Sequence[int]) -> Iterator[str]:
    """Yield a sentence where they are not, but for what a kill cut off.

    A try without an answer may stand for any request: the answer was lost, or came too late.
    """
    numbers = [number for number, _ in stored.tries]
    if numbers != list(range(1, stored.count + 1)):
        yield f"has the tries {numbers}, and {stored.count} of them"
    statuses = [status for _, status in stored.tries]
    missing = len(requests) - len(statuses)
    if missing > sum(is_cut_off(request, kills) for request in requests):
        yield f"has tries that were not written down: {_both(requests, statuses)}"
    if not _is_within(statuses, [request.status for request in requests]):
        yield f"has tries that were not received: {_both(requests, statuses)}"
    if any(is_success(status) for status in statuses[:-1]):
        yield f"was tried again after it was delivered: {_both(requests, statuses)}"
    if stored.status == "Delivered" and not (statuses and is_success(statuses[-1])):
        yield f"is delivered by a try that did not succeed: {_both(requests, statuses)}"


def faults_of_waits(requests: Sequence[Received], kills: Sequence[int]) -> Iterator[str]:
    """Yield a sentence where a try came before the time that the answer before it asked for."""
    for earlier, later in pairwise(requests):
        waited = later.at - earlier.at
        is_early = waited < RETRY_AFTER_SECONDS * 1000 - ROUNDING
        if earlier.status == TOO_MANY and is_early and not is_cut_off(earlier, kills):
            yield f"was tried again {waited} ms after an answer that asked for {RETRY_AFTER_SECONDS} s"


def is_cut_off(request: Received, kills: Sequence[int]) -> bool:
    return any(kill - CUT_OFF <= request.at <= kill + 100 for kill in kills)


def _is_within(written: Sequence[int | None], seen: Sequence[int | None]) -> bool:
    """Tell whether what was written is what was seen, in this order, some of it left out."""
    rest = iter(seen)
    return all(any(one is None or one == other for other in rest) for one in written)


def _both(requests: Sequence[Received], statuses: Sequence[int | None]) -> str:
    return f"received {[request.status for request in requests]}, written {statuses}"
