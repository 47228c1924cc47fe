"""What may be answered, whatever was sent."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from attrs import frozen

from tests.described import _escaped as escaped
from tests.described import description
from tests.fuzz.canary import Sighting, card_sightings, cvv_sightings
from tests.fuzz.wire import Answer, Frame, Received

JSON, PROBLEM = "application/json", "application/problem+json"
TEXT, CLOSE, PONG, LONGEST_CLOSE = 1, 8, 10, 125
SWITCHING_PROTOCOLS, FIRST_REFUSAL, INTERNAL_ERROR, UNAVAILABLE = 101, 400, 500, 503
# What is refused before there is a request to answer, by the HTTP parser: no body, and the connection ends.
WITHOUT_A_BODY = {400, 408, 413, 414, 431, 501, 505}
# A transfer coding that is not known (RFC 9112, section 6.1), and another version (RFC 9110, section 15.6.6),
# are refused with what RFCs name for them, though the mistake is the client's.
INTENDED = {
    501: {"UnsupportedTransferEncoding"},
    503: {"Overloaded", "ShuttingDown", "StorageUnavailable"},
    505: {"UnsupportedHttpVersion"},
}
# Of what is sent by us or counts up: it may have a CVV's digits by chance, or because the caller wrote them.
_MASKED_MEMBERS = re.compile(
    rb'"(?:seq|amount|captured|refunded)":\s*[0-9.]+|"(?:instance|requestId)":\s*"(?:[^"\\]|\\.)*"'
    rb"|(?:line|column) [0-9]+"
    rb"|(?m:(?<=[}a-z]) [0-9.]+(?:e[+-][0-9]+)?$)"  # the value of a metric
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
        if frame.opcode == PONG:  # says what the client's own ping said (RFC 6455, section 5.5.3)
            data = data.replace(frame.payload, b"", 1)
    yield from of_leaks("answer", data)


def of_leaks(where: str, data: bytes) -> Iterator[Finding]:
    """Yield what of the canary an answer or a frame has in it."""
    unchanging = _MASKED_HEADERS.sub(b"", _MASKED_MEMBERS.sub(b"", data))
    yield from leaks(where, [*card_sightings(data), *cvv_sightings(unchanging)])


def leaks(where: str, sightings: list[Sighting]) -> Iterator[Finding]:
    yield from (Finding(f"leak in {where}", str(sighting)) for sighting in sightings)


def of_answer(answer: Answer) -> Iterator[Finding]:
    """Yield what is wrong with an answer: its status, its shape, or that a 5xx is none of those intended."""
    document = _parsed(answer.body) if answer.body else None
    if answer.status >= INTERNAL_ERROR and not _is_intended(answer, document):
        yield Finding(f"status {answer.status}", f"{answer.body[:300]!r}")
    if answer.status == SWITCHING_PROTOCOLS:
        return
    if answer.body:
        yield from (
            Finding("undocumented", f"{answer.status}: {fault}") for fault in _of_body(answer, document)
        )
    elif answer.status >= FIRST_REFUSAL and "content-type" not in answer.headers:
        yield from _of_bare(answer)


def _is_intended(answer: Answer, document: Mapping[str, Any] | None) -> bool:
    is_due = "retry-after" in answer.headers or answer.status != UNAVAILABLE
    if not answer.body:  # as to HEAD
        return is_due and answer.status in INTENDED
    return is_due and document is not None and is_intended(answer.status, document.get("code"))


def is_intended(status: int, code: object) -> bool:
    """Tell whether this 5xx with this code is one that a client is to be answered."""
    return code in INTENDED.get(status, ())


def _of_bare(answer: Answer) -> Iterator[Finding]:
    if answer.status not in WITHOUT_A_BODY or answer.headers.get("connection") != "close":
        yield Finding("undocumented", f"{answer.status} without a body: {answer.head[:200]!r}")


def _of_body(answer: Answer, document: Mapping[str, Any] | None) -> Iterator[str]:
    kind = answer.headers.get("content-type", "")
    schemas = _schemas().get((str(answer.status), kind.partition(";")[0]), [])
    if document is None and kind.endswith("json"):
        yield f"no JSON object: {answer.body[:100]!r}"
    elif document is not None and kind == PROBLEM:
        yield from _of_problem(answer, document)
    elif not schemas:
        yield f"{kind!r} is not described: {answer.body[:100]!r}"
    elif document is not None and kind == JSON and all(_is_false(schema, document) for schema in schemas):
        yield f"as no route is described to answer: {answer.body[:500]!r}"


def _of_problem(answer: Answer, document: Mapping[str, Any]) -> Iterator[str]:
    """Yield where a problem is not as its code is described, or is another request's."""
    code = document.get("code")
    if not isinstance(code, str) or code not in description().document["components"]["schemas"]:
        yield f"the code {code!r}"
        return
    if document.get("status") != answer.status:
        yield f"a problem of status {document.get('status')}"
    if document.get("requestId") != answer.headers.get("x-request-id"):
        yield f"a problem of {document.get('requestId')} in an answer to another"
    yield from description().faults_of_value(f"/components/schemas/{code}", document)


def of_frame(frame: Frame) -> Iterator[Finding]:
    if frame.opcode == TEXT:
        faults = description().faults_of_value("/components/schemas/StreamFrame", _parsed(frame.payload))
        yield from (Finding("undocumented", f"frame: {fault}") for fault in faults)
    elif frame.opcode == CLOSE and (len(frame.payload) == 1 or len(frame.payload) > LONGEST_CLOSE):
        yield Finding("undocumented", f"close frame {frame.payload!r}")


@cache
def _schemas() -> Mapping[tuple[str, str], list[str]]:
    """Return where the schemas of all answers stand, by status and media type, each once."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    paths = description().document["paths"]
    described = [
        (status, response, f"/paths/{escaped(path)}/{method}/responses/{status}")
        for path, operations in paths.items()
        for method, operation in operations.items()
        for status, response in operation["responses"].items()
    ]
    for name, response in description().document["components"]["responses"].items():
        content = next(iter(response["content"].values()))
        status = str(description().resolved(content["schema"])["properties"]["status"]["const"])
        described.append((status, response, f"/components/responses/{name}"))
    for status, response, pointer in described:
        for kind, content in response.get("content", {}).items():
            where = f"{pointer}/content/{escaped(kind)}/schema"
            found.setdefault((status, kind), {}).setdefault(json.dumps(content["schema"]), where)
    return {key: list(pointers.values()) for key, pointers in found.items()}


def _is_false(schema: str, document: Mapping[str, Any]) -> bool:
    return bool(description().faults_of_value(schema, document))


def _parsed(data: bytes) -> Mapping[str, Any] | None:
    try:
        document = json.loads(data)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None
