"""Why a stream is over, and whether to try again: what close codes and refusals mean."""

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import simplejson
from attrs import frozen

NORMAL_CLOSURE, ABNORMAL_CLOSURE, POLICY_VIOLATION, MESSAGE_TOO_BIG = 1000, 1006, 1008, 1009
SERVICE_RESTART, TRY_AGAIN_LATER = 1012, 1013
FIRST_OF_APPLICATIONS = 4000
LONGEST_RETRY_AFTER_SECONDS = 3600
_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)
_LOST = {
    ABNORMAL_CLOSURE: "the connection broke off",
    SERVICE_RESTART: "the gateway restarts",
    TRY_AGAIN_LATER: "this end read too slowly",
}
KEY_REFUSED = "The gateway does not honour the key; give another one in PGW_KEY."


class CannotFollow(Exception):
    """Trying again would not help; the message is one sentence for whoever asked."""


@frozen
class JobHasEnded:
    """The stream of one job came to its end."""


@frozen
class Lost:
    """The connection is over, and another one may go on: `why` is half a sentence.

    It is not to be tried before `seconds` are over.
    """

    why: str
    seconds: float = 0


Ending = JobHasEnded | Lost


def of_closing(code: int, reason: str | None, *, is_of_a_job: bool) -> Ending:
    """Tell what a close code means (RFC 6455, section 7.4). Raises `CannotFollow`."""
    if code == NORMAL_CLOSURE and is_of_a_job:
        return JobHasEnded()
    if code == POLICY_VIOLATION:
        raise CannotFollow(f"{reason or KEY_REFUSED} (closed with {code})")
    if code == MESSAGE_TOO_BIG:
        raise CannotFollow("A message of the stream is larger than is taken (closed with 1009).")
    if code >= FIRST_OF_APPLICATIONS:
        raise CannotFollow(f"{reason or 'The gateway ended the stream.'} (closed with {code})")
    return Lost(_LOST.get(code, f"the gateway closed the stream with {code}"))


def of_refusal(status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes | None) -> Lost:
    """Tell what it means that the handshake was answered like this. Raises `CannotFollow`."""
    problem = read_problem(body)
    detail = problem.get("detail") or f"it answered {status}"
    passes = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
    if status in passes or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Lost(f"{status} {problem.get('code', '')}".rstrip(), retry_after(headers))
    if status == HTTPStatus.UNAUTHORIZED:
        raise CannotFollow(KEY_REFUSED)
    if not problem:
        raise CannotFollow(f"What answers there is no gateway of this kind: {detail}.")
    raise CannotFollow(f"{detail} ({status} {problem['code']})")


def read_problem(body: bytes | None) -> Mapping[str, Any]:
    """Read a problem (RFC 9457) with its `code` and `detail`, or nothing."""
    try:
        problem = simplejson.loads(body or b"")
    except ValueError:
        return {}
    sound = isinstance(problem, dict) and all(isinstance(problem.get(one), str) for one in ("code", "detail"))
    return problem if sound else {}


def retry_after(headers: Iterable[tuple[bytes, bytes]]) -> float:
    """Return the seconds of a `Retry-After` (RFC 9110, section 10.2.3), at most an hour; 0 without one."""
    for name, value in headers:
        text = value.decode("latin-1").strip()
        if name.lower() == b"retry-after" and _SECONDS.fullmatch(text):
            return min(int(text), LONGEST_RETRY_AFTER_SECONDS)
    return 0
