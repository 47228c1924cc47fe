import re

import pytest

from pgw.domain.errors import FailureCode, InvalidCode, Refusal
from pgw.domain.operation import OperationRefusal
from pgw.domain.webhook import EndpointRefusal, RedeliveryRefusal
from pgw.http.problems.codes import PROBLEMS

# The table of the public contract, for what is built of it; None is met in a job only.
STATUS = {
    "MalformedRequest": 400,
    "MalformedHttp": 400,
    "MissingRequiredParameter": 400,
    "UnknownParameter": 400,
    "InvalidParameter": 400,
    "InvalidAmount": 400,
    "InvalidCurrency": 400,
    "InvalidCardNumber": 400,
    "InvalidCvv": 400,
    "InvalidExpiryDate": 400,
    "ExpiredCard": 400,
    "CardDataInText": 400,
    "CaptureNotSupported": 400,
    "InvalidUrl": 400,
    "InvalidIdempotencyKey": 400,
    "UnauthorizedAccess": 401,
    "ForbiddenOrigin": 403,
    "UnknownPayment": 404,
    "UnknownJob": 404,
    "UnknownWebhookEndpoint": 404,
    "UnknownWebhookDelivery": 404,
    "UnknownRoute": 404,
    "MethodNotAllowed": 405,
    "NotAcceptable": 406,
    "RequestTimeout": 408,
    "IdempotencyKeyInUse": 409,
    "PaymentNotCapturable": 409,
    "PaymentNotVoidable": 409,
    "PaymentNotRefundable": 409,
    "AmountTooLarge": 409,
    "OperationInProgress": 409,
    "OperationNotSupported": 409,
    "DuplicateWebhookEndpoint": 409,
    "TooManyWebhookEndpoints": 409,
    "WebhookEndpointDisabled": 409,
    "RequestTooLarge": 413,
    "UnsupportedMediaType": 415,
    "IdempotencyKeyReused": 422,
    "UpgradeRequired": 426,
    "RateLimited": 429,
    "TooManyStreamTickets": 429,
    "RequestHeadTooLarge": 431,
    "InternalError": 500,
    "UnsupportedTransferEncoding": 501,
    "Overloaded": 503,
    "ShuttingDown": 503,
    "StorageUnavailable": 503,
    "UnsupportedHttpVersion": 505,
    "BankUnavailable": None,
    "BankRejected": None,
    "Interrupted": None,
    "SettledByOperator": None,
    "CaptureDeclined": None,
    "VoidDeclined": None,
    "RefundDeclined": None,
}


@pytest.mark.parametrize(("code", "status"), STATUS.items())
def test_a_code_has_the_status_of_the_contract(code: str, status: int | None) -> None:
    assert status == PROBLEMS[code].status


CODES = (*InvalidCode, *Refusal, *FailureCode, *OperationRefusal, *EndpointRefusal, *RedeliveryRefusal)


@pytest.mark.parametrize("code", CODES)
def test_every_error_of_the_domain_is_explained(code: str) -> None:
    assert code in PROBLEMS


@pytest.mark.parametrize("code", InvalidCode)
def test_an_invalid_field_is_a_bad_request(code: InvalidCode) -> None:
    assert 400 == PROBLEMS[code].status


@pytest.mark.parametrize("code", Refusal)
def test_a_refusal_says_that_nothing_was_accepted_and_to_try_again(code: Refusal) -> None:
    assert (409 if code is Refusal.IDEMPOTENCY_KEY_IN_USE else 503) == PROBLEMS[code].status
    assert PROBLEMS[code].explanation.startswith("Nothing was accepted.")
    assert "Retry-After" in PROBLEMS[code].explanation


@pytest.mark.parametrize("code", [one for one in OperationRefusal if one != "UnknownPayment"])
def test_an_operation_that_is_refused_leaves_nothing_behind(code: OperationRefusal) -> None:
    assert 409 == PROBLEMS[code].status
    assert PROBLEMS[code].explanation.startswith("Nothing was accepted.")


@pytest.mark.parametrize("code", FailureCode)
def test_a_failed_job_is_never_the_status_of_an_answer_and_moved_no_money(code: FailureCode) -> None:
    assert PROBLEMS[code].status is None
    assert "No money moved" in PROBLEMS[code].explanation


def test_an_internal_error_claims_nothing_about_what_was_accepted() -> None:
    assert "may have been accepted" in PROBLEMS["InternalError"].explanation
    assert "same `Idempotency-Key`" in PROBLEMS["InternalError"].explanation


@pytest.mark.parametrize("code", PROBLEMS)
def test_a_code_is_one_word_with_a_title_and_an_explanation_in_sentences(code: str) -> None:
    problem = PROBLEMS[code]
    assert code == problem.code
    assert re.fullmatch("([A-Z][a-z]+)+", code)
    assert problem.title
    assert not problem.title.endswith(".")
    assert problem.explanation.endswith(".")
