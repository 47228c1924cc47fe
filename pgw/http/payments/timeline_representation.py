"""A payment's timeline as its merchant sees it."""

from collections.abc import Mapping
from typing import Any

from pgw.domain.money import Currency
from pgw.domain.timeline import Fact, Happening, RecordedEntry
from pgw.http.answers import timestamp

# What is told of an entry, and how it is called. All else is the gateway's own: the bank's connection, the
# words of its errors, what operators noted.
TOLD: Mapping[str, str] = {
    "operation": "operation",
    "requestId": "requestId",
    "voidReason": "voidReason",
    "reference": "bankReference",
    "attempt": "attempt",
    "endpointId": "endpointId",
    "deliveryId": "deliveryId",
    "try": "try",
    "answer": "answer",
    "authorizationCode": "authorizationCode",
    "declineCode": "declineCode",
    "bankCode": "bankCode",
    "statusCode": "statusCode",
    "error": "error",
    "because": "because",
    "verdict": "verdict",
    "flag": "flag",
    "milliseconds": "milliseconds",
    "jobStatus": "jobStatus",
    "paymentStatus": "paymentStatus",
}


def entry_document(recorded: RecordedEntry) -> dict[str, Any]:
    """Return the public JSON of an entry. A fact that it does not have is no member."""
    entry = recorded.entry
    document: dict[str, Any] = {
        "number": recorded.number,
        "type": entry.what,
        "at": timestamp(entry.at),
        "by": entry.by,
        "jobId": recorded.job_id,
    }
    document |= {TOLD[name]: fact for name, fact in entry.facts.items() if name in TOLD and fact is not None}
    if entry.what is Happening.REQUESTED:
        document |= _asked_for(entry.facts)
    return document


def _asked_for(facts: Mapping[str, Fact]) -> dict[str, Any]:
    """Return the amount in major units, and the merchant's own reason, where it gave one."""
    code, exponent, amount = facts["currency"], facts["exponent"], facts["amount"]
    assert isinstance(code, str)
    assert isinstance(exponent, int)
    assert isinstance(amount, int)
    document: dict[str, Any] = {"amount": Currency(code, exponent).major(amount), "currency": code}
    return document | ({"reason": facts["reason"]} if facts.get("reason") is not None else {})
