"""What is done about payments: beside a running gateway by its actors, without one on storage alone."""

from collections.abc import Awaitable, Callable

import structlog
from attrs import frozen

from pgw.actors.settlement import CannotSettle, Verdict
from pgw.control.answers import Answer, Refused, RefusedFor, mistake, unavailable
from pgw.control.documents import book_document, settled_document, unresolved_document
from pgw.control.texts import LONGEST_REASON, is_sound, problem_of
from pgw.domain.errors import Refusal
from pgw.domain.result import Err, Ok, Result
from pgw.ports import Clock
from pgw.storage.port import Change, Storage

SettleJob = Callable[[str, Verdict, str], Awaitable[Result[Change, CannotSettle | Refusal]]]
"""Settle a job as an operator says, for a reason. Raises `StorageUnavailable` or `ReplyAbandoned`."""

UNRESOLVED_A_PAGE = 100
# Some 4 ms of a gateway's time, in which it does nothing else.
BOOKS_A_PAGE = 200
NO_SUCH_JOB = mistake(CannotSettle.UNKNOWN_JOB)
_log = structlog.get_logger()


@frozen
class PaymentCommands:
    storage: Storage
    clock: Clock
    settle: SettleJob

    async def obey(self, command: object) -> Answer | None:
        match command:
            case {"command": "settle", "jobId": str(job_id), "verdict": str(verdict), "reason": str(reason)}:
                return await self._settle(job_id, verdict, reason)
            case {"command": "acknowledge", "jobId": str(job_id)} if is_sound(job_id):
                return await self._acknowledge(job_id)
            case {"command": "unresolved", "after": str(after)} if is_sound(after):
                page = await self.storage.unresolved(after, UNRESOLVED_A_PAGE)
                return Ok({"page": [unresolved_document(one) for one in page]})
            case {"command": "books", "after": str(after)} if is_sound(after):
                entries = await self.storage.books(after, BOOKS_A_PAGE)
                return Ok({"page": [book_document(entry) for entry in entries]})
            case {"command": "bookEntry", "reference": str(reference)} if is_sound(reference):
                entry = await self.storage.book_entry(reference)
                return Ok({"entry": entry and book_document(entry)})
            case _:
                return None

    async def _settle(self, job_id: str, verdict: str, reason: str) -> Answer:
        if problem := problem_of("reason", reason, LONGEST_REASON):
            return mistake(problem)
        if verdict not in list(Verdict):
            return mistake(f"A payment is settled as one of {', '.join(Verdict)}.")
        if not is_sound(job_id):
            return NO_SUCH_JOB
        match await self.settle(job_id, Verdict(verdict), reason):
            case Ok(change):
                _log.warning("PaymentSettled", JobId=job_id, Verdict=verdict, Reason=reason)
                return Ok(settled_document(change, Verdict(verdict)))
            case Err(why):
                return _not_settled(why)

    async def _acknowledge(self, job_id: str) -> Answer:
        if await self.storage.change_of(job_id) is None:
            return NO_SUCH_JOB
        flags = await self.storage.acknowledge(job_id, self.clock.now())
        if flags:
            _log.warning("FlagsAcknowledged", JobId=job_id, Flags=flags)
        return Ok({"jobId": job_id, "acknowledged": flags})


def _not_settled(why: CannotSettle | Refusal) -> Answer:
    match why:
        case CannotSettle.UNKNOWN_JOB:
            return NO_SUCH_JOB
        case CannotSettle():
            return Err(Refused(RefusedFor.RULE, why))
        case Refusal():
            return unavailable("Too many commands wait; try again.")
