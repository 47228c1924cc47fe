"""What close codes and refusals mean: trying again, or one sentence."""

from __future__ import annotations

import json

import pytest

from pgw.client.endings import JobHasEnded, Lost, of_closing, of_refusal
from pgw.client.refusals import CannotGoOn

HORIZON = "Events up to seq 40 are no longer kept; resume with after=40 or more."


@pytest.mark.parametrize(("code", "why"), [(1012, "restarts"), (1013, "too slowly"), (1006, "broke off")])
def test_what_will_pass_is_tried_again(code: int, why: str) -> None:
    ending = of_closing(code, None, is_of_a_job=False)
    assert isinstance(ending, Lost)
    assert why in ending.why


def test_the_gateways_own_reason_is_said_where_it_gives_one() -> None:
    ending = of_closing(1013, "Storage is not available: connect again with after=6.", is_of_a_job=False)
    assert Lost("Storage is not available: connect again with after=6") == ending


def test_a_stream_that_ends_in_order_is_a_jobs_end_and_no_merchants() -> None:
    assert JobHasEnded() == of_closing(1000, None, is_of_a_job=True)
    assert isinstance(of_closing(1000, None, is_of_a_job=False), Lost)


@pytest.mark.parametrize(
    ("code", "reason", "told"),
    [
        (1008, "The key is not good any more.", "The key is not good any more. (closed with 1008)"),
        (1008, None, "does not honour the key"),
        (1009, None, "larger than is taken"),
        (4410, HORIZON, f"{HORIZON} (closed with 4410)"),
        (4999, None, "closed with 4999"),
    ],
)
def test_what_will_not_pass_is_one_sentence(code: int, reason: str | None, told: str) -> None:
    with pytest.raises(CannotGoOn) as ended:
        of_closing(code, reason, is_of_a_job=False)
    assert told in str(ended.value)
    assert "\n" not in str(ended.value)


def problem(code: str, detail: str) -> bytes:
    return json.dumps({"code": code, "detail": detail}).encode()


@pytest.mark.parametrize(
    ("status", "header", "seconds"),
    [
        *((503, b"7", 7), (429, b"7", 7), (429, b"999999", 3600), (500, b"", 0), (502, b"", 0)),
        *((503, b"Wed, 21 Oct 2026 07:28:00 GMT", 0), (408, b"", 0), (503, b"-1", 0)),
    ],
)
def test_a_refusal_that_will_pass_is_waited_for(status: int, header: bytes, seconds: float) -> None:
    ending = of_refusal(status, [(b"Retry-After", header)], problem("Overloaded", "x"))
    assert Lost(f"it answered {status} Overloaded", seconds) == ending


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (400, problem("InvalidParameter", "No such `after`."), "No such `after`. (400 InvalidParameter)"),
        (401, problem("UnauthorizedAccess", "x"), "does not honour the key"),
        (403, problem("InsufficientScope", "It has not the scope."), "It has not the scope."),
        (404, problem("UnknownJob", "No such job."), "No such job. (404 UnknownJob)"),
        *(
            (status, b"<html>", f"no gateway of this kind: it answered {status}")
            for status in (200, 302, 404)
        ),
        *((404, body, "no gateway of this kind") for body in (None, b"{}", b'{"code":1,"detail":2}', b"[]")),
    ],
)
def test_a_refusal_that_will_not_pass_is_one_sentence(status: int, body: bytes | None, told: str) -> None:
    with pytest.raises(CannotGoOn) as ended:
        of_refusal(status, [], body)
    assert told in str(ended.value)
