"""What must not be answered is told; what is described, or intended, is left alone."""

import json
from typing import Any

import pytest

from pgw.http.answers import encode
from tests.described import description
from tests.fuzz.canary import CARD, CVV
from tests.fuzz.oracle import Finding, findings_of, of_leaks
from tests.fuzz.wire import Received, read

PROBLEM, JSON = "application/problem+json", "application/json"
OK, ACCEPTED = 200, 202


def examples() -> dict[str, Any]:
    """Return all examples of answers in the description, by name."""
    document = description().document
    operations = [one for path in document["paths"].values() for one in path.values()]
    responses = [response for operation in operations for response in operation["responses"].values()]
    responses += document["components"]["responses"].values()
    contents = [content for response in responses for content in response.get("content", {}).values()]
    return {name: one["value"] for content in contents for name, one in content.get("examples", {}).items()}


EXAMPLES = examples()


def problem(name: str, **changes: Any) -> dict[str, Any]:
    return {**EXAMPLES[name], **changes}


def answer(document: Any, status: int | None = None, kind: str = PROBLEM, headers: str = "") -> bytes:
    body = (document if isinstance(document, str) else encode(document)).encode()
    told = document.get("requestId", "req_a") if isinstance(document, dict) else "req_a"
    status = document["status"] if status is None else status
    head = f"HTTP/1.1 {status} \r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n"
    return f"{head}x-request-id: {told}\r\n{headers}\r\n".encode() + body


def findings(data: bytes) -> list[Finding]:
    return list(findings_of(read(data), data))


BARE = b"HTTP/1.1 400 \r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
HTML = b"HTTP/1.1 200 \r\ncontent-type: text/html\r\n"
UPGRADED = b"HTTP/1.1 101 \r\nupgrade: websocket\r\n\r\n"
READY = b'{"type":"stream.ready","seq":0}'
FINE: dict[str, bytes] = {
    "a refusal": answer(problem("InvalidCvv")),
    "two answers": answer(problem("InvalidCvv")) + answer(problem("UnknownJob")),
    "a job": answer(EXAMPLES["Created"], ACCEPTED, JSON),
    "an intended 503": answer(problem("Overloaded"), headers="retry-after: 1\r\n"),
    "no body, and closed": BARE,
    "a coding that is not known": BARE.replace(b"400", b"501"),
    "another version in HEAD": BARE.replace(b"400", b"505"),
    "an answer to HEAD": b"HTTP/1.1 200 \r\ncontent-type: application/json\r\ncontent-length: 20\r\n\r\n",
    "in chunks": HTML + b"transfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
    "go on": b"HTTP/1.1 100 \r\n\r\n" + BARE,
    "frames": UPGRADED + b"\x81" + bytes([len(READY)]) + READY + b"\x88\x02\x03\xe8",
    "a pong": UPGRADED + b"\x8a" + bytes([len(CARD)]) + CARD.encode(),
    "nothing": b"",
    "a CVV's digits that the caller sent": answer(problem("UnknownRoute", instance=f"/{CVV}")),
    "a CVV's digits that count": answer(problem("UnknownJob"), headers=f"age: {CVV}\r\n"),
}
WRONG: dict[str, tuple[str, bytes]] = {
    "a 500": ("status 500", answer(problem("InternalError"))),
    "a 502": ("status 502", BARE.replace(b"400", b"502")),
    "a 503 without a time": ("status 503", answer(problem("Overloaded"))),
    "a 503 of no known code": (
        "status 503",
        answer(problem("Overloaded", code="X"), headers="retry-after: 1\r\n"),
    ),
    "a code of another status": ("undocumented", answer(problem("InvalidCvv"), 404)),
    "a status that is not the answer's": ("undocumented", answer(problem("InvalidCvv", status=404), 400)),
    "a code that is not described": ("undocumented", answer(problem("InvalidCvv", code="Teapot"))),
    "a member that is not described": ("undocumented", answer(problem("InvalidCvv", stack="…"))),
    "no title": ("undocumented", answer({k: v for k, v in problem("InvalidCvv").items() if k != "title"})),
    "another request's": (
        "undocumented",
        answer(problem("InvalidCvv")).replace(b"x-request-id: r", b"x-request-id: s"),
    ),
    "a job that is none": ("undocumented", answer({"jobId": "job_a"}, ACCEPTED, JSON)),
    "a success that no route has": ("undocumented", answer({}, 203, JSON)),
    "text": ("undocumented", answer("Bad Request", 400, "text/plain")),
    "broken JSON": ("undocumented", answer('{"type":', 400)),
    "a list": ("undocumented", answer("[]", 400)),
    "no body, and kept open": ("undocumented", BARE.replace(b"connection: close\r\n", b"")),
    "a frame of no known type": ("undocumented", UPGRADED + b"\x81\x0e" + b'{"type":"x.y"}'),
    "a frame that is no JSON": ("undocumented", UPGRADED + b"\x81\x02hi"),
    "a masked frame": ("no HTTP", UPGRADED + b"\x81\x82\0\0\0\0hi"),
    "a frame in pieces": ("no HTTP", UPGRADED + b"\x01\x02hi"),
    "HTTP/2": ("no HTTP", b"\0\0\x12\x04\0\0\0\0\0" + b"a" * 18),
    "a frame before the upgrade": ("no HTTP", b"\x88\x02\x03\xe8"),
    "a header without a name": ("no HTTP", BARE.replace(b"\r\n\r\n", b"\r\n: x\r\n\r\n")),
    "a bare line feed": ("no HTTP", BARE.replace(b"\r\nconnection", b"\nconnection")),
    "bytes behind an answer": ("no HTTP", BARE + b"garbage that is no answer"),
    "a number": ("leak in answer", answer(problem("UnknownRoute", instance=f"/{CARD}"))),
    "a number in a header": ("leak in answer", answer(problem("UnknownJob"), headers=f"etag: {CARD}\r\n")),
    "a CVV": ("leak in answer", answer(problem("InvalidCvv", detail=f"{CVV} is no CVV."))),
    "a CVV in a header": ("leak in answer", answer(problem("InvalidCvv"), headers=f"x-cvv: {CVV}\r\n")),
    "a number in a frame": ("leak in answer", UPGRADED + b"\x81\x0f" + CARD.encode()),
    "a number in a close frame": ("leak in answer", UPGRADED + b"\x88\x11\x03\xe8" + CARD.encode()),
}


