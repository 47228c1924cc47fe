"""What a bank sends back must neither mislead nor bring card data to where nobody expects it."""

import pytest

from pgw.bank.port import Doubtful
from tests.bank.calls import authorize, bank_at
from tests.bank.conftest import StartRawBank
from tests.bank.raw_bank import APPROVED, Conversation, Script, answer, says


async def echoes(conversation: Conversation) -> None:
    await conversation.say(conversation.request.body + b"\r\n\r\n")


async def perform(script: Script, start_raw_bank: StartRawBank) -> object:
    bank = await start_raw_bank(script)
    async with bank_at(bank.url).connection() as connection:
        return await connection.perform(authorize())


async def test_the_reason_of_a_doubt_quotes_nothing_that_the_bank_sent(start_raw_bank: StartRawBank) -> None:
    assert await perform(echoes, start_raw_bank) == Doubtful("RemoteProtocolError")


@pytest.mark.parametrize("status", [400, 503])
async def test_that_nothing_was_done_is_not_believed_where_more_came_behind_it(
    status: int, start_raw_bank: StartRawBank
) -> None:
    answers = answer(b"", status) + answer(APPROVED)
    assert await perform(says(answers), start_raw_bank) == Doubtful(f"the bank answered {status}")
