"""The commands as an operator's program calls them."""

from collections.abc import AsyncIterator, Sequence

from attrs import frozen

from pgw.actors.settlement import Verdict
from pgw.control.answers import Answer, Document
from pgw.control.chain_documents import chain_page
from pgw.control.client import Control, read
from pgw.control.documents import book_entry
from pgw.domain.timeline import ChainPage
from pgw.storage.books import BookEntry


@frozen
class Operator:
    """Raises `ControlUnavailable` where a command cannot be handed over, or a read cannot be answered."""

    control: Control

    async def settle(self, job_id: str, verdict: Verdict, reason: str) -> Answer:
        command = {"command": "settle", "jobId": job_id, "verdict": verdict, "reason": reason}
        return await self.control.ask(command)

    async def acknowledge(self, job_id: str) -> Answer:
        return await self.control.ask({"command": "acknowledge", "jobId": job_id})

    async def unresolved(self) -> AsyncIterator[Sequence[Document]]:
        """Read all unknown outcomes and what is flagged, by pages."""
        after = ""
        while page := (await read(self.control, {"command": "unresolved", "after": after}))["page"]:
            yield page
            after = page[-1]["jobId"]

    async def books(self, after_reference: str) -> Sequence[BookEntry]:
        """Read a page of the books, by reference; an empty one is behind the last."""
        answer = await read(self.control, {"command": "books", "after": after_reference})
        return [book_entry(document) for document in answer["page"]]

    async def chain_page(self, after: int) -> ChainPage:
        """Read a page of all timelines' entries as they stand in their chain, those after a number."""
        return chain_page(await read(self.control, {"command": "chainPage", "after": after}))

    async def book_entry(self, reference: str) -> BookEntry | None:
        document = (await read(self.control, {"command": "bookEntry", "reference": reference}))["entry"]
        return None if document is None else book_entry(document)
