"""The bucket's arithmetic, and the memory that it takes."""

import tracemalloc
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pgw.http.rate_limit import MOST_REMEMBERED, Count, Policy, RateLimit
from tests.http.hand_clock import HandClock

TICK = Fraction(1, 64)  # a float has it exactly
POLICIES = st.builds(Policy, st.just("x"), st.integers(1, 300), st.integers(1, 40))
PAUSES = st.lists(st.one_of(st.just(0), st.integers(0, 3), st.integers(0, 2000)), min_size=1, max_size=120)


def counted(limit: RateLimit, times: int) -> list[Count]:
    return [limit.count("a") for _ in range(times)]


def test_the_burst_passes_at_once_and_then_nothing_while_the_clock_stands_still() -> None:
    counts = counted(RateLimit(Policy("x", 100, 200), HandClock()), 500)
    assert [True] * 200 + [False] * 300 == [count.is_within for count in counts]
    assert [*range(199, -1, -1)] + [0] * 300 == [count.remaining for count in counts]
    assert {1} == {count.seconds for count in counts}


def test_each_request_comes_back_after_its_share_of_a_second() -> None:
    clock = HandClock()
    limit = RateLimit(Policy("x", 4, 8), clock)
    counted(limit, 8)
    clock.seconds += 0.249
    assert not limit.count("a").is_within
    clock.seconds += 0.001
    assert [True, False] == [count.is_within for count in counted(limit, 2)]


def test_the_wait_is_in_whole_seconds_and_long_enough() -> None:
    clock = HandClock()
    limit = RateLimit(Policy("x", 5, 10), clock)
    counted(limit, 10)
    for _ in range(20):
        refused = limit.count("a")
        assert (False, 0, 1) == (refused.is_within, refused.remaining, refused.seconds)
        clock.seconds += refused.seconds
        assert [True] * 5 == [count.is_within for count in counted(limit, 5)]


def test_a_bucket_holds_no_more_than_the_burst_however_long_it_rests() -> None:
    clock = HandClock()
    limit = RateLimit(Policy("x", 100, 200), clock)
    limit.count("a")
    clock.seconds += 1e6
    assert 200 == sum(count.is_within for count in counted(limit, 300))


def test_a_refused_request_takes_nothing_so_one_who_keeps_asking_is_served_at_the_rate() -> None:
    clock = HandClock()
    limit = RateLimit(Policy("x", 2, 2), clock)
    passed = 0
    for _ in range(640):
        clock.seconds += float(TICK)
        passed += limit.count("a").is_within
    assert 2 + 2 * 10 == pytest.approx(passed, abs=1)


def test_callers_have_a_bucket_each() -> None:
    limit = RateLimit(Policy("x", 1, 2), HandClock())
    counted(limit, 5)
    assert [True, True, False] == [limit.count("b").is_within for _ in range(3)]


@settings(deadline=None)
@given(POLICIES, PAUSES)
def test_in_no_window_do_more_pass_than_the_burst_and_the_rate_times_its_length(
    policy: Policy, pauses: list[int]
) -> None:
    clock = HandClock()
    limit, at, passed = RateLimit(policy, clock), 64_000, []
    for pause in pauses:
        at += pause
        clock.seconds = at / 64
        passed += [at * TICK for count in counted(limit, 3) if count.is_within]
    for first, begin in enumerate(passed):
        for count, end in enumerate(passed[first:], start=1):
            assert count <= policy.burst + policy.rate * (end - begin)


@settings(deadline=None)
@given(POLICIES, PAUSES)
def test_it_judges_as_a_bucket_of_exact_fractions_does(policy: Policy, pauses: list[int]) -> None:
    clock = HandClock()
    limit, at, tokens = RateLimit(policy, clock), 64_000, Fraction(policy.burst)
    for pause in pauses:
        at += pause
        clock.seconds = at / 64
        tokens = min(Fraction(policy.burst), tokens + policy.rate * pause * TICK)
        is_within = tokens >= 1
        tokens -= is_within
        wait = -((tokens % 1 - 1) / policy.rate // 1)
        assert Count(is_within, int(tokens), int(wait)) == limit.count("a")


def test_a_million_callers_are_not_remembered() -> None:
    clock = HandClock()
    limit, most = RateLimit(Policy("x", 1, 30), clock), 0
    for number in range(1_000_000):
        if number % 1024 == 0:
            clock.seconds += 0.5
            most = max(most, len(limit))
        limit.count(number)
    assert MOST_REMEMBERED / 2 < most <= MOST_REMEMBERED


def test_the_memory_of_a_full_table_does_not_grow_also_where_no_bucket_is_full_again() -> None:
    limit = RateLimit(Policy("x", 1, 30), HandClock(), most_remembered=1024)
    used = []
    tracemalloc.start()
    try:
        for turn in range(8):
            for number in range(2048):
                limit.count((turn, number))
            used.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert all(after < before * 1.1 for before, after in pairwise(used))
    assert used[-1] < 1024 * 400


def test_those_that_are_full_again_are_forgotten_first() -> None:
    clock = HandClock()
    limit = RateLimit(Policy("x", 1, 4), clock, most_remembered=100)
    for _ in range(4):
        limit.count("a")
    for number in range(99):
        limit.count(number)
    clock.seconds += 2
    limit.count("new")
    assert 2 == len(limit)
    assert [True, True, False] == [count.is_within for count in counted(limit, 3)]


def test_where_none_is_full_again_those_nearest_to_it_are_forgotten() -> None:
    limit = RateLimit(Policy("x", 1, 4), HandClock(), most_remembered=100)
    counted(limit, 4)
    for number in range(1000):
        limit.count(number)
    assert not limit.count("a").is_within
    assert len(limit) <= 100
