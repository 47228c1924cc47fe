"""What a look-up learns of a capture, a void or a refund."""

import json
from typing import Any

import pytest

from pgw.bank.port import (
    Accepted,
    Answer,
    Declined,
    Doubtful,
    LookUp,
    NeverSeen,
    NotProcessed,
    Pending,
    Reversed,
)
from tests.bank.calls import bank_at
from tests.bank.conftest import StartRawBank
from tests.bank.raw_bank import answer, says

YES: dict[str, Any] = {"accepted": True}
NO: dict[str, Any] = {"accepted": False, "decline_code": "already_voided"}
OF_PAYMENT: dict[str, Any] = {"authorized": True, "authorization_code": "a1"}


async def found(
    document: object,
    start_raw_bank: StartRawBank,
    status: int = 200,
    *,
    more: bytes = b"",
    is_operation: bool = True,
) -> Answer:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    bank = await start_raw_bank(says(answer(body, status) + more))
    async with bank_at(bank.url).connection() as connection:
        return await connection.perform(LookUp("ref_1", is_operation=is_operation))


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (YES, Accepted()),
        (YES | {"reference": "ref_1", "reversed": False, "more": 1}, Accepted()),
        (YES | {"pending": False, "found": True}, Accepted()),
        (NO, Declined("already_voided")),
        ({"accepted": False}, Declined("generic_decline")),
        (YES | {"reversed": True}, Reversed()),
        (NO | {"reversed": True, "reference": "ref_1"}, Reversed()),
        ({"pending": True}, Pending()),
    ],
)
async def test_200_tells_what_became_of_the_operation(
    document: object, expected: Answer, start_raw_bank: StartRawBank
) -> None:
    assert await found(document, start_raw_bank) == expected


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({}, id="nothing"),
        pytest.param(OF_PAYMENT, id="a payment's yes"),
        pytest.param(OF_PAYMENT | {"reversed": True}, id="a payment's reversal"),
        pytest.param({"authorized": False, "decline_code": "x"}, id="a payment's no"),
        pytest.param(OF_PAYMENT | YES, id="an operation's and a payment's"),
        pytest.param({"accepted": 1}, id="1 for true"),
        pytest.param({"accepted": 1, "reversed": True}, id="reversed, 1 for yes"),
        pytest.param({"reversed": True}, id="reversed and no decision"),
        pytest.param(YES | {"reversed": None}, id="null for reversed"),
        pytest.param(YES | {"reversed": 1}, id="1 for reversed"),
        pytest.param(YES | {"pending": True}, id="a yes and pending"),
        pytest.param(YES | {"found": False}, id="a yes and not found"),
        pytest.param(YES | {"decline_code": "x"}, id="yes and no"),
        pytest.param(YES | {"reference": "ref_0"}, id="the payment's"),
        pytest.param(NO | {"reversed": True, "reference": "ref_2"}, id="another's reversal"),
        pytest.param({"pending": True, "since": 5}, id="pending and more"),
        pytest.param({"found": False}, id="not found"),
        pytest.param([YES], id="a list"),
        pytest.param(b"garbage", id="garbage"),
        pytest.param(b'{"accepted":true', id="half"),
    ],
)
async def test_another_document_of_200_leaves_doubt(document: object, start_raw_bank: StartRawBank) -> None:
    assert isinstance(await found(document, start_raw_bank), Doubtful)


@pytest.mark.parametrize("document", [YES, NO, YES | {"authorization_code": "a1"}, YES | {"reversed": True}])
async def test_an_operations_answer_is_none_to_the_look_up_of_a_payment(
    document: object, start_raw_bank: StartRawBank
) -> None:
    assert isinstance(await found(document, start_raw_bank, is_operation=False), Doubtful)


async def test_only_exactly_not_found_is_never_seen(start_raw_bank: StartRawBank) -> None:
    never = {"found": False}
    assert await found(never, start_raw_bank, 404) == NeverSeen()
    for document in (b"", YES, never | {"reference": "ref_1"}, {"found": 0}):
        assert isinstance(await found(document, start_raw_bank, 404), Doubtful)


@pytest.mark.parametrize("document", [b"", YES, {"found": False}])
async def test_503_is_not_processed_and_every_other_status_leaves_doubt(
    document: object, start_raw_bank: StartRawBank
) -> None:
    assert await found(document, start_raw_bank, 503) == NotProcessed()
    for status in (202, 400, 401, 409, 500):
        assert await found(document, start_raw_bank, status) == Doubtful(f"the bank answered {status}")


@pytest.mark.parametrize(
    ("document", "status", "expected"),
    [
        ({"found": False}, 404, Doubtful("the bank answered 404")),
        (YES | {"reversed": True}, 200, Doubtful("the answer is not as specified")),
        (b"", 503, Doubtful("the bank answered 503")),
        (YES, 200, Accepted()),
        (NO, 200, Declined("already_voided")),
    ],
)
async def test_that_nothing_counts_is_not_believed_where_more_came_behind_it(
    document: object, status: int, expected: Answer, start_raw_bank: StartRawBank
) -> None:
    assert await found(document, start_raw_bank, status, more=b"\n") == expected
