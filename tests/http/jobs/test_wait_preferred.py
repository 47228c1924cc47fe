import time

import pytest

from pgw.http.jobs.fetch import LONGEST_WAIT_SECONDS, wait_preferred


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("wait=1", 1),
        ("wait=30", 30),
        ("wait=0", 0),
        ("WAIT = 5", 5),
        ('wait="5"', 5),
        ("respond-async, wait=10", 10),
        ("wait=10, respond-async", 10),
        ("respond-async,wait=10,handling=lenient", 10),
        ("wait=007", 7),
    ],
)
def test_the_seconds_of_a_wait_preference_are_read(prefer: str, seconds: int) -> None:
    assert seconds == wait_preferred(prefer)


@pytest.mark.parametrize("prefer", ["wait=31", "wait=3600", "wait=999999999"])
def test_nobody_waits_longer_than_half_a_minute(prefer: str) -> None:
    assert 30 == LONGEST_WAIT_SECONDS == wait_preferred(prefer)


NO_NUMBERS = ["wait", "wait=", "wait=ten", "wait=-1", "wait=1.5", "wait=1e1", "wait=5s", "wait=" + "9" * 10]
NOT_ASCII = ["wait=\u0665", "wait=\uff15", "wa\u0131t=5"]
OTHER_NAMES = ["", "await=5", "x-wait=5", "wait 5", "respond-async"]


@pytest.mark.parametrize("prefer", [None, *NO_NUMBERS, *NOT_ASCII, *OTHER_NAMES], ids=ascii)
def test_a_preference_not_understood_counts_for_none(prefer: str | None) -> None:
    assert 0 == wait_preferred(prefer)


@pytest.mark.parametrize(
    "prefer", ["," * 8000, ", " * 4000, "wait" * 2000, "wait=" + "9" * 8000, "," + " " * 8000]
)
def test_a_long_header_is_judged_at_once(prefer: str) -> None:
    began = time.process_time()
    assert 0 == wait_preferred(prefer)
    assert time.process_time() - began < 0.2
