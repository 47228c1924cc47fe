"""What merchants say of an endpoint, from JSON to what is asked for, or all that is wrong with it at once."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from attrs import frozen

from pgw.domain.errors import Invalid, InvalidCode
from pgw.domain.result import Err, Ok, Result
from pgw.domain.webhook import (
    EVENT_TYPES,
    LONGEST_DESCRIPTION,
    LONGEST_OVERLAP,
    OVERLAP,
    DisabledBecause,
    EndpointStatus,
    WebhookEndpoint,
)
from pgw.http.call import ReadUrl
from pgw.http.documents import missing, unknown_members
from pgw.http.members import InvalidMembers

STATUSES = (EndpointStatus.ENABLED, EndpointStatus.DISABLED)
"""What a merchant sets; an endpoint is deleted by `DELETE`."""
OVERLAP_SECONDS, MOST_OVERLAP_SECONDS = (int(one.total_seconds()) for one in (OVERLAP, LONGEST_OVERLAP))

_MEMBERS = ("url", "description", "eventTypes")
_KNOWN_TYPES = ", ".join(EVENT_TYPES)


@frozen
class EndpointOrder:
    """A URL that is to be told, of events of all types where none are named."""

    url: str
    description: str | None
    event_types: tuple[str, ...] | None


@frozen
class EndpointPatch:
    """What is to change of an endpoint: members that are given, None where they are taken away."""

    members: Mapping[str, object]
    status: EndpointStatus | None

    def applied_to(self, endpoint: WebhookEndpoint, at: datetime) -> WebhookEndpoint:
        if self.members:
            endpoint = endpoint.changed(self.members, at)
        if self.status is EndpointStatus.ENABLED:
            return endpoint.enabled(at)
        if self.status is EndpointStatus.DISABLED:
            return endpoint.disabled(DisabledBecause.ASKED, at)
        return endpoint


def read_endpoint(document: Mapping[str, Any], read_url: ReadUrl) -> Result[EndpointOrder, list[Invalid]]:
    """Read an endpoint to be added; `description` and `eventTypes` may be left out, or null."""
    problems = InvalidMembers()
    url = _url(document, read_url, problems)
    description = _description(document, problems)
    event_types = _event_types(document.get("eventTypes"), problems)
    problems.found += unknown_members(document, _MEMBERS)
    if problems.found or url is None:
        return Err(problems.found)
    return Ok(EndpointOrder(url, description, event_types))


def read_patch(document: Mapping[str, Any], read_url: ReadUrl) -> Result[EndpointPatch, list[Invalid]]:
    """Read a change of an endpoint, as a JSON merge patch (RFC 7396): null takes a member away."""
    problems = InvalidMembers()
    if not document:
        problems.found.append(missing("#"))
    members: dict[str, object] = {}
    if "url" in document:
        members["url"] = _url(document, read_url, problems)
    if "description" in document:
        members["description"] = _description(document, problems)
    if "eventTypes" in document:
        members["event_types"] = _event_types(document["eventTypes"], problems)
    status = document.get("status")
    if "status" in document and status not in STATUSES:
        problems.add("#/status", f"This member must be one of {', '.join(STATUSES)}.")
    problems.found += unknown_members(document, (*_MEMBERS, "status"))
    if problems.found:
        return Err(problems.found)
    return Ok(EndpointPatch(members, None if status is None else EndpointStatus(status)))


def read_overlap(document: Mapping[str, Any]) -> Result[timedelta, list[Invalid]]:
    """Read for how long the secret that is rotated is to be valid still."""
    problems = InvalidMembers()
    seconds = document.get("overlapSeconds", OVERLAP_SECONDS)
    if not _is_whole_number(seconds, MOST_OVERLAP_SECONDS):
        problems.add("#/overlapSeconds", f"This member must be an integer from 0 to {MOST_OVERLAP_SECONDS}.")
    problems.found += unknown_members(document, ("overlapSeconds",))
    return Err(problems.found) if problems.found else Ok(timedelta(seconds=int(seconds)))


def _is_whole_number(value: object, most: int) -> bool:
    """Tell an integer as JSON has it, where 60.0 is one; its size is judged first, for it may be huge."""
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return is_number and 0 <= value <= most and value % 1 == 0  # type: ignore[operator]


def _url(document: Mapping[str, Any], read_url: ReadUrl, problems: InvalidMembers) -> str | None:
    if "url" not in document:
        problems.found.append(missing("#/url"))
        return None
    text = document["url"]
    if not isinstance(text, str):
        problems.add("#/url", "This member must be a string.")
        return None
    match read_url(text):
        case Err(detail):
            problems.add("#/url", detail, InvalidCode.INVALID_URL)
            return None
        case Ok(url):
            problems.keep_card_out(url, "#/url")
            return url


def _description(document: Mapping[str, Any], problems: InvalidMembers) -> str | None:
    description = problems.text(document, "description", LONGEST_DESCRIPTION)
    problems.keep_card_out(description, "#/description")
    return description


def _event_types(value: object, problems: InvalidMembers) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not value:
        detail = f"This member must be null, for all, or a list of some of {_KNOWN_TYPES}."
        problems.add("#/eventTypes", detail)
        return None
    event_types: list[str] = []
    for at, one in enumerate(value):
        if one not in EVENT_TYPES:
            problems.add(f"#/eventTypes/{at}", f"An event type is one of {_KNOWN_TYPES}.")
        elif one in event_types:
            problems.add(f"#/eventTypes/{at}", "This event type was named before.")
        else:
            event_types.append(one)
    return tuple(event_types)
