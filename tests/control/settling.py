"""Stands in for the actors that settle, where what they do is forced."""

from pgw.actors.settlement import CannotSettle, Verdict
from pgw.domain.errors import Refusal
from pgw.domain.result import Err, Result
from pgw.storage.port import Change


class Settling:
    """Keeps what it was asked, and answers or raises as it was told."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Verdict, str]] = []
        self.answer: Result[Change, CannotSettle | Refusal] = Err(CannotSettle.NOT_UNKNOWN)
        self.error: Exception | None = None

    async def settle(self, *what: str) -> Result[Change, CannotSettle | Refusal]:
        job_id, verdict, reason = what
        self.asked.append((job_id, Verdict(verdict), reason))
        if self.error is not None:
            raise self.error
        return self.answer
