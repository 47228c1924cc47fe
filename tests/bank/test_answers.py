"""An answer that is not exactly as specified is no answer."""

import json

import pytest

from pgw.bank.port import Answer, Authorized, Declined, Doubtful, NotProcessed, Rejected
from tests.bank.calls import authorize, bank_at
from tests.bank.conftest import StartRawBank
from tests.bank.raw_bank import answer, says

DEEP = b'{"x":' * 5000 + b"1" + b"}" * 5000
FIRST_64 = "c" * 64


async def answered(body: bytes, start_raw_bank: StartRawBank, status: int = 200) -> Answer:
    bank = await start_raw_bank(says(answer(body, status)))
    async with bank_at(bank.url).connection() as connection:
        return await connection.perform(authorize("ref_1"))


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"authorized": True, "authorization_code": "a1"}, Authorized("a1")),
        ({"authorized": True, "authorization_code": FIRST_64}, Authorized(FIRST_64)),
        ({"authorized": True, "authorization_code": "a1", "reference": "ref_1"}, Authorized("a1")),
        ({"authorized": True, "authorization_code": "a1", "decline_code": ""}, Authorized("a1")),
        ({"authorized": True, "authorization_code": "a1", "more": [1, {"x": None}]}, Authorized("a1")),
        ({"authorized": True, "authorization_code": "a1", "reversed": False}, Authorized("a1")),
        ({"authorized": False, "authorization_code": "", "decline_code": "lost_card"}, Declined("lost_card")),
        ({"authorized": False, "decline_code": "lost_card"}, Declined("lost_card")),
        ({"authorized": False, "authorization_code": ""}, Declined("generic_decline")),
    ],
)
async def test_an_answer_as_specified_is_a_decision(
    document: object, expected: Answer, start_raw_bank: StartRawBank
) -> None:
    body = json.dumps(document).encode()
    assert await answered(body, start_raw_bank) == expected


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"authorization_code": "a1"}, id="no decision"),
        pytest.param({"authorized": True}, id="no code"),
        pytest.param({"authorized": True, "authorization_code": ""}, id="empty code"),
        pytest.param({"authorized": True, "authorization_code": None}, id="null code"),
        pytest.param({"authorized": True, "authorization_code": 17}, id="a number for a code"),
        pytest.param({"authorized": True, "authorization_code": ["a1"]}, id="a list for a code"),
        pytest.param({"authorized": True, "authorization_code": "a1 "}, id="a blank in a code"),
        pytest.param({"authorized": True, "authorization_code": "a1\n"}, id="a line end in a code"),
        pytest.param({"authorized": True, "authorization_code": "c\u00f6de"}, id="a code beyond ASCII"),
        pytest.param({"authorized": True, "authorization_code": "c" * 65}, id="a code too long"),
        pytest.param({"authorized": "true", "authorization_code": "a1"}, id="a string for a decision"),
        pytest.param({"authorized": 1, "authorization_code": "a1"}, id="1 for true"),
        pytest.param({"authorized": 0, "decline_code": "lost_card"}, id="0 for false"),
        pytest.param({"authorized": None, "authorization_code": "a1"}, id="null for a decision"),
        pytest.param(
            {"authorized": True, "authorization_code": "a1", "decline_code": "lost_card"}, id="yes and no"
        ),
        pytest.param({"authorized": False, "authorization_code": "a1"}, id="no and yes"),
        pytest.param(
            {"authorized": True, "authorization_code": "a1", "decline_code": []}, id="yes and a list"
        ),
        pytest.param({"authorized": False, "authorization_code": {}}, id="no and an object"),
        pytest.param({"authorized": False, "decline_code": 5}, id="a number for a decline code"),
        pytest.param({"authorized": False, "decline_code": {"a": 1}}, id="an object for a decline code"),
        pytest.param({"authorized": False, "decline_code": "d" * 65}, id="a decline code too long"),
        pytest.param({"authorized": True, "authorization_code": "a1", "reference": "ref_2"}, id="another's"),
        pytest.param(
            {"authorized": True, "authorization_code": "a1", "reference": None}, id="null reference"
        ),
        pytest.param(
            {"authorized": False, "decline_code": "x", "reference": ["ref_1"]}, id="listed reference"
        ),
        pytest.param({"authorized": True, "authorization_code": "a1", "reversed": True}, id="a yes, undone"),
        pytest.param(
            {"authorized": True, "authorization_code": "a1", "reversed": 0}, id="a yes and 0 for false"
        ),
        pytest.param([{"authorized": True, "authorization_code": "a1"}], id="a list"),
        pytest.param("authorized", id="a string"),
        pytest.param(None, id="null"),
    ],
)
async def test_another_document_leaves_doubt(document: object, start_raw_bank: StartRawBank) -> None:
    body = json.dumps(document).encode()
    assert isinstance(await answered(body, start_raw_bank), Doubtful)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<html>OK</html>", id="HTML"),
        pytest.param(b'{"authorized":true,"authorization_code":"a1"', id="cut off"),
        pytest.param(b'{"authorized":true,"authorization_code":"a1"} {}', id="two documents"),
        pytest.param(
            b'{"authorized":false,"authorized":true,"authorization_code":"a1"}', id="a member twice"
        ),
        pytest.param(b'{"authorized":true,"authorization_code":"a1","x":{"y":1,"y":2}}', id="twice, within"),
        pytest.param(b'{"authorized":true,"authorization_code":"a1","x":NaN}', id="NaN"),
        pytest.param(b'{"authorized":true,"authorization_code":"a1","x":-Infinity}', id="-Infinity"),
        pytest.param(
            b'{"authorized":true,"authorization_code":"a1","x":' + b"9" * 5000 + b"}", id="huge number"
        ),
        pytest.param(DEEP, id="5,000 deep"),
        pytest.param(b'{"authorized":true,"authorization_code":"a\xff"}', id="no UTF-8"),
        pytest.param('{"authorized":true,"authorization_code":"a1"}'.encode("utf-16"), id="UTF-16"),
    ],
)
async def test_what_is_no_json_leaves_doubt(body: bytes, start_raw_bank: StartRawBank) -> None:
    assert isinstance(await answered(body, start_raw_bank), Doubtful)


@pytest.mark.parametrize("body", [b"", b"not JSON", b'{"authorized":true,"authorization_code":"a1"}'])
async def test_400_is_a_rejection_and_503_not_processed_whatever_they_say(
    body: bytes, start_raw_bank: StartRawBank
) -> None:
    said = [await answered(body, start_raw_bank, status) for status in (400, 503)]
    assert said == [Rejected(), NotProcessed()]


@pytest.mark.parametrize("status", [400, 503])
async def test_that_nothing_was_done_is_not_believed_of_another_reference(
    status: int, start_raw_bank: StartRawBank
) -> None:
    assert isinstance(await answered(b'{"reference":"ref_other"}', start_raw_bank, status), Doubtful)


@pytest.mark.parametrize("status", [201, 202, 204, 301, 401, 404, 409, 422, 429, 500, 502, 504])
async def test_every_other_status_leaves_doubt_even_with_a_yes_in_it(
    status: int, start_raw_bank: StartRawBank
) -> None:
    body = b"" if status == 204 else b'{"authorized":true,"authorization_code":"a1"}'
    said = await answered(body, start_raw_bank, status)
    assert said == Doubtful(f"the bank answered {status}")
