"""What may be answered, whatever was sent."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from pgw.http.problems.codes import PROBLEMS
from tests.fuzz.canary import Sighting, card_sightings, cvv_sightings
from tests.fuzz.wire import Answer, Frame, Received

JSON, PROBLEM = "application/json", "application/problem+json"
_PROBLEM_MEMBERS = {"type", "title", "status", "detail", "instance", "code", "requestId", "date"}
_OPTIONAL = {"errors"}
_FRAME_TYPES = {
    *("stream.ready", "stream.heartbeat", "job.created", "job.updated", "job.completed", "job.failed")
}
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
# What is refused before there is a request to answer, by the HTTP parser: no body, and the connection ends.
# 501 is a transfer coding that is not known (RFC 9112, section 6.1), 431 a head that is too large.
WITHOUT_A_BODY = {400, 408, 414, 431, 501, 505}
INTENDED_503 = {"Overloaded", "ShuttingDown", "StorageUnavailable"}
# Of what is sent by us or counts up: it may have a CVV's digits by chance, or because the caller wrote them.
_MASKED_MEMBERS = re.compile(
    rb'"(?:seq|amount|captured|refunded)":\s*[0-9.]+|"(?:instance|requestId)":\s*"(?:[^"\\]|\\.)*"'
    rb"|(?:line|column) [0-9]+"
)
_MASKED_HEADERS = re.compile(rb"(?im)^(?:content-length|date|x-request-id|etag|age):.*$")


@frozen
class Finding:
    """Something that must not be. `kind` is short and the same for each of its sort."""

    kind: str
    what: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}"


def findings_of(received: Received, data: bytes) -> Iterator[Finding]:
    """Yield what is wrong with what one connection was answered; `data` is all that came."""
    if received.trouble is not None:
        yield Finding("no HTTP", received.trouble)
    for answer in received.answers:
        yield from of_answer(answer)
    for frame in received.frames:
        yield from of_frame(frame)
    yield from of_leaks("answer", data)


def of_leaks(where: str, data: bytes) -> Iterator[Finding]:
    """Yield what of the canary an answer or a frame has in it."""
    unchanging = _MASKED_HEADERS.sub(b"", _MASKED_MEMBERS.sub(b"", data))
    yield from leaks(where, [*card_sightings(data), *cvv_sightings(unchanging)])


def leaks(where: str, sightings: list[Sighting]) -> Iterator[Finding]:
    yield from (Finding(f"leak in {where}", str(sighting)) for sighting in sightings)


def of_answer(answer: Answer) -> Iterator[Finding]:
    """Yield what is wrong with an answer: its status, its shape, or that a 5xx is none of those intended."""
    document = _document(answer)
    if answer.status >= 500 and not _is_intended(answer, document):
        yield Finding(f"status {answer.status}", f"{answer.body[:300]!r}")
    if answer.status == 101 or not answer.body:
        if answer.status >= 400 and "content-type" not in answer.headers:
            yield from _of_bare(answer)
        return
    kind = answer.headers.get("content-type", "")
    if kind not in {JSON, PROBLEM}:
        if answer.status != 200:
            yield Finding("undocumented", f"{answer.status} as {kind!r}: {answer.body[:100]!r}")
    elif document is None:
        yield Finding("undocumented", f"{answer.status} is no JSON object: {answer.body[:100]!r}")
    elif (kind == PROBLEM) != (answer.status >= 400):
        yield Finding("undocumented", f"{answer.status} as {kind}: {answer.body[:100]!r}")
    elif kind == PROBLEM:
        yield from _of_problem(answer, document)


def _is_intended(answer: Answer, document: Mapping[str, Any] | None) -> bool:
    if answer.status == 501:
        return not answer.body
    is_refused = document is None or document.get("code") in INTENDED_503
    return answer.status == 503 and is_refused and "retry-after" in answer.headers


def _of_bare(answer: Answer) -> Iterator[Finding]:
    if answer.status not in WITHOUT_A_BODY or answer.headers.get("connection") != "close":
        yield Finding("undocumented", f"{answer.status} without a body: {answer.head[:200]!r}")


def _of_problem(answer: Answer, document: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield where a problem is not the one shape of all (RFC 9457 and our members)."""
    known = PROBLEMS.get(str(document.get("code")))
    if known is None or known.status != answer.status or document.get("status") != answer.status:
        yield Finding("undocumented", f"{answer.status} with {document.get('code')}, {document.get('status')}")
    if not _PROBLEM_MEMBERS <= document.keys():
        yield Finding("undocumented", f"a problem with {sorted(document)}")
    if document.get("requestId") != answer.headers.get("x-request-id"):
        yield Finding("undocumented", f"a problem of {document.get('requestId')} in an answer to another")


def of_frame(frame: Frame) -> Iterator[Finding]:
    match frame.opcode:
        case 1:
            document = _parsed(frame.payload)
            if document is None or document.get("type") not in _FRAME_TYPES or "seq" not in document:
                yield Finding("undocumented", f"frame {frame.payload[:200]!r}")
        case 8:
            if len(frame.payload) == 1 or len(frame.payload) > 125:
                yield Finding("undocumented", f"close frame {frame.payload!r}")


def _document(answer: Answer) -> Mapping[str, Any] | None:
    return _parsed(answer.body) if answer.body else None


def _parsed(data: bytes) -> Mapping[str, Any] | None:
    try:
        document = json.loads(data)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None
