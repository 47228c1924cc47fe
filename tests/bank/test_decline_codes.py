"""A bank's words for its no become codes of our own list, and its own word is kept beside."""

import json
from collections.abc import Mapping

import pytest

from pgw.bank.decline_codes import RESPONSE_CODES, decline_code_of
from pgw.bank.port import Answer, Call, Declined, LookUp, Void
from pgw.domain.decline import DeclineCode
from simulator.profiles import DECLINE_CODES
from tests.bank.calls import authorize, bank_at
from tests.bank.conftest import StartRawBank
from tests.bank.raw_bank import answer, says

VOID = Void("ref_1", "ref_0")


async def answered(call: Call, document: Mapping[str, object], start_raw_bank: StartRawBank) -> Answer:
    bank = await start_raw_bank(says(answer(json.dumps(document).encode())))
    async with bank_at(bank.url).connection() as connection:
        return await connection.perform(call)


@pytest.mark.parametrize(
    ("word", "code", "kept"),
    [
        ("lost_card", DeclineCode.LOST_CARD, None),
        ("already_voided", DeclineCode.ALREADY_VOIDED, None),
        ("generic_decline", DeclineCode.GENERIC_DECLINE, None),
        ("51", DeclineCode.INSUFFICIENT_FUNDS, "51"),
        ("N7", DeclineCode.INCORRECT_CVC, "N7"),
        ("05", DeclineCode.GENERIC_DECLINE, "05"),
        ("r0", DeclineCode.GENERIC_DECLINE, "r0"),
        ("Lost_Card", DeclineCode.GENERIC_DECLINE, "Lost_Card"),
        ("do-not-like-you", DeclineCode.GENERIC_DECLINE, "do-not-like-you"),
        ("", DeclineCode.GENERIC_DECLINE, None),
        (None, DeclineCode.GENERIC_DECLINE, None),
    ],
)
async def test_a_no_has_a_code_of_ours_and_the_banks_own_word_where_that_is_another(
    word: str | None, code: DeclineCode, kept: str | None, start_raw_bank: StartRawBank
) -> None:
    expected = Declined(code, kept)
    of_payment, of_operation = (
        {"authorized": False, "decline_code": word},
        {"accepted": False, "decline_code": word},
    )
    assert await answered(authorize("ref_1"), of_payment, start_raw_bank) == expected
    assert await answered(LookUp("ref_1"), of_payment, start_raw_bank) == expected
    assert await answered(VOID, of_operation, start_raw_bank) == expected
    assert await answered(LookUp("ref_1", is_operation=True), of_operation, start_raw_bank) == expected


def test_a_response_code_is_two_characters_and_never_a_yes() -> None:
    """ISO 8583:1987: 00, 08, 10, 11, 16 and 85 are no declines."""
    assert [] == [word for word in RESPONSE_CODES if len(word) != 2 or not word.isascii()]
    assert set() == RESPONSE_CODES.keys() & {"00", "08", "10", "11", "16", "85"}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("14", "15"), "incorrect_number"),
        (("41",), "lost_card"),
        (("43",), "stolen_card"),
        (("04", "07"), "pickup_card"),
        (("34", "59"), "suspected_fraud"),
        (("33", "54"), "expired_card"),
        (("57", "58"), "not_permitted"),
        (("61", "65"), "limit_exceeded"),
        (("62",), "restricted_card"),
        (("46",), "closed_account"),
        (("R0", "R1", "R3"), "stopped_by_customer"),
        (("91", "92"), "issuer_unavailable"),
        (("06", "96"), "processing_error"),
        (("1A",), "authentication_required"),
    ],
)
def test_the_networks_response_codes_mean_what_the_networks_say(words: tuple[str, ...], code: str) -> None:
    assert {code} == {decline_code_of(word) for word in words}


def test_each_word_of_the_simulators_cards_is_one_of_ours() -> None:
    assert list(DECLINE_CODES.values()) == [decline_code_of(word) for word in DECLINE_CODES.values()]
