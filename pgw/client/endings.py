"""Why a stream is over, and whether to try again: what close codes and refusals mean."""

from collections.abc import Iterable
from http import HTTPStatus

from attrs import frozen

from pgw.client.refusals import KEY_REFUSED, CannotGoOn, read_problem, retry_after, sentence_of

NORMAL_CLOSURE, ABNORMAL_CLOSURE, POLICY_VIOLATION, MESSAGE_TOO_BIG = 1000, 1006, 1008, 1009
SERVICE_RESTART, TRY_AGAIN_LATER = 1012, 1013
FIRST_OF_APPLICATIONS = 4000
_LOST = {
    ABNORMAL_CLOSURE: "the connection broke off",
    SERVICE_RESTART: "the gateway restarts",
    TRY_AGAIN_LATER: "this end read too slowly",
}


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
    """Tell what a close code means (RFC 6455, section 7.4). Raises `CannotGoOn`."""
    if code == NORMAL_CLOSURE and is_of_a_job:
        return JobHasEnded()
    if code == POLICY_VIOLATION:
        raise CannotGoOn(f"{reason or KEY_REFUSED} (closed with {code})")
    if code == MESSAGE_TOO_BIG:
        raise CannotGoOn("A message of the stream is larger than is taken (closed with 1009).")
    if code >= FIRST_OF_APPLICATIONS:
        raise CannotGoOn(f"{reason or 'The gateway ended the stream.'} (closed with {code})")
    told = _LOST.get(code, f"the gateway closed the stream with {code}")
    return Lost(reason.rstrip(".") if reason else told)


def of_refusal(status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes | None) -> Lost:
    """Tell what it means that the handshake was answered like this. Raises `CannotGoOn`."""
    passes = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
    if status in passes or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        code = read_problem(body).get("code", "")
        return Lost(f"it answered {status} {code}".rstrip(), retry_after(headers))
    raise CannotGoOn(sentence_of(status, body))
