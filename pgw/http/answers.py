"""Answers in JSON, amounts as exact decimals."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import simplejson
from quart import Response

from pgw.domain.errors import Invalid
from pgw.http.call import Call, Parts
from pgw.http.problems.codes import PROBLEMS
from pgw.logs import redacted

RETRY_AFTER_SECONDS = 1
MOST_LISTED = 100  # invalid fields; a body of 64 KiB has room for thousands
_ENCODER = simplejson.JSONEncoder(use_decimal=True, separators=(",", ":"))
_JSON = "application/json"
PROBLEM = "application/problem+json"


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


def nothing() -> Response:
    """Answer 204, without what would describe a body (RFC 9110, sections 8.6 and 15.3.5)."""
    answered = Response(b"", 204)
    del answered.headers["Content-Type"], answered.headers["Content-Length"]
    return answered


def problem(
    parts: Parts,
    call: Call,
    code: str,
    detail: str | None = None,
    *,
    invalid: Sequence[Invalid] = (),
    headers: Mapping[str, str] | None = None,
    members: Mapping[str, Any] | None = None,
) -> Response:
    """Answer with a problem (RFC 9457), our three members added, and `members` of its type's own.

    503 carries `Retry-After`.
    """
    document = problem_document(
        code, call.request_id, parts.clock.now(), detail=detail, instance=call.request.path
    )
    document |= members or {}
    parts.measures.refused(code)
    if invalid:
        document["errors"] = [
            {"code": one.code, "pointer": one.pointer, "detail": one.detail} for one in invalid[:MOST_LISTED]
        ]
    status = document["status"]
    return Response(
        encode(document), status, {**retry_after(status), **(headers or {})}, content_type=PROBLEM
    )


def problem_document(
    code: str, request_id: str, at: datetime, *, detail: str | None = None, instance: str | None = None
) -> dict[str, Any]:
    """Return a problem's members; without `instance` where the path of the request is not known."""
    kind = PROBLEMS[code]
    assert kind.status is not None, f"{code} is met in jobs only"
    document: dict[str, Any] = {
        "type": kind.type or f"/problems/{kind.code}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail or kind.explanation,
        "instance": instance and redacted(instance),
        "code": kind.code,
        "requestId": request_id,
        "date": timestamp(at),
    }
    if instance is None:
        del document["instance"]
    return document


def retry_after(status: int) -> dict[str, str]:
    return {"Retry-After": str(RETRY_AFTER_SECONDS)} if status == 503 else {}  # noqa: PLR2004


def invalid_request(parts: Parts, call: Call, invalid: Sequence[Invalid]) -> Response:
    """Answer with all invalid fields at once; the first one gives the code."""
    first = invalid[0]
    return problem(parts, call, first.code, first.detail, invalid=invalid)
