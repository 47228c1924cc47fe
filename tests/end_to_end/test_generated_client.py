"""A client that a generator makes of the description, against the gateway that it describes."""

from __future__ import annotations

import importlib
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.described import assert_described
from tests.end_to_end.hooks import a_url
from tests.end_to_end.programs import order

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.end_to_end.programs import Gateway

PACKAGE = "generated_client"


@pytest.fixture(scope="module")
def generated(gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    """Generate a client from what the gateway serves; return what imports its modules."""
    folder = tmp_path_factory.mktemp("client")
    described, settings = folder / "openapi.json", folder / "settings.yaml"
    described.write_bytes(gateway.client.get("/openapi.json").content)
    settings.write_text("post_hooks: []\n")
    command = [
        sys.executable,
        "-m",
        "openapi_python_client",
        "generate",
        "--meta",
        "none",
        "--fail-on-warning",
    ]
    places = ["--path", str(described), "--config", str(settings), "--output-path", str(folder / PACKAGE)]
    ran = subprocess.run([*command, *places], check=False, capture_output=True, text=True, timeout=60)
    assert 0 == ran.returncode, ran.stdout + ran.stderr
    assert "WARNING" not in ran.stdout + ran.stderr
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    return lambda name: importlib.import_module(f"{PACKAGE}.{name}")


@pytest.fixture
def client(generated: Callable[[str], Any], gateway: Gateway) -> Any:
    hooks = {"event_hooks": {"response": [assert_described]}}
    authenticated = generated("client").AuthenticatedClient(
        base_url=gateway.url, token="ap_123", raise_on_unexpected_status=True, httpx_args=hooks
    )
    with authenticated as opened:
        yield opened


def test_it_pays_polls_and_fetches(generated: Callable[[str], Any], client: Any, gateway: Gateway) -> None:
    models, pay = generated("models"), generated("api.payments.submit_payment")
    body = models.Order.from_dict(order(reference="generated"))
    accepted = pay.sync_detailed(client=client, body=body, idempotency_key="generated-1")
    assert 202 == accepted.status_code
    job = accepted.parsed
    again = pay.sync_detailed(client=client, body=body, idempotency_key="generated-1")
    assert ("true", job) == (again.headers["Idempotent-Replayed"], again.parsed)
    poll = generated("api.jobs.get_job")
    while job.status == models.JobStatus.CREATED:
        job = poll.sync(job.job_id, client=client, prefer="wait=10")
    assert (models.JobStatus.COMPLETED, models.JobPaymentStatus.APPROVED) == (job.status, job.payment_status)
    payment = generated("api.payments.get_payment").sync(job.entity_id, client=client)
    assert isinstance(payment, models.Payment)
    assert (10.5, "EUR", "generated") == (payment.price.amount, payment.price.currency, payment.reference)
    assert ("************4242", "visa") == (payment.card.card_number, payment.card.brand)
    assert [("Approved",)] == gateway.rows("SELECT status FROM payments WHERE id = ?", payment.payment_id)


def test_it_captures_voids_and_refunds(generated: Callable[[str], Any], client: Any) -> None:
    models, poll = generated("models"), generated("api.jobs.get_job")
    pay, capture, void, refund = (
        generated(f"api.payments.{name}_payment") for name in ("submit", "capture", "void", "refund")
    )

    def ended(job: Any) -> Any:
        assert isinstance(job, models.Job), job
        while job.status == models.JobStatus.CREATED:
            job = poll.sync(job.job_id, client=client, prefer="wait=10")
        return job

    def authorized() -> str:
        job = ended(pay.sync(client=client, body=models.Order.from_dict(order(capture=False))))
        assert models.JobPaymentStatus.AUTHORIZED == job.payment_status
        return str(job.payment_id)

    payment_id = authorized()
    parcel = models.CaptureOrder.from_dict({"amount": "4.00", "final": True})
    captured = ended(capture.sync(payment_id, client=client, body=parcel, idempotency_key="generated-2"))
    assert (models.JobType.CAPTURE, True, 4.0) == (captured.type_, captured.final, captured.amount)
    returned = models.RefundOrder.from_dict({"reason": "Returned"})
    refunded = ended(refund.sync(payment_id, client=client, body=returned))
    assert (models.JobPaymentStatus.REFUNDED, "Returned") == (refunded.payment_status, refunded.reason)
    refused = void.sync(payment_id, client=client)
    assert isinstance(refused, models.PaymentNotVoidable)
    voided = ended(void.sync(authorized(), client=client))
    assert models.JobPaymentStatus.VOIDED == voided.payment_status


def test_it_goes_through_lists_and_the_timeline(generated: Callable[[str], Any], client: Any) -> None:
    models = generated("models")
    pay, payments, events = (
        generated(f"api.payments.{name}")
        for name in ("submit_payment", "list_payments", "list_payment_events")
    )
    jobs = [pay.sync(client=client, body=models.Order.from_dict(order(reference="l"))) for _ in range(3)]
    unset = generated("types").UNSET
    seen, cursor = list[str](), unset
    day = {"created_from": jobs[0].created_at, "created_to": jobs[0].created_at + timedelta(days=1)}
    while len(seen) < 3:
        page = payments.sync(client=client, limit=2, cursor=cursor, reference="l", **day)
        assert isinstance(page, models.Payments)
        seen += [one.payment_id for one in page.data]
        cursor = page.next_cursor
    assert [job.payment_id for job in reversed(jobs)] == seen
    assert cursor is unset, "there are no more"
    of_one = generated("api.jobs.list_jobs").sync(
        client=client, payment_id=seen[0], type_=models.ListJobsType.PAYMENT
    )
    assert [jobs[-1].job_id] == [job.job_id for job in of_one.data]
    first, *_ = events.sync(seen[0], client=client).data
    assert (models.PaymentEventType.REQUESTED, 10.5, "EUR") == (first.type_, first.amount, first.currency)


def test_a_refusal_is_of_its_own_type(generated: Callable[[str], Any], client: Any) -> None:
    models, pay = generated("models"), generated("api.payments.submit_payment")
    refused = pay.sync(client=client, body=models.Order.from_dict(order("4242424242424241")))
    assert isinstance(refused, models.InvalidCardNumber)
    assert ["#/card/number"] == [error.pointer for error in refused.errors]
    nothing = generated("api.jobs.get_job").sync("job_x", client=client)
    assert isinstance(nothing, models.UnknownJob)


def test_it_adds_an_endpoint_and_takes_it_away(generated: Callable[[str], Any], client: Any) -> None:
    models = generated("models")
    add, delete, listed = (
        generated(f"api.webhooks.{name}")
        for name in ("add_webhook_endpoint", "delete_webhook_endpoint", "list_webhook_endpoints")
    )
    order = models.WebhookEndpointOrder.from_dict({"url": a_url(), "eventTypes": ["job.completed"]})
    added = add.sync(client=client, body=order)
    assert isinstance(added, models.WebhookEndpointWithSecret)
    assert added.secret.startswith("whsec_")
    assert added.endpoint_id in {one.endpoint_id for one in listed.sync(client=client).data}
    assert 204 == delete.sync_detailed(added.endpoint_id, client=client).status_code
    assert isinstance(delete.sync(added.endpoint_id, client=client), models.UnknownWebhookEndpoint)
