"""Answers in JSON, amounts as exact decimals."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import simplejson
from quart import Response

from pgw.domain.errors import Invalid
from pgw.http.call import Call, Parts
from pgw.http.problems.codes import PROBLEMS

RETRY_AFTER_SECONDS = 1
MOST_LISTED = 100  # invalid fields; a body of 64 KiB has room for thousands
_ENCODER = simplejson.JSONEncoder(use_decimal=True, separators=(",", ":"))
_JSON = "application/json"
_PROBLEM = "application/problem+json"


def encode(document: Mapping[str, Any]) -> str:
    """Encode with decimals as numbers that have exactly the digits they were given."""
    encoded: str = _ENCODER.encode(document)
    return encoded


def timestamp(at: datetime) -> str:
    """Return RFC 3339 in UTC, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def answer(
    document: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(encode(document), status, dict(headers or {}), content_type=_JSON)


def problem(
    parts: Parts,
    call: Call,
    code: str,
    detail: str | None = None,
    *,
    invalid: Sequence[Invalid] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer with a problem (RFC 9457), our three members added. 503 carries `Retry-After`."""
    kind = PROBLEMS[code]
    assert kind.status is not None, f"{code} is met in jobs only"
    document: dict[str, Any] = {
        "type": f"/problems/{kind.code}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail or kind.explanation,
        "instance": call.request.path,
        "code": kind.code,
        "requestId": call.request_id,
        "date": timestamp(parts.clock.now()),
    }
    if invalid:
        document["errors"] = [
            {"code": one.code, "pointer": one.pointer, "detail": one.detail} for one in invalid[:MOST_LISTED]
        ]
    retry = {"Retry-After": str(RETRY_AFTER_SECONDS)} if kind.status == 503 else {}  # noqa: PLR2004
    return Response(encode(document), kind.status, {**retry, **(headers or {})}, content_type=_PROBLEM)


def invalid_request(parts: Parts, call: Call, invalid: Sequence[Invalid]) -> Response:
    """Answer with all invalid fields at once; the first one gives the code."""
    first = invalid[0]
    return problem(parts, call, first.code, first.detail, invalid=invalid)
