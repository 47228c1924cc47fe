"""Only exactly the acknowledgement acknowledges a reversal."""

import pytest

from pgw.bank.port import Answer, Doubtful, NotProcessed, NotReversible, Reverse, Reversed
from tests.bank.calls import bank_at
from tests.bank.conftest import StartRawBank
from tests.bank.raw_bank import answer, says

ACKNOWLEDGED, REFUSED = b'{"reversed":true}', b'{"reversed":false}'


async def answered(said: bytes, start_raw_bank: StartRawBank) -> Answer:
    bank = await start_raw_bank(says(said))
    async with bank_at(bank.url).connection() as connection:
        return await connection.perform(Reverse("ref_1"))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (ACKNOWLEDGED, Reversed()),
        (b' {\n"reversed" : true }\n', Reversed()),
        (REFUSED, NotReversible()),
    ],
)
async def test_200_says_whether_it_is_reversed(
    body: bytes, expected: Answer, start_raw_bank: StartRawBank
) -> None:
    assert await answered(answer(body), start_raw_bank) == expected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"OK",
        b"true",
        b"null",
        b"{}",
        b'{"reversed":1}',
        b'{"reversed":0}',
        b'{"reversed":1.0}',
        b'{"reversed":null}',
        b'{"reversed":"true"}',
        b'{"reversed":[true]}',
        b'{"reversed":true,"reversed":true}',
        b'{"reversed":false,"reversed":true}',
        b'{"reversed":true,"reference":"ref_1"}',
        b'{"reversed":true,"reference":"ref_2"}',
        b'{"reversed":true,"more":1}',
        b'{"reversed":false,"reason":"settled"}',
        b'[{"reversed":true}]',
        b'{"Reversed":true}',
        b'{"reversed":true',
        b'{"reversed":true} {}',
        b'{"pending":true}',
        b'{"found":false}',
        b'{"authorized":true,"authorization_code":"a1"}',
        '{"reversed":true}'.encode("utf-16"),
    ],
)
async def test_another_200_leaves_doubt(body: bytes, start_raw_bank: StartRawBank) -> None:
    assert isinstance(await answered(answer(body), start_raw_bank), Doubtful)


@pytest.mark.parametrize("body", [b"", ACKNOWLEDGED, REFUSED])
async def test_503_is_not_processed_whatever_it_says(body: bytes, start_raw_bank: StartRawBank) -> None:
    assert await answered(answer(body, 503), start_raw_bank) == NotProcessed()


@pytest.mark.parametrize("status", [201, 202, 301, 400, 401, 404, 405, 409, 422, 429, 500, 502, 504])
@pytest.mark.parametrize("body", [ACKNOWLEDGED, REFUSED, b'{"found":false}'])
async def test_every_other_status_leaves_doubt(
    status: int, body: bytes, start_raw_bank: StartRawBank
) -> None:
    assert await answered(answer(body, status), start_raw_bank) == Doubtful(f"the bank answered {status}")


@pytest.mark.parametrize("said", [answer(ACKNOWLEDGED), answer(REFUSED), answer(ACKNOWLEDGED, 503)])
@pytest.mark.parametrize("more", [b"\n", answer(ACKNOWLEDGED)])
async def test_nothing_is_acknowledged_where_more_came_behind_it(
    said: bytes, more: bytes, start_raw_bank: StartRawBank
) -> None:
    assert isinstance(await answered(said + more, start_raw_bank), Doubtful)