@pytest.mark.parametrize("name", FINE)
def test_what_is_fine_has_no_findings(name: str) -> None:
    assert [] == findings(FINE[name])


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_found(name: str) -> None:
    kind, data = WRONG[name]
    assert [found for found in findings(data) if found.kind == kind], findings(data)


@pytest.mark.parametrize("cut", [1, 10, 60, 200])
def test_an_answer_that_is_cut_short_is_said_to_be(cut: int) -> None:
    data = answer(problem("InvalidCvv"))
    assert Received(is_cut_short=True) == read(data[:-cut])


@pytest.mark.parametrize("name", ["two answers", "frames", "in chunks", "go on"])
def test_answers_are_read_alike_however_they_are_cut(name: str) -> None:
    """Whatever comes of the bytes so far, they are never taken for no HTTP."""
    whole = FINE[name]
    assert [None] * len(whole) == [read(whole[:end]).trouble for end in range(len(whole))]


def test_bodies_are_read_to_their_length() -> None:
    first, second = problem("InvalidCvv"), problem("UnknownJob")
    read_back = [json.loads(one.body) for one in read(answer(first) + answer(second)).answers]
    assert [first, second] == read_back


def test_a_metrics_value_may_be_the_cvv_by_chance_and_its_label_may_not() -> None:
    counted = b'pgw_requests_total{route="/payments"} 7391.0\npgw_open_connections 7391\n'
    assert [] == list(of_leaks("answer", counted))
    assert [] != list(of_leaks("answer", counted.replace(b"/payments", b"7391")))
