"""The page on payments says what the code does."""

import re

import pytest

from pgw.domain.payment import TRANSITIONS, PaymentStatus
from tests.docs.drawing import PAGE, diagram, drawn, operations


def test_the_page_is_as_the_code_draws_it() -> None:
    assert drawn(PAGE.read_text()) == PAGE.read_text(), "`make docs` draws it anew"


def test_each_transition_is_an_arrow_and_each_end_is_marked() -> None:
    arrows = re.findall(r"^ {4}(\S+) --> ([^\s:]+)", diagram(), re.MULTILINE)
    made = [(str(status), str(to)) for status, steps in TRANSITIONS.items() for to in steps.values()]
    ends = [(str(status), "[*]") for status, steps in TRANSITIONS.items() if not steps]
    assert sorted([("[*]", "Created"), *made, *ends]) == sorted(arrows)
    assert set(PaymentStatus) == {one for arrow in arrows for one in arrow} - {"[*]"}


def test_what_waits_for_what_is_told() -> None:
    waits = {row.split(" | ")[0][2:]: row.split(" | ")[-1][:-2] for row in operations().splitlines()[2:]}
    assert {
        "capture": "a capture or a void or a refund",
        "void": "a capture or a void",
        "refund": "a capture",
    } == waits


def test_a_page_without_a_place_for_a_piece_is_told() -> None:
    with pytest.raises(AssertionError, match="not one place for life"):
        drawn("# Payments")
