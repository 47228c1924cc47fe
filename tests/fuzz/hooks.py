"""What is done to each call of schemathesis: canaries are planted, and its answer is judged."""

import json
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any

import schemathesis

from pgw.http.docs.values import EXAMPLE_PAYMENT_ID
from tests.fuzz.canary import CVV, SPELLINGS
from tests.fuzz.oracle import Finding, findings_of
from tests.fuzz.tally import Tally
from tests.fuzz.wire import Answer, Received

CANARIES, FUTURE = 0.6, 2040
KEY_HEADER, EXAMPLE_KEY = "Idempotency-Key", "order-17"
# A schema knows no check digit, no calendar, no currency's decimals, and not which keys were used before.
ONLY_THE_GATEWAY_KNOWS = {
    *(
        "InvalidCardNumber",
        "InvalidCvv",
        "ExpiredCard",
        "InvalidExpiryDate",
        "InvalidAmount",
        "CardDataInText",
    ),
    "IdempotencyKeyReused",
    # Nor which hosts are public.
    "InvalidUrl",
}
ACCEPTED, MOST_SEEN = 202, 50
OPERATIONS = ("/captures", "/voids", "/refunds")
JUDGED = ("/payments", "/jobs", "/stream-tickets", "/webhook-")
# A cursor is opaque, and no schema knows which of two times is the first, nor which years can be told.
OF_WHAT_NO_SCHEMA_KNOWS = tuple(
    f"The query parameter `{name}`" for name in ("cursor", "createdFrom", "createdTo")
)
_WAIT = re.compile(r"wait=[0-9]+")
_NUMBER, _THREE_OR_FOUR = re.compile(r"[ -]*([0-9][ -]*){12,19}"), re.compile(r"[0-9]{3,4}")


class PaymentsSeen:
    """The ids of the newest payments that were accepted."""

    def __init__(self) -> None:
        self.ids: deque[str] = deque(maxlen=MOST_SEEN)

    def see(self, path: str, status: int, body: bytes) -> None:
        if path == "/payments" and status == ACCEPTED:
            self.ids.append(json.loads(body)["paymentId"])


def planter(random: Random, tally: Tally, payments: PaymentsSeen) -> Callable[..., None]:
    """Put the canary where a card of the right form is, which changes nothing of what is right or wrong.

    The one example of an idempotency key is at times made another, or all but the first were refused. Who
    would wait for a job's next change waits for a second. What may be any payment's id is often made that
    of a payment that there is.
    """

    def before_call(context: Any, case: Any, kwargs: Any) -> None:  # noqa: ARG001 - schemathesis looks at names
        if case.headers and case.headers.get(KEY_HEADER) == EXAMPLE_KEY and random.random() < CANARIES:
            case.headers[KEY_HEADER] = f"{EXAMPLE_KEY}-{random.randrange(10**6)}"
        if case.headers and _WAIT.fullmatch(case.headers.get("Prefer", "")):
            case.headers["Prefer"] = "wait=1"
        if payments.ids and _may_be_any_payment(random, case):
            case.path_parameters["paymentId"] = random.choice(payments.ids)
            tally.notes["requests about payments that there are"] += 1
        card = case.body.get("card") if isinstance(case.body, dict) else None
        if not isinstance(card, dict) or random.random() > CANARIES:
            return
        if _is_text(card.get("number"), _NUMBER) and _is_text(card.get("cvv"), _THREE_OR_FOUR):
            tally.notes["canary cards in described requests"] += 1
            card |= {"number": random.choice(SPELLINGS), "cvv": CVV}
            if card.get("expiryYear") in range(1000, 10_000):
                card["expiryYear"] = FUTURE

    return before_call


def _may_be_any_payment(random: Random, case: Any) -> bool:
    asked_for = (case.path_parameters or {}).get("paymentId")
    is_any = asked_for is not None and _is_positive(case) and random.random() < CANARIES
    return is_any or asked_for == EXAMPLE_PAYMENT_ID


def _is_text(value: object, form: re.Pattern[str]) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None


def judge(tally: Tally, found: list[Finding], payments: PaymentsSeen) -> Callable[..., None]:
    """Judge each answer as one to raw bytes, and a refusal of what the schema allows for its reason."""

    def after_call(context: Any, case: Any, response: Any) -> None:  # noqa: ARG001
        headers = {name.lower(): value[-1] for name, value in response.headers.items()}
        body = b"" if case.method == "HEAD" else response.content
        received = Received((Answer(response.status_code, headers, body),))
        tally.count("described", received)
        payments.see(case.path, response.status_code, response.content)
        is_operation = case.path.endswith(OPERATIONS)
        tally.notes["operations accepted"] += is_operation and response.status_code == ACCEPTED
        tally.tell()
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
        found.extend(findings_of(received, head + b"\r\n" + response.content))
        found.extend(_of_reason(case, response.status_code, body))

    return after_call


def _of_reason(case: Any, status: int, body: bytes) -> Iterator[Finding]:
    if status not in {400, 422} or not case.path.startswith(JUDGED) or not _is_positive(case):
        return
    document: Mapping[str, Any] = json.loads(body)
    told = document.get("errors") or [document]
    codes = {one["code"] for one in told if not one["detail"].startswith(OF_WHAT_NO_SCHEMA_KNOWS)}
    if unknown := codes - ONLY_THE_GATEWAY_KNOWS:
        yield Finding("refused though described", f"{sorted(unknown)}: {case.as_curl_command()}")


def _is_positive(case: Any) -> bool:
    return case.meta is not None and case.meta.generation.mode == schemathesis.GenerationMode.POSITIVE
