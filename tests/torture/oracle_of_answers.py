"""What the gateway answers is what it keeps, and its lists are what it accepted. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tests.torture.case import Case
from tests.torture.orders import MERCHANTS, major
from tests.torture.stored import StoredPayment

Document = Mapping[str, Any]


def findings_of_answers(case: Case) -> Iterator[str]:
    """Tell what is wrong in the gateway's answers."""
    for payment in case.evidence.payments:
        document = case.evidence.fetched.get(payment.payment_id)
        if document is None or not _tells(document, payment):
            yield f"{payment} is answered as {document}"
    for merchant_id in MERCHANTS.values():
        yield from _of_lists(case, merchant_id)


def _tells(document: Document, payment: StoredPayment) -> bool:
    amounts = (document["price"]["amount"], document["captured"], document["refunded"])
    kept = (payment.amount, payment.captured, payment.refunded)
    return (document["status"], document["reference"], amounts) == (
        *(payment.status, payment.key),
        tuple(major(amount, payment.currency) for amount in kept),
    )


def _of_lists(case: Case, merchant_id: str) -> Iterator[str]:
    """List exactly what was accepted, each once, newest first, and as it is answered by itself."""
    payments = case.evidence.listed_payments.get(merchant_id, ())
    jobs = case.evidence.listed_jobs.get(merchant_id, ())
    accepted = {name: one for name, one in case.accepted.items() if name[0] == merchant_id}
    paid = [one.payment_id for name, one in accepted.items() if name in case.begun]
    yield from _of_list(f"GET /payments of {merchant_id}", "paymentId", payments, paid)
    yield from _of_list(
        f"GET /jobs of {merchant_id}", "jobId", jobs, [one.job_id for one in accepted.values()]
    )
    for document in payments:
        if document != case.evidence.fetched.get(document["paymentId"]):
            yield f"{document} is listed, and by itself it is otherwise"
    stored = {one.job_id: (one.kind, one.job_status, one.payment_id) for one in case.stored()}
    for document in jobs:
        if (document["type"], document["status"], document["paymentId"]) != stored.get(document["jobId"]):
            yield f"{document} is listed, and kept as {stored.get(document['jobId'])}"


def _of_list(what: str, kind: str, listed: Sequence[Document], accepted: Iterable[str]) -> Iterator[str]:
    found, expected = Counter(one[kind] for one in listed), Counter(accepted)
    if missing := list((expected - found).elements()):
        yield f"{what} leaves out {missing[:10]}, which were accepted"
    if surplus := list((found - expected).elements()):
        yield f"{what} has {surplus[:10]}, which were not accepted, or has them twice"
    times = [one["createdAt"] for one in listed]
    if times != sorted(times, reverse=True):
        yield f"{what} is not in the order of time"
