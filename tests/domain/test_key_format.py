"""How a key is spelled, and that a mistyped one is told without asking anybody."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgw.domain.key_format import LENGTH, PREFIX, RANDOM_BITS, hint_of, is_well_formed, spelled

DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
KEYS = st.integers(0, 2**RANDOM_BITS - 1).map(spelled)
KEY = spelled(0x0123456789ABCDEF << 190)


@given(KEYS)
def test_a_key_is_a_prefix_43_characters_and_a_checksum_of_6(key: str) -> None:
    assert re.fullmatch("pgw_sk_[0-9A-Za-z]{49}", key)
    assert is_well_formed(key)


@given(st.data(), KEYS)
def test_any_one_character_that_is_another_is_told(data: st.DataObject, key: str) -> None:
    at = data.draw(st.integers(0, LENGTH - 1))
    another = data.draw(st.sampled_from(DIGITS + "_-").filter(lambda one: one != key[at]))
    assert not is_well_formed(key[:at] + another + key[at + 1 :])


@given(st.data(), KEYS)
def test_two_neighbours_that_changed_places_are_told(data: st.DataObject, key: str) -> None:
    at = data.draw(st.integers(0, LENGTH - 2).filter(lambda at: key[at] != key[at + 1]))
    assert not is_well_formed(key[:at] + key[at + 1] + key[at] + key[at + 2 :])


@pytest.mark.parametrize(
    "text", ["", "ap_123", PREFIX, KEY[:-1], KEY + "0", KEY.lower(), " " + KEY, f"{KEY[:-1]}é"]
)
def test_what_is_no_key_is_told(text: str) -> None:
    assert not is_well_formed(text)


@given(st.sets(st.integers(0, 2**RANDOM_BITS - 1), min_size=2, max_size=2))
def test_other_bits_are_another_key(bits: set[int]) -> None:
    assert 2 == len({spelled(one) for one in bits})


def test_the_checksum_is_a_crc_32_over_what_stands_before_in_base_62() -> None:
    """By hand, since other programs tell by it whether a text is a key."""
    body, checksum = spelled(0)[:-6], spelled(0)[-6:]
    assert PREFIX + "0" * 43 == body
    number = 0
    for character in checksum:
        number = number * 62 + (string.digits + string.ascii_uppercase + string.ascii_lowercase).index(
            character
        )
    assert _crc32(body.encode()) == number


def _crc32(data: bytes) -> int:
    """Return the CRC-32 of IEEE 802.3, bit by bit."""
    remainder = 0xFFFFFFFF
    for byte in data:
        remainder ^= byte
        for _ in range(8):
            remainder = (remainder >> 1) ^ (0xEDB88320 if remainder & 1 else 0)
    return remainder ^ 0xFFFFFFFF


def test_a_hint_is_the_last_four_characters() -> None:
    assert KEY[-4:] == hint_of(KEY)
