"""What an operator reads of the timelines' chain, which is verified by the program that asks."""

from attrs import frozen

from pgw.control.answers import Answer
from pgw.control.chain_documents import chain_document
from pgw.domain.result import Ok
from pgw.storage.timeline_port import TimelineStorage

# Some 1 ms of a gateway's time, in which it does nothing else.
ENTRIES_A_PAGE = 200
LARGEST_NUMBER = (1 << 63) - 1


@frozen
class TimelineCommands:
    storage: TimelineStorage

    async def obey(self, command: object) -> Answer | None:
        match command:
            case {"command": "chainPage", "after": int(after)} if 0 <= after <= LARGEST_NUMBER:
                return Ok(chain_document(await self.storage.chain_page(after, ENTRIES_A_PAGE)))
            case _:
                return None
