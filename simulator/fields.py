"""A request's JSON object and its members, read as strictly as a bank reads them."""

import json
from collections.abc import Collection
from typing import TypeVar

LARGEST_AMOUNT = 999_999_999_999

Value = TypeVar("Value")


class MalformedError(Exception):
    """The bank refuses this request as malformed; the message names the field."""


def read_object(body: bytes, known: Collection[str]) -> dict[str, object]:
    """Read a JSON object that names no field twice and none that is not known; raises MalformedError."""
    try:
        fields = json.loads(body.decode(), object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError) as error:
        raise MalformedError("body: is no JSON") from error
    if not isinstance(fields, dict):
        raise MalformedError("body: is no JSON object")
    for name in fields:
        if name not in known:
            raise MalformedError(f"{name}: no such field")
    return fields


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise MalformedError("body: names a field twice")
    return fields


def required(fields: dict[str, object], name: str, kind: type[Value], wanted: str) -> Value:
    """Take a member of exactly this type; raises MalformedError, which says what is wanted."""
    if name not in fields:
        raise MalformedError(f"{name}: is missing")
    value = fields[name]
    if type(value) is not kind:  # a bool is no integer here
        raise MalformedError(f"{name}: must be {wanted}")
    return value


def boolean(fields: dict[str, object], name: str, *, default: bool) -> bool:
    return required(fields, name, bool, "true or false") if name in fields else default


def amount_of(fields: dict[str, object]) -> int:
    """Take the member `amount`, in minor units; raises MalformedError."""
    amount = required(fields, "amount", int, "an integer of minor units")
    if not 0 < amount <= LARGEST_AMOUNT:
        raise MalformedError(f"amount: must be from 1 to {LARGEST_AMOUNT} minor units")
    return amount
