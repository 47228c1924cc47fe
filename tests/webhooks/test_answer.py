"""What is taken over of an answer."""

from datetime import timedelta

import pytest

from pgw.logs import REDACTED
from pgw.webhooks.answer import LONGEST_RETRY_AFTER, LONGEST_SNIPPET, read
from pgw.webhooks.exchange import Headers, RawAnswer
from tests.merchants import CREATED_AT

A_DAY = timedelta(hours=24).total_seconds()
NOW = CREATED_AT.replace(microsecond=0)


def snippet_of(body: bytes) -> str | None:
    return read(RawAnswer(200, [], body), NOW).snippet


def retry_after(*values: bytes) -> float | None:
    headers: Headers = [(b"Retry-After", value) for value in values]
    return read(RawAnswer(503, headers, b""), NOW).retry_after


def test_a_snippet_is_the_beginning_of_the_body() -> None:
    assert "thanks" == snippet_of(b"thanks")
    assert 500 == LONGEST_SNIPPET
    assert "x" * LONGEST_SNIPPET == snippet_of(b"x" * 4000)
    assert "ü" * LONGEST_SNIPPET == snippet_of("ü".encode() * 2000)


@pytest.mark.parametrize("body", [b"", b" \r\n\t ", b"\x00\x00"])
def test_what_says_nothing_is_no_snippet(body: bytes) -> None:
    assert snippet_of(body) is None


@pytest.mark.parametrize(
    ("body", "snippet"),
    [
        (b"caf\xe9", "caf\ufffd"),
        (b"a\x00b\x1bc\x7fd", "a b c d"),
        (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),
        (b"a\r\nb\tc\xc2\x85d\xe2\x80\xa8e", "a \nb\tc d e"),
    ],
)
def test_a_snippet_is_text_that_can_be_kept(body: bytes, snippet: str) -> None:
    assert snippet == snippet_of(body)
    snippet.encode()


@pytest.mark.parametrize("between", ["", " ", "-", "\x00", "\u200b", "\u2060", "\u00a0", "\xad"])
def test_a_card_number_is_redacted(between: str) -> None:
    number = between.join(["4242"] * 4)
    assert f"card {REDACTED}, declined" == snippet_of(f"card {number}, declined".encode())


def test_a_card_number_that_the_snippet_s_end_cuts_is_redacted() -> None:
    body = b"x" * (LONGEST_SNIPPET - 5) + b" 4242424242424242"
    assert "x" * (LONGEST_SNIPPET - 5) + " [red" == snippet_of(body)


def test_a_body_in_a_coding_is_no_snippet() -> None:
    assert read(RawAnswer(200, [(b"content-encoding", b"br")], b"thanks"), NOW).snippet is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"0", 0),
        (b"1", 1),
        (b"0000000000000000120", 120),
        (b"86400", A_DAY),
        (b"86401", A_DAY),
        (b"9" * 5000, A_DAY),
        (b" 7 ", 7),
        (b"Sun, 01 Nov 2026 08:01:30 GMT", 90),
        (b"Sunday, 01-Nov-26 08:01:30 GMT", 90),
        (b"Sun Nov  1 08:01:30 2026", 90),
        (b"Sun, 01 Nov 2026 07:00:00 GMT", 0),
        (b"Thu, 01 Jan 1970 00:00:00 GMT", 0),
        (b"Fri, 31 Dec 9999 23:59:59 GMT", A_DAY),
    ],
)
def test_how_long_to_wait_is_read(value: bytes, seconds: float) -> None:
    assert seconds == retry_after(value)
    assert A_DAY == LONGEST_RETRY_AFTER


@pytest.mark.parametrize(
    "value",
    [
        *(b"", b"-1", b"+1", b"1.5", b"1e3", b"0x10", b"inf", b"nan", b"soon", b"1, 2", b"1 s", b"\xb2"),
        *("\uff11".encode(), "٣".encode(), b"1\x00", b"Sun, 01 Nov 2026 08:01:30", b"2026-11-01T08:01:30Z"),
        *(
            b"Sun, 32 Nov 2026 08:01:30 GMT",
            b"Sun, 01 Nov 0000 08:01:30 GMT",
            b"Sun, 01 Nov 2026 25:00:00 GMT",
        ),
        *(b"Sun, 01 Nov 99999 08:01:30 GMT", b"Sun, 01 Nov 2026 08:01:30 +9999", b"Sun, " + b"0" * 5000),
    ],
)
def test_garbage_says_nothing_about_waiting(value: bytes) -> None:
    assert retry_after(value) is None


def test_two_answers_to_how_long_are_none() -> None:
    assert retry_after(b"1", b"2") is None
    assert retry_after() is None
