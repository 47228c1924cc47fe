"""Domain to row and back, by cattrs. What was stored is trusted: plain constructors, no `create()`."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import cattrs

from pgw.domain.job import JobEvent, event_type
from pgw.domain.money import Currency
from pgw.storage.port import Change

Value = TypeVar("Value")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

_converter = cattrs.Converter()
_converter.register_unstructure_hook(datetime, lambda at: (at - _EPOCH) // _MILLISECOND)
_converter.register_structure_hook(datetime, lambda stored, _: _EPOCH + stored * _MILLISECOND)
_converter.register_unstructure_hook(Currency, lambda currency: currency.code)
_converter.register_structure_hook(Currency, lambda stored, _: Currency.of(stored))


def change_to_row(change: Change) -> dict[str, Any]:
    """Return the change as one JSON-ready document, with the type of its event."""
    row: dict[str, Any] = _converter.unstructure(change)
    row["event"] = event_type(change.job).value
    return row


def event_of(seq: int, change: Change) -> JobEvent:
    return JobEvent(seq, event_type(change.job), change.job)


def to_json(rows: object) -> str:
    return json.dumps(rows, separators=(",", ":"))


def from_row(document: str | Mapping[str, Any], kind: type[Value]) -> Value:
    """Read one row, which the statement made into a document of the same shape as the value."""
    row = json.loads(document) if isinstance(document, str) else document
    return _converter.structure(row, kind)


def from_rows(document: str, kind: type[Value]) -> list[Value]:
    """Read a whole answer, which the statement made into one JSON array."""
    return [_converter.structure(row, kind) for row in json.loads(document)]
