"""What each command does: beside a running gateway by its actors, without one on storage alone."""

from collections.abc import Awaitable, Callable

import structlog
from attrs import frozen

from pgw.actors.mailbox import ReplyAbandoned
from pgw.actors.settlement import CannotSettle, Verdict
from pgw.control.answers import WHO_TELLS, Answer, Refused, RefusedFor, mistake, unavailable
from pgw.control.documents import book_document, settled_document, unresolved_document
from pgw.domain.errors import Refusal
from pgw.domain.result import Err, Ok, Result
from pgw.logs import redacted
from pgw.ports import Clock
from pgw.storage.port import Change, Storage, StorageUnavailable

SettleJob = Callable[[str, Verdict, str], Awaitable[Result[Change, CannotSettle | Refusal]]]
"""Settle a job as an operator says, for a reason. Raises `StorageUnavailable` or `ReplyAbandoned`."""

LONGEST_REASON = 500
LONGEST_ID = 255
UNRESOLVED_A_PAGE = 100
# Some 4 ms of a gateway's time, in which it does nothing else.
BOOKS_A_PAGE = 200
NO_SUCH_JOB = mistake(CannotSettle.UNKNOWN_JOB)
_log = structlog.get_logger()


@frozen
class Commands:
    """Obeys commands, each a JSON object as it came: nothing of it was looked at."""

    storage: Storage
    clock: Clock
    settle: SettleJob

    async def obey(self, command: object) -> Answer:
        """Do what the command says, and answer whatever happens but a cancellation."""
        try:
            return await self._obey(command)
        except StorageUnavailable:
            return unavailable("The database does not answer at this moment; try again.")
        except ReplyAbandoned:
            return unavailable(f"It was interrupted; {WHO_TELLS}")
        except Exception:  # noqa: BLE001 - a bug of ours, which must not end a gateway
            _log.exception("CommandFailed")
            return unavailable("It failed by a bug, which the log tells of.")

    async def _obey(self, command: object) -> Answer:  # noqa: PLR0911 - one for each command
        match command:
            case {"command": "settle", "jobId": str(job_id), "verdict": str(verdict), "reason": str(reason)}:
                return await self._settle(job_id, verdict, reason)
            case {"command": "acknowledge", "jobId": str(job_id)} if _is_sound(job_id):
                return await self._acknowledge(job_id)
            case {"command": "unresolved", "after": str(after)} if _is_sound(after):
                page = await self.storage.unresolved(after, UNRESOLVED_A_PAGE)
                return Ok({"page": [unresolved_document(one) for one in page]})
            case {"command": "books", "after": str(after)} if _is_sound(after):
                entries = await self.storage.books(after, BOOKS_A_PAGE)
                return Ok({"page": [book_document(entry) for entry in entries]})
            case {"command": "bookEntry", "reference": str(reference)} if _is_sound(reference):
                entry = await self.storage.book_entry(reference)
                return Ok({"entry": entry and book_document(entry)})
            case {"command": str(name)} if _is_sound(name):
                return mistake(f"This gateway has no command {name!r} with these arguments.")
            case _:
                return mistake("This is no command.")

    async def _settle(self, job_id: str, verdict: str, reason: str) -> Answer:
        if problem := _problem_of(reason):
            return mistake(problem)
        if verdict not in list(Verdict):
            return mistake(f"A payment is settled as one of {', '.join(Verdict)}.")
        if not _is_sound(job_id):
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


def _is_sound(text: str) -> bool:
    """Tell whether an id or a name can be looked for: half a surrogate pair, for one, cannot."""
    return len(text) <= LONGEST_ID and text.isprintable()


def _problem_of(reason: str) -> str | None:
    if not reason.strip() or len(reason) > LONGEST_REASON or not reason.isprintable():
        return f"The reason must be one line of 1 to {LONGEST_REASON} characters."
    if redacted(reason) != reason:
        return "The reason is stored, and must not contain what looks like a card number."
    return None
