"""Where a stream begins, as its request says."""

import re

from attrs import frozen
from quart import Response

from pgw.domain.errors import Invalid, InvalidCode
from pgw.domain.result import Err, Ok, Result
from pgw.http import answers
from pgw.http.call import Call, Parts
from pgw.http.paging import unknown_parameter

AFTER, TICKET = "after", "ticket"
_SEQ = re.compile(r"[0-9]{1,15}", re.ASCII)


@frozen
class Position:
    """Whose events are wanted, of all jobs or of one, and after which `seq`."""

    merchant_id: str
    job_id: str | None
    after: int

    @property
    def topic(self) -> str:
        return self.job_id or self.merchant_id


async def read_position(parts: Parts, call: Call, job_id: str | None) -> Result[Position, Response]:
    """Judge the request: without `after` a merchant's stream starts at now, a job's at its first event."""
    newest = await parts.storage.last_seq(call.merchant_id)
    if job_id is not None and await parts.storage.job(call.merchant_id, job_id) is None:
        return Err(answers.problem(parts, call, "UnknownJob"))
    given = call.request.args.getlist(AFTER)
    invalid = [unknown_parameter(name) for name in call.request.args if name not in {AFTER, TICKET}]
    if given and (wrong := _wrong(given, newest)):
        invalid.append(Invalid(InvalidCode.INVALID_PARAMETER, f"The query parameter `after` {wrong}."))
    if invalid:
        return Err(answers.invalid_request(parts, call, invalid))
    from_now = newest if job_id is None else 0
    return Ok(Position(call.merchant_id, job_id, int(given[0]) if given else from_now))


def _wrong(given: list[str], newest: int) -> str | None:
    """Say what is wrong with the values of `after`, if anything is."""
    if len(given) > 1:
        return "was given more than once"
    if not _SEQ.fullmatch(given[0]):
        return "must be the `seq` of an event, or 0: digits, at most 15"
    if int(given[0]) > newest:
        return f"is in the future: your newest event has the `seq` {newest}"
    return None
