import re

import trio
from quart import Response

from pgw.domain.event import Event
from pgw.domain.job import Job, JobEvent
from pgw.http import answers
from pgw.http.authentication import INVALID_KEY, unauthorized
from pgw.http.call import Call, Parts
from pgw.http.jobs.representation import job_document

LONGEST_WAIT_SECONDS = 30
SHARE_OF_GRACE = 0.5
_WAIT = re.compile(r"(?:^|[,;])\s*wait\s*=\s*(\"?)([0-9]{1,9})\1\s*(?=[,;]|$)", re.IGNORECASE | re.ASCII)


async def fetch(parts: Parts, call: Call, job_id: str) -> Response:
    """`GET /jobs/{id}`: at once, or at the next change where `Prefer: wait=N` asks for it."""
    wait = wait_preferred(", ".join(call.request.headers.getlist("Prefer")))
    if wait == 0:
        job = await parts.storage.job(call.merchant_id, job_id)
    else:
        job = await _at_next_change(parts, call, job_id, wait)
        if call.credential.is_over:
            return unauthorized(parts, call, INVALID_KEY)
    if job is None:
        return answers.problem(parts, call, "UnknownJob")
    headers = {"Retry-After": str(answers.RETRY_AFTER_SECONDS)} if job.is_open else {}
    if wait:
        headers["Preference-Applied"] = f"wait={wait}"
    return answers.answer(job_document(job), headers=headers)


def wait_preferred(prefer: str | None) -> int:
    """Return the seconds of a `wait` preference (RFC 7240), at most 30; 0 for none, or one not understood."""
    found = _WAIT.search(prefer) if prefer else None
    return min(int(found[2]), LONGEST_WAIT_SECONDS) if found else 0


async def _at_next_change(parts: Parts, call: Call, job_id: str, wait: int) -> Job | None:
    # Subscribed before it is read, so that no change falls between the two.
    with parts.stream.subscribe(job_id) as changes:
        job = await parts.storage.job(call.merchant_id, job_id)
        if job is not None and job.is_open:
            # At a shutdown what is in flight has some time to end, and is answered before the grace is over.
            with (
                trio.move_on_after(wait) as waiting,
                parts.keys.cancelling(call.credential, waiting),
                parts.stopping.ending(waiting, within=parts.grace * SHARE_OF_GRACE),
            ):
                job = _changed((await changes.receive()).event)
        return job


def _changed(event: Event) -> Job:
    assert isinstance(event, JobEvent), "only a job's own events are published under its id"
    return event.job
