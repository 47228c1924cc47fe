"""The answer to a capture, a void or a refund: one that is not exactly as specified is none."""

import json
from typing import Any

import pytest

from pgw.bank.port import Accepted, Answer, Call, Declined, Doubtful, NotProcessed, Rejected
from tests.bank.calls import OPERATIONS, authorize, bank_at, void
from tests.bank.conftest import StartRawBank
from tests.bank.raw_bank import Script, answer, says, says_and_closes

YES: dict[str, Any] = {"accepted": True, "reference": "ref_1"}
NO: dict[str, Any] = {"accepted": False, "decline_code": "already_captured", "reference": "ref_1"}
WHOLE = answer(json.dumps(YES).encode())
CAPTURED = Declined("already_captured")


async def heard(call: Call, script: Script, start_raw_bank: StartRawBank) -> Answer:
    bank = await start_raw_bank(script)
    async with bank_at(bank.url, answer_timeout=5).connection() as connection:
        return await connection.perform(call)


async def answered(call: Call, document: object, start_raw_bank: StartRawBank, status: int = 200) -> Answer:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return await heard(call, says(answer(body, status)), start_raw_bank)


@OPERATIONS
@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (YES, Accepted()),
        ({"accepted": True}, Accepted()),
        (YES | {"decline_code": ""}, Accepted()),
        (YES | {"decline_code": None, "reversed": False, "more": [1, {"x": None}]}, Accepted()),
        (NO, CAPTURED),
        ({"accepted": False, "decline_code": "already_captured"}, CAPTURED),
        ({"accepted": False}, Declined("generic_decline")),
        (NO | {"decline_code": ""}, Declined("generic_decline")),
        (NO | {"decline_code": None}, Declined("generic_decline")),
    ],
)
async def test_an_answer_as_specified_is_a_decision(
    call: Call, document: object, expected: Answer, start_raw_bank: StartRawBank
) -> None:
    assert await answered(call, document, start_raw_bank) == expected


@OPERATIONS
@pytest.mark.parametrize(
    "document",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"reference": "ref_1"}, id="no decision"),
        pytest.param(YES | {"accepted": "true"}, id="a string for a decision"),
        pytest.param(YES | {"accepted": 1}, id="1 for true"),
        pytest.param(NO | {"accepted": 0}, id="0 for false"),
        pytest.param(YES | {"accepted": None}, id="null for a decision"),
        pytest.param(YES | {"accepted": [True]}, id="a list for a decision"),
        pytest.param({"authorized": True, "authorization_code": "a1"}, id="a payment's yes"),
        pytest.param({"authorized": False, "decline_code": "lost_card"}, id="a payment's no"),
        pytest.param(
            YES | {"authorized": True, "authorization_code": "a1"}, id="an operation's and a payment's"
        ),
        pytest.param({"Accepted": True}, id="another spelling"),
        pytest.param(YES | {"decline_code": "lost_card"}, id="yes and no"),
        pytest.param(YES | {"decline_code": []}, id="yes and a list"),
        pytest.param(NO | {"decline_code": 5}, id="a number for a decline code"),
        pytest.param(NO | {"decline_code": {"a": 1}}, id="an object for a decline code"),
        pytest.param(NO | {"decline_code": "d" * 65}, id="a decline code too long"),
        pytest.param(NO | {"decline_code": "two\nlines"}, id="a line end in a decline code"),
        pytest.param(YES | {"reference": "ref_0"}, id="the payment's reference"),
        pytest.param(NO | {"reference": "ref_2"}, id="another's no"),
        pytest.param(YES | {"reference": None}, id="null reference"),
        pytest.param(NO | {"reference": ["ref_1"]}, id="listed reference"),
        pytest.param(YES | {"reversed": True}, id="a yes, undone"),
        pytest.param(YES | {"reversed": 0}, id="a yes and 0 for false"),
        pytest.param({"pending": True}, id="a look-up's pending"),
        pytest.param({"reversed": True}, id="a reversal's answer"),
        pytest.param([YES], id="a list"),
        pytest.param("accepted", id="a string"),
        pytest.param(None, id="null"),
        pytest.param(b"", id="no body"),
        pytest.param(b"<html>OK</html>", id="HTML"),
        pytest.param(b'{"accepted":true', id="cut off"),
        pytest.param(b'{"accepted":true} {}', id="two documents"),
        pytest.param(b'{"accepted":false,"accepted":true}', id="a member twice"),
        pytest.param(b'{"accepted":true,"x":NaN}', id="NaN"),
    ],
)
async def test_another_document_leaves_doubt(
    call: Call, document: object, start_raw_bank: StartRawBank
) -> None:
    assert isinstance(await answered(call, document, start_raw_bank), Doubtful)


@pytest.mark.parametrize("document", [YES, NO, {"accepted": True, "authorization_code": "a1"}])
async def test_an_operations_answer_is_none_to_a_payment(
    document: object, start_raw_bank: StartRawBank
) -> None:
    assert isinstance(await answered(authorize("ref_1"), document, start_raw_bank), Doubtful)


@OPERATIONS
@pytest.mark.parametrize("document", [b"", b"not JSON", YES, NO])
async def test_400_is_a_rejection_and_503_not_processed_whatever_they_say(
    call: Call, document: object, start_raw_bank: StartRawBank
) -> None:
    said = [await answered(call, document, start_raw_bank, status) for status in (400, 503)]
    assert said == [Rejected(), NotProcessed()]


@OPERATIONS
@pytest.mark.parametrize("status", [400, 503])
@pytest.mark.parametrize("said", [{"reference": "ref_0"}, {"reference": "ref_other"}])
async def test_that_nothing_was_done_is_not_believed_of_another_reference(
    call: Call, status: int, said: object, start_raw_bank: StartRawBank
) -> None:
    assert isinstance(await answered(call, said, start_raw_bank, status), Doubtful)


@pytest.mark.parametrize("status", [201, 202, 204, 301, 401, 403, 404, 409, 422, 429, 500, 502, 504])
async def test_every_other_status_leaves_doubt_even_with_a_yes_in_it(
    status: int, start_raw_bank: StartRawBank
) -> None:
    document: object = b"" if status == 204 else YES
    said = await answered(void(), document, start_raw_bank, status)
    assert said == Doubtful(f"the bank answered {status}")


@OPERATIONS
@pytest.mark.parametrize(
    "script",
    [
        pytest.param(says_and_closes(b""), id="closed without a byte"),
        pytest.param(says_and_closes(WHOLE[:20]), id="half a head"),
        pytest.param(says_and_closes(WHOLE[:-10]), id="half a body"),
        pytest.param(says(b"\x00\xff" * 50), id="garbage"),
    ],
)
async def test_what_is_no_whole_answer_leaves_doubt(
    call: Call, script: Script, start_raw_bank: StartRawBank
) -> None:
    said = await heard(call, script, start_raw_bank)
    assert isinstance(said, Doubtful)
    assert "no answer within" not in said.reason


@OPERATIONS
@pytest.mark.parametrize("status", [400, 503])
async def test_that_nothing_was_done_is_not_believed_where_more_came_behind_it(
    call: Call, status: int, start_raw_bank: StartRawBank
) -> None:
    said = await heard(call, says(answer(b"", status) + WHOLE), start_raw_bank)
    assert said == Doubtful(f"the bank answered {status}")
