"""Entries of the timeline as they are stored: each a JSON document, of a payment's job."""

import json
from collections.abc import Mapping
from typing import Any

from pgw.domain.delivery import TriedDelivery
from pgw.domain.timeline import By, Fact, Happening, RecordedEntry, TimelineEntry
from pgw.domain.times import from_milliseconds, milliseconds
from pgw.storage.port import Change

EntryRow = tuple[str, str, str]
"""Payment, job, document. Its number and its hash depend on what is written before it."""

_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


def entry_rows(change: Change) -> list[EntryRow]:
    """Return a change's entries. The last of one that is told says what job and payment are from then on."""
    if not change.entries:
        return []
    *before, last = change.entries
    outcome: dict[str, Fact] = {}
    if change.is_told:
        outcome = {"jobStatus": change.job.status, "paymentStatus": change.payment.status}
    documents = [*(_document(entry) for entry in before), _document(last, outcome)]
    return [(change.payment.id, change.job.id, document) for document in documents]


def try_row(tried: TriedDelivery) -> EntryRow | None:
    """Return the entry of a try to deliver a webhook; None where that is not about a payment."""
    if tried.payment_id is None or tried.job_id is None:
        return None
    made = tried.made
    facts: dict[str, Fact] = {
        "endpointId": tried.key.endpoint_id,
        "deliveryId": tried.key.id,
        "try": made.number,
        "milliseconds": made.milliseconds,
    }
    facts |= {"error": made.error} if made.status_code is None else {"statusCode": made.status_code}
    entry = TimelineEntry(Happening.WEBHOOK_TRIED, By.GATEWAY, made.at, facts)
    return tried.payment_id, tried.job_id, _document(entry)


def recorded(number: int, job_id: str, document: Mapping[str, Any]) -> RecordedEntry:
    what, by, at = Happening(document["what"]), By(document["by"]), from_milliseconds(document["at"])
    return RecordedEntry(number, job_id, TimelineEntry(what, by, at, document["facts"]))


def _document(entry: TimelineEntry, outcome: Mapping[str, Fact] | None = None) -> str:
    facts = {**entry.facts, **outcome} if outcome else dict(entry.facts)
    stored = {"what": entry.what, "by": entry.by, "at": milliseconds(entry.at), "facts": facts}
    return _ENCODER.encode(stored)
