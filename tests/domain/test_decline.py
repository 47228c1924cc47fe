"""The closed list of why a bank says no, and the page that is made of it."""

from pathlib import Path

import pytest

from pgw.domain.decline import DECLINES, OF_OPERATIONS, OF_PAYMENTS, Advice, DeclineCode, listed
from tests.decline_codes_page import page

PAGE = Path(__file__).parents[2] / "docs" / "decline-codes.md"


def test_each_code_says_once_what_it_means_and_what_to_do() -> None:
    assert list(DeclineCode) == [*OF_PAYMENTS, *OF_OPERATIONS]
    assert len(DECLINES) == len({decline.meaning for decline in DECLINES.values()})
    assert set(Advice) == {decline.advice for decline in DECLINES.values()}


def test_each_reason_of_a_payment_is_told_to_the_customer_in_words_of_ours() -> None:
    assert [] == [code for code, decline in OF_PAYMENTS.items() if not decline.tell]


def test_what_is_secret_is_told_as_any_other_refusal_is_and_says_so_to_the_merchant() -> None:
    """Whoever holds a stolen card must not learn that the bank knows."""
    secret = {code: decline for code, decline in DECLINES.items() if decline.is_secret}
    names = {"lost_card", "stolen_card", "pickup_card", "suspected_fraud"}
    assert names == set(secret)
    assert {"The payment was declined. Please use another card."} == {one.tell for one in secret.values()}
    for code, decline in DECLINES.items():
        assert (code in secret) == ("Do not tell the customer" in decline.description)


@pytest.mark.parametrize("word", ["Lost_Card", "51", "", "no", "GENERIC_DECLINE"])
def test_a_word_that_was_kept_before_there_was_a_list_is_a_generic_decline(word: str) -> None:
    assert DeclineCode.GENERIC_DECLINE is listed(word)


def test_a_word_of_the_list_is_its_code() -> None:
    assert list(DeclineCode) == [listed(code.value) for code in DeclineCode]


def test_the_page_is_what_the_code_says() -> None:
    """Otherwise: `python -m tests.decline_codes_page > docs/decline-codes.md`."""
    assert PAGE.read_text(encoding="utf-8") == page()
