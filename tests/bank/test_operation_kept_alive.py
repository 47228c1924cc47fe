"""Operations share a connection with payments, one call at a time, and never an answer."""

import pytest

from pgw.bank.port import Accepted, Answer, Authorized, BankFeature, Call, Declined, Doubtful, LookUp
from tests.bank.calls import OPERATIONS, authorize, bank_at, capture, refund, void
from tests.bank.conftest import StartRawBank
from tests.bank.raw_bank import APPROVED, Conversation, answer, says

YES, NO = answer(b'{"accepted":true}'), answer(b'{"accepted":false,"decline_code":"not_captured"}')
REFUSED = Declined("not_captured")


def named(reference: str) -> bytes:
    return answer(b'{"accepted":true,"reference":"%s"}' % reference.encode())


async def test_one_connection_serves_payments_and_operations(start_raw_bank: StartRawBank) -> None:
    async def answers(conversation: Conversation) -> None:
        is_payment = conversation.request.target == b"/payments"
        await conversation.say(answer(APPROVED) if is_payment else YES)

    bank = await start_raw_bank(answers)
    calls: list[Call] = [
        authorize(),
        capture(),
        LookUp("ref_1", is_operation=True),
        void(),
        refund(),
        authorize(),
    ]
    async with bank_at(bank.url).connection() as connection:
        said: list[Answer] = [await connection.perform(call) for call in calls]
    approved = Authorized("code-1")
    assert said == [approved, Accepted(), Accepted(), Accepted(), Accepted(), approved]
    assert [len(bank.requests), bank.accepted] == [6, 1]


@OPERATIONS
@pytest.mark.parametrize(
    ("said", "connections"),
    [
        pytest.param(YES, 1, id="yes"),
        pytest.param(NO, 1, id="no"),
        pytest.param(answer(b"{}", 400), 1, id="malformed"),
        pytest.param(answer(b"{}", 503), 1, id="not processed"),
        pytest.param(answer(b"{}", 500), 3, id="500"),
        pytest.param(answer(b"{}", 404), 3, id="404"),
        pytest.param(answer(APPROVED), 3, id="a payment's answer"),
        pytest.param(named("ref_0"), 3, id="the payment's reference"),
        pytest.param(YES + NO, 3, id="twice"),
        pytest.param(YES + b"\n", 3, id="one byte too many"),
    ],
)
async def test_only_one_answer_as_specified_keeps_the_connection(
    call: Call, said: bytes, connections: int, start_raw_bank: StartRawBank
) -> None:
    bank = await start_raw_bank(says(said))
    async with bank_at(bank.url).connection() as connection:
        for _ in range(3):
            await connection.perform(call)
    assert [len(bank.requests), bank.accepted] == [3, connections]


@OPERATIONS
@pytest.mark.parametrize(
    ("said", "connections"),
    [
        pytest.param(named("ref_1"), 1, id="its own"),
        pytest.param(YES, 3, id="none"),
        pytest.param(answer(b"", 503), 3, id="none, not processed"),
    ],
)
async def test_where_a_bank_names_references_only_an_answer_that_does_keeps_the_connection(
    call: Call, said: bytes, connections: int, start_raw_bank: StartRawBank
) -> None:
    bank = await start_raw_bank(says(said))
    async with bank_at(bank.url, features=frozenset(BankFeature)).connection() as connection:
        for _ in range(3):
            await connection.perform(call)
    assert [len(bank.requests), bank.accepted] == [3, connections]


@pytest.mark.parametrize("first", [authorize("first"), capture("first"), void("first"), refund("first")])
async def test_an_answer_that_came_twice_is_never_the_next_operations(
    first: Call, start_raw_bank: StartRawBank
) -> None:
    bank = await start_raw_bank(says(YES + YES))
    async with bank_at(bank.url).connection() as connection:
        await connection.perform(first)
        bank.script = says(NO)
        assert await connection.perform(refund("second")) == REFUSED
    assert bank.accepted == 2


@OPERATIONS
async def test_the_answer_to_the_operation_before_is_no_answer(
    call: Call, start_raw_bank: StartRawBank
) -> None:
    bank = await start_raw_bank(says(named("first")))
    async with bank_at(bank.url).connection() as connection:
        assert await connection.perform(refund("first")) == Accepted()
        assert await connection.perform(call) == Doubtful("the answer is to another reference")
