"""What a look-up learns; an answer that is not exactly as specified teaches nothing."""

import json

import pytest

from pgw.bank.port import (
    Answer,
    Authorized,
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

YES: dict[str, object] = {"authorized": True, "authorization_code": "a1"}
NO: dict[str, object] = {"authorized": False, "decline_code": "lost_card"}


async def found(body: bytes, start_raw_bank: StartRawBank, status: int = 200) -> Answer:
    bank = await start_raw_bank(says(answer(body, status)))
    async with bank_at(bank.url).connection() as connection:
        return await connection.perform(LookUp("ref_1"))


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (YES, Authorized("a1")),
        (NO, Declined("lost_card")),
        ({"authorized": False}, Declined("generic_decline")),
        (YES | {"reference": "ref_1"}, Authorized("a1")),
        (YES | {"reversed": False}, Authorized("a1")),
        (YES | {"captured": 1050, "more": {"x": [None]}}, Authorized("a1")),
        (YES | {"pending": False, "found": True}, Authorized("a1")),
        (YES | {"reversed": True}, Reversed()),
        (NO | {"reversed": True}, Reversed()),
        (YES | {"reversed": True, "reference": "ref_1"}, Reversed()),
        ({"pending": True}, Pending()),
    ],
)
async def test_200_tells_what_became_of_the_payment(
    document: object, expected: Answer, start_raw_bank: StartRawBank
) -> None:
    assert await found(json.dumps(document).encode(), start_raw_bank) == expected


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"pending": False}, id="not pending, and no decision"),
        pytest.param({"pending": 1}, id="1 for pending"),
        pytest.param({"pending": "true"}, id="a string for pending"),
        pytest.param({"pending": True, "since": 5}, id="pending and more"),
        pytest.param({"pending": True, "reference": "ref_2"}, id="another's pending"),
        pytest.param({"pending": True, "reference": "ref_1"}, id="pending with its reference"),
        pytest.param(YES | {"pending": True}, id="a yes and pending"),
        pytest.param(YES | {"pending": None}, id="a yes and null for pending"),
        pytest.param(YES | {"found": False}, id="a yes and not found"),
        pytest.param(YES | {"found": 1}, id="a yes and 1 for found"),
        pytest.param({"found": False}, id="not found"),
        pytest.param(YES | {"reversed": None}, id="null for reversed"),
        pytest.param(YES | {"reversed": 1}, id="1 for reversed"),
        pytest.param(YES | {"reversed": 0}, id="0 for not reversed"),
        pytest.param(YES | {"reversed": "true"}, id="a string for reversed"),
        pytest.param(NO | {"reversed": []}, id="a list for reversed"),
        pytest.param({"authorized": True, "reversed": True}, id="reversed, and a yes without a code"),
        pytest.param(
            {"authorized": 1, "authorization_code": "a1", "reversed": True}, id="reversed, 1 for yes"
        ),
        pytest.param(YES | {"decline_code": "lost_card"}, id="yes and no"),
        pytest.param(NO | {"authorization_code": "a1"}, id="no and yes"),
        pytest.param(YES | {"reference": "ref_2"}, id="another's yes"),
        pytest.param(NO | {"reversed": True, "reference": "ref_2"}, id="another's reversal"),
        pytest.param(YES | {"reference": None}, id="null reference"),
        pytest.param([YES], id="a list"),
        pytest.param(None, id="null"),
    ],
)
async def test_another_document_of_200_leaves_doubt(document: object, start_raw_bank: StartRawBank) -> None:
    assert isinstance(await found(json.dumps(document).encode(), start_raw_bank), Doubtful)


@pytest.mark.parametrize("body", [b'{"found":false}', b' {\n"found" : false }\n'])
async def test_only_404_with_exactly_not_found_is_never_seen(
    body: bytes, start_raw_bank: StartRawBank
) -> None:
    assert await found(body, start_raw_bank, 404) == NeverSeen()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"Not Found",
        b"null",
        b'{"found":0}',
        b'{"found":null}',
        b'{"found":"false"}',
        b'{"found":true}',
        b'{"found":false,"found":false}',
        b'{"found":false,"reference":"ref_1"}',
        b'{"found":false,"reference":"ref_2"}',
        b'{"found":false,"error_message":"no route"}',
        b'[{"found":false}]',
        b'{"pending":true}',
        json.dumps(YES).encode(),
    ],
)
async def test_another_404_leaves_doubt(body: bytes, start_raw_bank: StartRawBank) -> None:
    """A proxy's 404, or one about the route, says nothing about the payment."""
    assert isinstance(await found(body, start_raw_bank, 404), Doubtful)


@pytest.mark.parametrize("body", [b"", b"busy", b'{"found":false}', json.dumps(YES).encode()])
async def test_503_is_not_processed_whatever_it_says(body: bytes, start_raw_bank: StartRawBank) -> None:
    assert await found(body, start_raw_bank, 503) == NotProcessed()


@pytest.mark.parametrize("status", [201, 202, 203, 301, 304, 400, 401, 403, 405, 410, 429, 500, 502, 504])
@pytest.mark.parametrize("body", [json.dumps(YES).encode(), b'{"found":false}', b'{"pending":true}'])
async def test_every_other_status_leaves_doubt(
    status: int, body: bytes, start_raw_bank: StartRawBank
) -> None:
    said = await found(b"" if status == 304 else body, start_raw_bank, status)
    assert said == Doubtful(f"the bank answered {status}")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param(
            answer(b'{"found":false}', 404), Doubtful("the bank answered 404"), id="never seen, and more"
        ),
        pytest.param(
            answer(json.dumps(YES | {"reversed": True}).encode()),
            Doubtful("the answer is not as specified"),
            id="reversed, and more",
        ),
        pytest.param(answer(b"", 503), Doubtful("the bank answered 503"), id="503, and more"),
        pytest.param(answer(json.dumps(YES).encode()), Authorized("a1"), id="a yes, and more"),
        pytest.param(answer(json.dumps(NO).encode()), Declined("lost_card"), id="a no, and more"),
        pytest.param(answer(b'{"pending":true}'), Pending(), id="pending, and more"),
    ],
)
@pytest.mark.parametrize("more", [b"\n", b"HTTP/1.1 200 OK\r\n"])
async def test_that_no_money_moved_is_not_believed_where_more_came_behind_it(
    said: bytes, more: bytes, expected: Answer, start_raw_bank: StartRawBank
) -> None:
    bank = await start_raw_bank(says(said + more))
    async with bank_at(bank.url).connection() as connection:
        assert await connection.perform(LookUp("ref_1")) == expected
        bank.script = says(answer(b'{"pending":true}'))
        assert await connection.perform(LookUp("ref_1")) == Pending()
    assert bank.accepted == 2
