"""What an operation is asked for with is read as strictly as a payment."""

import json
from typing import Any

import pytest

from simulator.booking import Kind
from simulator.fields import MalformedError
from simulator.operation import Operation, read_operation


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        (Kind.CAPTURE, b"{}", Operation(Kind.CAPTURE, "a")),
        (Kind.CAPTURE, b'{"amount": 7}', Operation(Kind.CAPTURE, "a", 7)),
        (Kind.CAPTURE, b'{"amount": 7, "final": true}', Operation(Kind.CAPTURE, "a", 7, final=True)),
        (Kind.CAPTURE, b'{"final": false}', Operation(Kind.CAPTURE, "a")),
        (Kind.REFUND, b"{}", Operation(Kind.REFUND, "a")),
        (Kind.REFUND, b'{"amount": 999999999999}', Operation(Kind.REFUND, "a", 999_999_999_999)),
        (Kind.VOID, b"", Operation(Kind.VOID, "a")),
        (Kind.VOID, b" {}\n", Operation(Kind.VOID, "a")),
    ],
)
def test_a_request_is_read(kind: Kind, body: bytes, expected: Operation) -> None:
    assert expected == read_operation(kind, "a", body)


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        (Kind.CAPTURE, "amount", 0),
        (Kind.CAPTURE, "amount", -1),
        (Kind.CAPTURE, "amount", 10**12),
        (Kind.CAPTURE, "amount", 10.5),
        (Kind.CAPTURE, "amount", 10.0),
        (Kind.CAPTURE, "amount", "10"),
        (Kind.CAPTURE, "amount", True),
        (Kind.CAPTURE, "amount", None),
        (Kind.REFUND, "amount", 10**12),
        (Kind.CAPTURE, "final", "true"),
        (Kind.CAPTURE, "final", 1),
        (Kind.CAPTURE, "final", None),
        (Kind.REFUND, "final", True),
        (Kind.REFUND, "reason", "broken"),
        (Kind.CAPTURE, "surprise", 1),
        (Kind.VOID, "amount", 10),
        (Kind.VOID, "final", True),
    ],
)
def test_a_wrong_field_is_named(kind: Kind, name: str, value: Any) -> None:
    with pytest.raises(MalformedError, match=f"^{name}: "):
        read_operation(kind, "a", json.dumps({name: value}).encode())


@pytest.mark.parametrize("body", [b"", b" ", b"[]", b"null", b"{", b'{"amount": 1, "amount": 1}'])
@pytest.mark.parametrize("kind", [Kind.CAPTURE, Kind.REFUND])
def test_money_moves_by_a_json_object_alone(kind: Kind, body: bytes) -> None:
    with pytest.raises(MalformedError, match=r"^body: "):
        read_operation(kind, "a", body)


def test_the_fingerprint_tells_requests_apart() -> None:
    key = bytes(32)
    operations = [
        Operation(Kind.CAPTURE, "a"),
        Operation(Kind.REFUND, "a"),
        Operation(Kind.VOID, "a"),
        Operation(Kind.CAPTURE, "b"),
        Operation(Kind.CAPTURE, "a", 1050),
        Operation(Kind.CAPTURE, "a", final=True),
    ]
    assert len(operations) == len({operation.fingerprint(key) for operation in operations})
    assert operations[0].fingerprint(key) == Operation(Kind.CAPTURE, "a").fingerprint(key)
    assert operations[0].fingerprint(key) != operations[0].fingerprint(b"1" * 32)
