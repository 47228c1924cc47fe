"""How a command on a payment is answered: 202 and its job, what its key was used for before, or why not."""

from collections.abc import Callable
from enum import StrEnum
from functools import partial

from quart import Response

from pgw.actors.payment import MakeClaim
from pgw.domain.errors import Refusal
from pgw.domain.idempotency import Claim
from pgw.domain.job import Job
from pgw.domain.result import Err, Ok, Result
from pgw.http import answers
from pgw.http.call import Call, Parts
from pgw.http.docs.operation import JSON
from pgw.http.idempotency import KeyedRequest
from pgw.http.jobs.representation import job_document
from pgw.http.posted import not_accepted

UnderKey = tuple[str | None, MakeClaim | None]
"""The digest of the caller's key and what makes the claim that is kept with it, or neither."""


def under(keyed: KeyedRequest | None) -> UnderKey:
    return (keyed.key, partial(_claim, keyed)) if keyed else (None, None)


def accepted(job_id: str, document: str) -> Response:
    return Response(document, 202, {"Location": f"/jobs/{job_id}"}, content_type=JSON)


def answered(
    parts: Parts,
    call: Call,
    keyed: KeyedRequest | None,
    submitted: Result[Job | Claim, StrEnum],
    why: Callable[[StrEnum], str | None] = lambda _: None,
) -> Response:
    """Answer what became of the command; `why` says what a refusal is for in this case, where it can."""
    match submitted:
        case Err(Refusal.IDEMPOTENCY_KEY_IN_USE as in_use):
            retry = {"Retry-After": str(answers.RETRY_AFTER_SECONDS)}
            return answers.problem(parts, call, in_use, headers=retry)
        case Err(refusal):
            return answers.problem(parts, call, refusal, why(refusal))
        case Ok(Job() as job):
            return accepted(job.id, answers.encode(job_document(job)))
        case Ok(before):
            assert isinstance(before, Claim)
            return not_accepted(parts, call, before, keyed, accepted)


def _claim(keyed: KeyedRequest, job: Job) -> Claim:
    return keyed.claim(job.id, answers.encode(job_document(job)))
