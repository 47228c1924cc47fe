"""Times in queries: RFC 3339 and nothing else, exactly."""

from datetime import UTC, datetime

import pytest

from pgw.http.times import read_time

AT = datetime(2026, 11, 22, 14, 36, 57, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("2026-11-22T14:36:57Z", 0),
        ("2026-11-22t14:36:57z", 0),
        ("2026-11-22T15:36:57+01:00", 0),
        ("2026-11-22T03:06:57-11:30", 0),
        ("2026-11-22T14:36:57-00:00", 0),
        ("2026-11-23T14:35:57+23:59", 0),
        ("2026-11-22T14:36:57.5Z", 500),
        ("2026-11-22T14:36:57.123Z", 123),
        ("2026-11-22T14:36:57.123000000Z", 123),
        ("2026-11-22T14:36:57.123000001Z", 124),
        ("2026-11-22T14:36:57.999999999Z", 1000),
    ],
)
def test_a_time_is_read_to_the_first_millisecond_that_is_not_before_it(text: str, milliseconds: int) -> None:
    at = read_time(text)
    assert at is not None
    assert milliseconds == (at - AT).total_seconds() * 1000
    assert UTC == at.tzinfo


@pytest.mark.parametrize("fraction", ["", ".999", ".9999999", ".999999999"])
def test_the_greatest_time_of_other_languages_is_the_last_that_can_be_told(fraction: str) -> None:
    at = read_time(f"9999-12-31T23:59:59{fraction}Z")
    assert datetime(9999, 12, 31, 23, 59, 59, 999_000 if fraction else 0, tzinfo=UTC) == at


@pytest.mark.parametrize(
    "text",
    [
        *("", "2026-11-22", "2026-11-22T14:36:57", "2026-11-22 14:36:57Z", "2026-11-22T14:36Z"),
        *("2026-11-22T14:36:57 01:00", "2026-11-22T14:36:57+0100", "2026-11-22T14:36:57+01"),
        *("2026-11-22T14:36:57+24:00", "2026-11-22T14:36:57+01:60", "2026-02-29T14:36:57Z"),
        *("2026-11-22T24:00:00Z", "2016-12-31T23:59:60Z", "2026-13-22T14:36:57Z", "0000-01-01T00:00:00Z"),
        *("2026-11-22T14:36:57.Z", "2026-11-22T14:36:57.1234567890Z", "2026-11-22T14:36:57Z\n"),
        *("2026-W47-7T14:36:57Z", "+2026-11-22T14:36:57Z", "1795358217", "now"),
        *("0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"),
        "\N{FULLWIDTH DIGIT TWO}026-11-22T14:36:57Z",
    ],
)
def test_what_is_no_time_or_cannot_be_one_here_is_none(text: str) -> None:
    assert read_time(text) is None
