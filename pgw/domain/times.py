"""Times as they are kept and told in one number: milliseconds since 1970 in UTC."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def milliseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MILLISECOND


def from_milliseconds(stored: int) -> datetime:
    return _EPOCH + stored * _MILLISECOND
