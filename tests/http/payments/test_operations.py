"""Captures, voids and refunds before the application itself: what is kept, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from pgw.bank.port import BankFeature, Declined, Refund
from pgw.domain.merchant import Scope
from pgw.domain.payment import PaymentStatus
from tests.actors.knowing_bank import EVERYTHING, says
from tests.http.asking import Answer
from tests.http.parts import KEY
from tests.http.payments.till import Till, opened, read
from tests.http.webhooks.shop import with_key, with_scopes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

NOWHERE = "pay_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
OPERATIONS = ("captures", "voids", "refunds")


@pytest.fixture
async def till(tmp_path: Path) -> AsyncIterator[Till]:
    async with opened(tmp_path / "pgw.db") as till:
        yield till


def refused(answer: Answer) -> tuple[int, str]:
    assert "idempotent-replayed" not in answer.headers
    return answer.status, answer.code


def is_replayed(answer: Answer) -> bool:
    return answer.headers.get("idempotent-replayed") == "true"


async def authorized(till: Till, **changes: Any) -> str:
    return f"/payments/{await till.payment(capture=False, **changes)}"


async def test_an_operation_is_answered_with_its_job_and_where_to_follow_it(till: Till) -> None:
    payment = await authorized(till)
    answer = await till.post(f"{payment}/captures", {"amount": "4.00", "final": True})
    job = read(answer)
    assert (202, f"/jobs/{job['jobId']}") == (answer.status, answer.headers["location"])
    told = (job["type"], job["status"], job["amount"], job["final"], job["paymentStatus"])
    assert ("capture", "Created", 4.0, True, "Authorized") == told
    assert '"amount":4.00,' in answer.text
    assert "Approved" == (await till.ended(job))["paymentStatus"]


@pytest.mark.parametrize("document", [None, {}])
async def test_no_body_is_the_same_as_an_empty_object(document: Any, till: Till) -> None:
    assert 10.5 == (await till.operated(f"{await authorized(till)}/captures", document))["amount"]
    assert "Voided" == (await till.operated(f"{await authorized(till)}/voids", document))["paymentStatus"]
    charged = f"/payments/{await till.payment()}"
    assert "Refunded" == (await till.operated(f"{charged}/refunds", document))["paymentStatus"]


async def test_a_key_without_a_body_is_the_key_of_an_empty_object(till: Till) -> None:
    payment = await authorized(till)
    first = await till.post(f"{payment}/captures", key="all of it")
    again = await till.post(f"{payment}/captures", {}, key="all of it")
    assert (202, False, True) == (first.status, is_replayed(first), is_replayed(again))
    assert first.text == again.text


async def test_an_amount_is_read_in_the_payments_currency(till: Till) -> None:
    payment = await authorized(till, amount="1050", currency="JPY")
    assert (400, "InvalidAmount") == refused(await till.post(f"{payment}/captures", {"amount": "10.50"}))
    assert '"amount":400,' in (await till.post(f"{payment}/captures", {"amount": 400})).text


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_a_payment_of_nobodys_or_of_anothers_is_unknown(operation: str, till: Till) -> None:
    payment = await authorized(till)
    with_key(till.parts, "theirs", "mer_b")
    before = await till.events()
    for path, sent_by in ((f"/payments/{NOWHERE}", KEY), (payment, "theirs")):
        answer = await till.post(f"{path}/{operation}", key="k", sent_by=sent_by)
        assert (404, "UnknownPayment") == refused(answer)
    assert before == await till.events()


BODIES = [
    (b"[]", "application/json", (400, "MalformedRequest")),
    (b'{"amount":1,"amount":1}', "application/json", (400, "MalformedRequest")),
    (b"{}", "text/plain", (415, "UnsupportedMediaType")),
    (b'{"amuont":1}', "application/json", (400, "UnknownParameter")),
    (b'{"card":{"number":"4242424242424242"}}', "application/json", (400, "UnknownParameter")),
]


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_a_body_that_is_not_understood_leaves_nothing_behind(operation: str, till: Till) -> None:
    payment = await authorized(till)
    before = await till.events()
    for body, media_type, expected in BODIES:
        answer = await till.raw(f"{payment}/{operation}", body, media_type=media_type)
        assert expected == refused(answer), body
    assert before == await till.events()


async def test_what_was_accepted_is_answered_again_where_the_payment_would_refuse_it_by_now(
    till: Till,
) -> None:
    payment = await authorized(till)
    captured = await till.post(f"{payment}/captures", {"amount": 4, "final": True}, key="parcel")
    await till.ended(read(captured))
    refunded = await till.post(f"{payment}/refunds", {"reason": "Returned"}, key="back")
    await till.ended(read(refunded))
    assert PaymentStatus.REFUNDED == (await till.stored(payment.rpartition("/")[2])).status
    for first, path, document, key in (
        (captured, "captures", {"final": True, "amount": 4.0}, "parcel"),
        (refunded, "refunds", {"reason": "Returned"}, "back"),
    ):
        again = await till.post(f"{payment}/{path}", document, key=key)
        assert (202, True, first.text) == (again.status, is_replayed(again), again.text)
        assert first.headers["location"] == again.headers["location"]


async def test_a_key_is_of_one_operation_on_one_payment(till: Till) -> None:
    payment, other = await authorized(till), await authorized(till)
    assert 202 == (await till.post(f"{payment}/captures", {"amount": 1}, key="once")).status
    for path, document in (
        (f"{payment}/captures", {"amount": 2}),
        (f"{payment}/captures", {"amount": 1, "final": False}),
        (f"{payment}/refunds", {"amount": 1}),
        (f"{payment}/voids", {}),
        (f"{other}/captures", {"amount": 1}),
    ):
        answer = await till.post(path, document, key="once")
        assert (422, "IdempotencyKeyReused") == refused(answer), path


async def test_a_refusal_frees_the_key(till: Till) -> None:
    payment = await authorized(till)
    assert (409, "AmountTooLarge") == refused(await till.post(f"{payment}/captures", {"amount": 11}, key="k"))
    assert (409, "PaymentNotRefundable") == refused(await till.post(f"{payment}/refunds", key="k"))
    assert 202 == (await till.post(f"{payment}/captures", {"amount": 4}, key="k")).status


async def test_a_key_whose_first_request_is_still_running_is_in_use(till: Till) -> None:
    payment = await authorized(till)
    till.storage.may_write = trio.Event()
    answers: list[Answer] = []

    async def capture() -> None:
        answers.append(await till.post(f"{payment}/captures", {"amount": 1}, key="k"))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(capture)
        await wait_all_tasks_blocked(0.01)
        second = await till.post(f"{payment}/captures", {"amount": 1}, key="k")
        assert (409, "IdempotencyKeyInUse", "1") == (*refused(second), second.headers["retry-after"])
        till.storage.may_write.set()
    assert [202] == [answer.status for answer in answers]


async def test_a_refusal_says_why_of_this_payment_and_keeps_nothing(till: Till) -> None:
    payment = await authorized(till)
    before = await till.events()
    answer = await till.post(f"{payment}/captures", {"amount": "10.51"})
    assert "10.50 EUR is left to be captured." == read(answer)["detail"]
    answer = await till.post(f"{payment}/refunds")
    assert read(answer)["detail"].startswith("The payment is Authorized; it can be refunded while")
    assert "retry-after" not in answer.headers
    assert before == await till.events()


async def test_a_refusal_is_told_also_where_storage_cannot_say_why(till: Till) -> None:
    payment = await authorized(till)
    till.storage.reads_left = 1
    answer = await till.post(f"{payment}/refunds")
    assert (409, "PaymentNotRefundable") == refused(answer)
    assert read(answer)["detail"].startswith("Nothing was accepted.")
    assert (503, "StorageUnavailable") == refused(await till.post(f"{payment}/refunds"))


@pytest.mark.parametrize(
    ("operation", "feature"),
    [
        ("captures", BankFeature.CAPTURE_LATER),
        ("voids", BankFeature.CAPTURE_LATER),
        ("refunds", BankFeature.REFUND),
    ],
)
async def test_a_bank_that_does_not_offer_it_is_never_asked(
    operation: str, feature: BankFeature, till: Till
) -> None:
    payment = await authorized(till)
    await till.operated(f"{payment}/captures", {"amount": 1}, key="captures")
    voided = await authorized(till)
    await till.operated(f"{voided}/voids", key="voids")
    await till.operated(f"{payment}/refunds", {"amount": "0.50"}, key="refunds")
    asked, before = len(till.bank.asked), await till.events()
    till.bank.features = EVERYTHING - {feature}
    answer = await till.post(f"{payment}/{operation}", key="new")
    assert (409, "OperationNotSupported") == refused(answer)
    assert (asked, before) == (len(till.bank.asked), await till.events())
    # What was accepted while it was offered is answered as it was.
    documents = {"captures": (payment, {"amount": 1}), "voids": (voided, {})}
    path, document = documents.get(operation, (payment, {"amount": "0.50"}))
    assert is_replayed(await till.post(f"{path}/{operation}", document, key=operation))


async def test_the_banks_no_is_a_failed_job_with_its_code(till: Till) -> None:
    payment = f"/payments/{await till.payment()}"
    till.bank.operate = says(Declined("closed_account"))
    job = await till.operated(f"{payment}/refunds", {"amount": 4})
    assert ("Failed", "Approved") == (job["status"], job["paymentStatus"])
    assert {
        "code": "RefundDeclined",
        "detail": "The bank declined the refund.",
        "declineCode": "closed_account",
    } == job["error"]
    assert "entityId" not in job
    assert 1050 == (await till.stored(payment.rpartition("/")[2])).refundable
    assert [Refund] == [kind for kind in till.bank.calls if kind is Refund]


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_it_takes_the_scope_of_payments(operation: str, till: Till) -> None:
    payment = await authorized(till)
    key = with_scopes(till.parts, Scope.PAYMENTS_READ)
    assert (403, "InsufficientScope") == refused(await till.post(f"{payment}/{operation}", sent_by=key))


async def test_a_gateway_that_stops_takes_none(till: Till) -> None:
    payment = await authorized(till)
    till.parts.gateway.admit_no_more()
    for operation in OPERATIONS[:2]:
        answer = await till.post(f"{payment}/{operation}")
        assert (503, "ShuttingDown", "1") == (*refused(answer), answer.headers["retry-after"])


async def test_one_that_has_enough_in_flight_takes_none(tmp_path: Path) -> None:
    async with opened(tmp_path / "pgw.db", in_flight=1) as till:
        payment, answered = await authorized(till), trio.Event()

        async def hang(_call: Any) -> Declined:
            await answered.wait()
            return Declined("late")

        till.bank.operate = hang
        await wait_all_tasks_blocked(0.01)
        job = read(await till.post(f"{payment}/captures", {"amount": 1}))
        answer = await till.post(f"{payment}/captures", {"amount": 1})
        assert (503, "Overloaded", "1") == (*refused(answer), answer.headers["retry-after"])
        answered.set()
        assert "Failed" == (await till.ended(job))["status"]
