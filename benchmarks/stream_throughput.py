"""One event to many subscribers, and as many frames as go, live and from storage."""

import time

import httpx

from benchmarks.memory_in_flight import ORDER
from benchmarks.open_loop import closed_loop
from benchmarks.processes import GATEWAY
from benchmarks.subscribers import Subscribers
from benchmarks.subscription import Wanted

EVENTS_TO_ALL = 5
BURST, EVENTS_A_PAYMENT = 10, 2
LOGGED_SECONDS, PAYING, RESUMING = 4.0, 16, 20
HEARD_WITHIN_SECONDS = 30.0
# The bank never answers it: nothing happens after the event that it was created.
HANGS = {**ORDER, "card": {"number": "4000009900000020", "cvv": "123", "expiryMonth": 11, "expiryYear": 2034}}


def last_of_one_to_all(readers: Subscribers, subscribers: int, key: str) -> float:
    """Return the most milliseconds from an event to the last of its frames, of a few events."""
    longest = 0.0
    for _ in range(EVENTS_TO_ALL):
        readers.heard()
        _pay(key, HANGS)
        heard = readers.heard_once(subscribers, HEARD_WITHIN_SECONDS)
        if len(heard) < subscribers:
            return float("inf")
        longest = max(longest, *(one.lag for one in heard))
    return longest


def frames_a_second_live(readers: Subscribers, subscribers: int, key: str) -> float:
    """Return how many frames a second go to all subscribers after a burst of payments."""
    readers.heard()
    for _ in range(BURST):
        _pay(key, ORDER)
    heard = readers.heard_once(BURST * EVENTS_A_PAYMENT * subscribers, HEARD_WITHIN_SECONDS)
    times = [one.at for one in heard]
    return len(heard) / (max(times) - min(times))


def write_log(readers: Subscribers, key: str, address: tuple[str, int]) -> int:
    """Pay for some seconds and wait for the bank; return how many events the merchant then has."""
    following = readers.open([Wanted("/jobs/stream", key)])
    readers.heard()
    paid = closed_loop(address, PAYING, LOGGED_SECONDS, (key,)).counts[202]
    heard = readers.heard_once(paid * EVENTS_A_PAYMENT, HEARD_WITHIN_SECONDS)
    readers.close(following)
    return max((one.seq for one in heard if one.subscriber in following), default=0)


def frames_a_second_stored(readers: Subscribers, key: str, events: int) -> float:
    """Return how many frames a second go to some that resume at the first of so many events, or more."""
    readers.heard()
    began = time.time()
    numbers = readers.open([Wanted("/jobs/stream?after=0", key)] * RESUMING)
    heard = readers.heard_once(events * RESUMING, HEARD_WITHIN_SECONDS)
    heard = [one for one in heard if one.subscriber in set(numbers)]
    return len(heard) / (max(one.at for one in heard) - began)


def _pay(key: str, order: object) -> None:
    answer = httpx.post(f"{GATEWAY}/payments", json=order, headers={"Authorization": f"Bearer {key}"})
    answer.raise_for_status()
