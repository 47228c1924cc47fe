import re
import time
from datetime import UTC, datetime, timedelta

import trio

from pgw.ports import SystemClock, SystemRandomness, TimeOrderedIds

AT = datetime(2026, 6, 15, 9, 30, tzinfo=UTC)


class SetClock:
    """Tells the time that a test sets."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return 0.0


class FixedRandomness:
    """Chance that always falls alike, so that nothing but time and counter tells ids apart."""

    def __init__(self, bit: int) -> None:
        self._bit = bit

    def fraction(self) -> float:
        return 0.0

    def bits(self, count: int) -> int:
        return (1 << count) - 1 if self._bit else 0


class FallingRandomness(FixedRandomness):
    """All ones at first and then all zeros, so that chance alone would sort the wrong way round."""

    def bits(self, count: int) -> int:
        made, self._bit = super().bits(count), 0
        return made


def test_ids_of_different_moments_sort_by_time() -> None:
    clock = SetClock(AT)
    ids = TimeOrderedIds(clock, FallingRandomness(1))
    made = []
    for step in (timedelta(0), timedelta(milliseconds=1), timedelta(seconds=1), timedelta(days=20_000)):
        clock.at += step
        made.append(ids.new("pay"))
    assert made == sorted(set(made))


def test_ids_of_one_millisecond_are_unique_and_sort_by_creation() -> None:
    ids = TimeOrderedIds(SetClock(AT), FallingRandomness(1))
    made = [ids.new("pay") for _ in range(10_000)]  # more than the 4,096 that its counter holds
    assert made == sorted(set(made))


def test_ids_sort_by_creation_while_the_clock_steps_back() -> None:
    clock = SetClock(AT)
    ids = TimeOrderedIds(clock, FixedRandomness(0))
    made = []
    for step in (0, -1, -3_600_000, 1, 3_599_999, 1, -86_400_000, 86_400_001):
        clock.at += timedelta(milliseconds=step)
        made += [ids.new("job") for _ in range(3)]
    assert made == sorted(set(made))


def test_an_id_names_its_kind_and_has_no_digit_in_it() -> None:
    clock = SetClock(AT)
    ids = TimeOrderedIds(clock, SystemRandomness())
    for _ in range(500):
        clock.at += timedelta(milliseconds=997)
        assert re.fullmatch(r"pay_[a-p]{32}", ids.new("pay"))


def test_an_id_is_a_uuid_of_version_7_spelled_in_letters() -> None:
    spelled = TimeOrderedIds(SetClock(AT), FixedRandomness(1)).new("pay").removeprefix("pay_")
    number = int(spelled.translate(str.maketrans("abcdefghijklmnop", "0123456789abcdef")), 16)
    assert AT == datetime.fromtimestamp((number >> 80) / 1000, UTC)
    assert (0x7, 0b10) == (number >> 76 & 0xF, number >> 62 & 0b11)
    assert 2**62 - 1 == number & (2**62 - 1)


def test_two_processes_make_different_ids_in_the_same_moment() -> None:
    made = {TimeOrderedIds(SetClock(AT), SystemRandomness()).new("ref") for _ in range(500)}
    assert 500 == len(made)


async def test_the_systems_clock_tells_utc_to_the_millisecond_and_time_that_goes_on() -> None:
    clock = SystemClock()
    before, now, after = time.time(), clock.now(), time.time()
    assert before - 0.001 <= now.timestamp() <= after
    assert (UTC, 0) == (now.tzinfo, now.microsecond % 1000)
    began = clock.monotonic()
    await trio.lowlevel.checkpoint()
    assert began <= clock.monotonic()


def test_the_systems_randomness_is_within_its_bounds() -> None:
    randomness = SystemRandomness()
    fractions = [randomness.fraction() for _ in range(500)]
    assert 0 <= min(fractions) < max(fractions) < 1
    bits = [randomness.bits(62) for _ in range(500)]
    assert 0 <= min(bits) < 2**60 < max(bits) < 2**62
    assert 500 == len(set(bits))
