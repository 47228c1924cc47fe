"""Whether a webhook is the gateway's, held against the standard's own package."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgw.client.verification import NoSecret, WebhookSecret, verify
from pgw.domain.result import Err, Ok
from tests.client.signing import ID, NOW, OTHER_SECRET, SECRET, payload, signed

BODY = payload()
OURS = WebhookSecret.of(SECRET)


@given(body=st.text(), webhook_id=st.text("abcdefghijklmnop_", min_size=1), age=st.integers(-300, 300))
def test_what_the_standards_package_signed_is_believed(body: str, webhook_id: str, age: int) -> None:
    encoded = body.encode("utf-8", "replace")
    headers = signed(encoded, webhook_id=webhook_id, at=NOW - timedelta(seconds=age))
    assert Ok(webhook_id) == verify(OURS, headers, encoded, NOW)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"webhook-id": "whd_another"}, "None of its signatures"),
        ({"webhook-id": ""}, "It has no webhook-id."),
        ({"webhook-timestamp": ""}, "It has no webhook-timestamp."),
        ({"webhook-signature": ""}, "It has no webhook-signature."),
        ({"webhook-timestamp": "soon"}, "is no number of seconds"),
        ({"webhook-timestamp": "-1"}, "is no number of seconds"),
        ({"webhook-timestamp": "\N{ARABIC-INDIC DIGIT ONE}"}, "is no number of seconds"),
        ({"webhook-timestamp": "9" * 5000}, "is no number of seconds"),
        ({"webhook-timestamp": str(int(NOW.timestamp()) + 1)}, "None of its signatures"),
        ({"webhook-signature": "v1,"}, "None of its signatures"),
        ({"webhook-signature": "v1"}, "None of its signatures"),
        ({"webhook-signature": "v1,\xff"}, "None of its signatures"),
        ({"webhook-signature": " , ,,"}, "None of its signatures"),
    ],
)
def test_what_is_not_as_it_was_signed_is_not_believed(changes: dict[str, str], why: str) -> None:
    headers = {**signed(BODY, at=NOW), **changes}
    told = verify(OURS, headers, BODY, NOW)
    assert isinstance(told, Err)
    assert why in told.error


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_header_that_is_missing_is_named(name: str) -> None:
    headers = {one: value for one, value in signed(BODY, at=NOW).items() if one != name}
    assert Err(f"It has no {name}.") == verify(OURS, headers, BODY, NOW)


def test_a_body_with_one_byte_more_or_less_is_not_believed() -> None:
    headers = signed(BODY, at=NOW)
    assert Ok(ID) == verify(OURS, headers, BODY, NOW)
    for changed in (BODY + b" ", BODY[:-1], b""):
        assert isinstance(verify(OURS, headers, changed, NOW), Err)


@pytest.mark.parametrize(
    ("seconds", "told"), [(-301, "301 s in the future"), (301, "301 s old"), (-300, None), (300, None)]
)
def test_five_minutes_are_tolerated_either_way(seconds: int, told: str | None) -> None:
    answer = verify(OURS, signed(BODY, at=NOW - timedelta(seconds=seconds)), BODY, NOW)
    if told is None:
        assert Ok(ID) == answer
    else:
        assert isinstance(answer, Err)
        assert told in answer.error


def test_one_right_signature_among_several_is_enough() -> None:
    """As while a secret is rotated; and those of other versions, or of other secrets, are passed over."""
    new, old = signed(BODY, at=NOW), signed(BODY, at=NOW, secret=OTHER_SECRET)
    for signatures in ([new, old], [old, new]):
        value = " ".join(["v1a,ignored", *(one["webhook-signature"] for one in signatures), "v2,ignored"])
        assert Ok(ID) == verify(OURS, {**new, "webhook-signature": value}, BODY, NOW)
    assert isinstance(verify(OURS, old, BODY, NOW), Err)


def test_a_right_signature_of_another_version_does_not_count() -> None:
    headers = dict(signed(BODY, at=NOW))
    headers["webhook-signature"] = headers["webhook-signature"].replace("v1,", "v2,")
    assert isinstance(verify(OURS, headers, BODY, NOW), Err)


@pytest.mark.parametrize(
    "text", ["", "whsec_", "whsec_YWJj", SECRET.removeprefix("whsec_"), "whsec_!" + SECRET[6:], "whsec_é"]
)
def test_a_secret_is_whsec_and_24_to_64_bytes_and_is_never_repeated(text: str) -> None:
    with pytest.raises(NoSecret) as refused:
        WebhookSecret.of(text)
    assert text == "" or text not in str(refused.value) or text == "whsec_"
    assert SECRET not in repr(OURS)
    assert "tests alone" not in repr(OURS)
