import json
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest

from pgw.domain.key_format import spelled
from pgw.logs import REDACTED, redact, redacted
from pgw.ports import SystemClock, SystemRandomness, TimeOrderedIds

NUMBER = "4242424242424242"
UUID = "12345678-1234-1234-1234-123456789012"


class Spelled(StrEnum):
    NUMBER = "4242424242424242"


class Shown:
    def __repr__(self) -> str:
        return f"<card {NUMBER}>"


def logged(value: object) -> Any:
    return redact(None, "info", {"Value": value})["Value"]


@pytest.mark.parametrize(
    "spelled",
    [
        NUMBER,
        "4242424242424241",  # mistyped, but nearly one
        "4242 4242 4242 4242",
        "4242-4242-4242-4242",
        "4242  4242 -- 4242 - 4242",
        "4-2-4-2-4-2-4-2-4-2-4-2-4-2-4-2",
        "4242\u00a04242\u20134242\t4242",
        "3782 822463 10005",
        "4242.4242.4242.4242",
        "4242_4242_4242_4242",
        "4242/4242/4242/4242",
        "3782, 822463, 10005",
        "6304 0000 0000",
        "4" * 19,
        "\uff14\uff12" * 8,
        "\u0664\u0662" * 8,
    ],
    ids=ascii,
)
@pytest.mark.parametrize(
    "around", ["{}", "card {}, thanks", "x{}y", '{{"number":"{}"}}', "/payments/{}?a=1", "a={}&b"]
)
def test_what_looks_like_a_card_number_is_redacted(around: str, spelled: str) -> None:
    assert around.format(REDACTED) == redacted(around.format(spelled))


def test_every_number_of_a_text_is_redacted() -> None:
    assert f"{REDACTED}, {UUID}; {REDACTED}" == redacted(f"{NUMBER}, {UUID}; 5555-5555 5555 4444")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12345678901",
        "1234 5678 901",
        "2026-06-15T09:30:00.123456Z",
        "2026-06-15 09:30:00+00:00",
        "127.0.0.1:50947",
        "192.168.100.200:50947",
        "************4242",
        UUID,
        UUID.upper(),
        f"/payments/{UUID}",
    ],
)
def test_what_does_not_look_like_a_card_number_passes(text: str) -> None:
    assert text == redacted(text)


def test_our_own_ids_pass() -> None:
    ids = TimeOrderedIds(SystemClock(), SystemRandomness())
    made = [ids.new("pay") for _ in range(500)]
    assert made == [redacted(one) for one in made]


@pytest.mark.parametrize(
    "value",
    [
        NUMBER,
        int(NUMBER),
        -int(NUMBER),
        10**11,
        float(NUMBER),
        Decimal(NUMBER),
        NUMBER.encode(),
        Spelled.NUMBER,
        Shown(),
        ValueError(f"bad card {NUMBER}"),
        [NUMBER],
        (1, (NUMBER,)),
        {NUMBER},
        {"a": {"b": [{"c": NUMBER}]}},
        {NUMBER: 1},
        {int(NUMBER): 1},
        {"a": {("b", NUMBER): 1}},
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_card_number_is_redacted_in_any_value_however_deep(value: object) -> None:
    shown = json.dumps(logged(value))
    assert NUMBER not in shown
    assert "4242" not in shown
    assert REDACTED in shown


def test_the_message_itself_is_redacted() -> None:
    assert {"Message": f"Ended {REDACTED}"} == redact(None, "info", {"Message": f"Ended {NUMBER}"})


@pytest.mark.parametrize("value", [None, True, False, 0, -1, 99_999_999_999, 0.1 + 0.2, 12.345, ""])
def test_what_holds_no_card_stays_what_it_is(value: object) -> None:
    assert value is logged(value)


def test_a_time_is_shown_as_text() -> None:
    assert "2026-06-15 09:30:00.123456+00:00" == logged(datetime(2026, 6, 15, 9, 30, 0, 123456, tzinfo=UTC))


@pytest.mark.parametrize("around", ["{}", "Bearer {}", "/jobs/{}?a=1", "x{}", "{} {}"])
def test_what_looks_like_a_key_is_redacted(around: str) -> None:
    key = spelled(2**255 + 17)
    shown = redacted(around.format(key, key))
    assert around.format(REDACTED, REDACTED) == shown
    assert REDACTED in redacted(key[:-1])
    assert "pgw_sk_" == redacted("pgw_sk_")


def test_a_webhooks_secret_is_redacted() -> None:
    secret = f"whsec_{'aB+/' * 10}aSk="
    assert '{"secret":"[redacted]"}' == redacted(f'{{"secret":"{secret}"}}')
