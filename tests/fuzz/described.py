"""schemathesis over `/openapi.json`: its examples, its edges, what it allows and forbids, and its links.

All checks are on. Two are told what no schema can say, and are made up for by one of ours.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any

import schemathesis
from attrs import frozen
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from tests.fuzz.canary import CVV, SPELLINGS
from tests.fuzz.oracle import Finding, findings_of
from tests.fuzz.tally import Tally
from tests.fuzz.wire import Answer, Received
from tests.fuzz.world import World

CALLS_A_ROUND = 1500
# Measured: what examples and coverage take, and calls that each more example of an operation comes to.
FIXED_CALLS, CALLS_AN_EXAMPLE = 520, 12
CANARIES, FUTURE = 0.6, 2040
KEYS = ("ap_123", "ap_456")
KEY_HEADER, EXAMPLE_KEY = "Idempotency-Key", "order-17"
# A schema knows no check digit, no calendar, no currency's decimals, and not which keys were used before.
ONLY_THE_GATEWAY_KNOWS = {
    *("InvalidCardNumber", "InvalidCvv", "ExpiredCard", "InvalidExpiryDate", "InvalidAmount", "CardDataInText"),
    "IdempotencyKeyReused",
}
_NUMBER, _THREE_OR_FOUR = re.compile(r"[ -]*([0-9][ -]*){12,19}"), re.compile(r"[0-9]{3,4}")


@frozen
class Round:
    """One run of schemathesis, with a seed of its own, as one of the two merchants."""

    number: int
    seed: int
    calls: int

    def config(self, url: str) -> SchemathesisConfig:
        most = max((self.calls - FIXED_CALLS) // CALLS_AN_EXAMPLE, 2)
        return SchemathesisConfig.from_dict(
            {
                "seed": self.seed * 1000 + self.number,
                "base-url": url,
                "auth": {"openapi": {"key": {"bearer": KEYS[self.number % 2]}}},
                "continue-on-failure": True,
                "request-timeout": 30,
                "generation": {"max-examples": most, "database": "none", "no-shrink": True},
                "output": {"sanitization": {"enabled": False}, "truncation": {"enabled": False}},
                "operations": [_of_payments(), _of_streams()],
            }
        )


def _of_payments() -> dict[str, Any]:
    """Let what the schema allows be refused; `refused_for_a_reason` judges for what."""
    statuses = ["2xx", "400", "401", "422"]
    return {"include-path": "/payments", "checks": {"positive_data_acceptance": {"expected-statuses": statuses}}}


def _of_streams() -> dict[str, Any]:
    """Let a plain `GET` be told to upgrade, whatever its parameters: schemathesis speaks no WebSocket."""
    told = {"expected-statuses": ["401", "404", "406", "426"]}
    checks = {"positive_data_acceptance": told, "negative_data_rejection": told}
    return {"include-path-regex": "/stream$", "checks": checks}


def send_described(world: World, seed: int, calls: int, tally: Tally) -> None:
    """Make at least so many calls, in rounds; stop where the gateway does not live on."""
    number = 0
    wanted = tally.done + calls
    while tally.done < wanted and world.gateway.is_alive:
        number += 1
        one = Round(number, seed, min(CALLS_A_ROUND, wanted - tally.done))
        replay = f"--part described --inputs {calls}"
        for finding in _findings_of(one, world, tally):
            tally.add([finding], replay)


def _findings_of(one: Round, world: World, tally: Tally) -> Iterator[Finding]:
    url = world.gateway.url
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json", config=one.config(url))
    found: list[Finding] = []
    # Hooks of calls are global to schemathesis, and so are taken off again.
    hooks = (_planter(Random(f"{one.seed}/described/{one.number}"), tally), _judge(tally, found))
    for hook in hooks:
        schemathesis.hook(hook)
    try:
        for event in from_schema(schema).execute():
            yield from _of_event(event)
            yield from found
            found.clear()
    finally:
        for hook in hooks:
            schemathesis.hooks.unregister(hook)


def _of_event(event: events.EngineEvent) -> Iterator[Finding]:
    match event:
        case events.ScenarioFinished():
            yield from _of_scenario(event)
        case events.NonFatalError():
            yield Finding("schemathesis", f"{event.label}: {event.value!r}")
        case events.FatalError():
            yield Finding("schemathesis", repr(event.exception))


def _planter(random: Random, tally: Tally) -> Callable[..., None]:
    """Put the canary where a card of the right form is, which changes nothing of what is right or wrong.

    The one example of an idempotency key is at times made another, or all but the first were refused.
    """

    def before_call(context: Any, case: Any, kwargs: Any) -> None:  # noqa: ARG001 - schemathesis looks at names
        if case.headers and case.headers.get(KEY_HEADER) == EXAMPLE_KEY and random.random() < CANARIES:
            case.headers[KEY_HEADER] = f"{EXAMPLE_KEY}-{random.randrange(10**6)}"
        card = case.body.get("card") if isinstance(case.body, dict) else None
        if not isinstance(card, dict) or random.random() > CANARIES:
            return
        if _is_text(card.get("number"), _NUMBER) and _is_text(card.get("cvv"), _THREE_OR_FOUR):
            tally.notes["canary cards in described requests"] += 1
            card |= {"number": random.choice(SPELLINGS), "cvv": CVV}
            if card.get("expiryYear") in range(1000, 10_000):
                card["expiryYear"] = FUTURE

    return before_call


def _is_text(value: object, form: re.Pattern[str]) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None


def _judge(tally: Tally, found: list[Finding]) -> Callable[..., None]:
    """Judge each answer as one to raw bytes, and a refusal of what the schema allows for its reason."""

    def after_call(context: Any, case: Any, response: Any) -> None:  # noqa: ARG001
        headers = {name.lower(): value[-1] for name, value in response.headers.items()}
        body = b"" if case.method == "HEAD" else response.content
        received = Received((Answer(response.status_code, headers, body),))
        tally.count("described", received)
        tally.tell()
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
        found.extend(findings_of(received, head + b"\r\n" + response.content))
        found.extend(_of_reason(case, response.status_code, body))

    return after_call


def _of_reason(case: Any, status: int, body: bytes) -> Iterator[Finding]:
    if status not in {400, 422} or case.path != "/payments" or not _is_positive(case):
        return
    document: Mapping[str, Any] = json.loads(body)
    codes = {error["code"] for error in document.get("errors", [])} or {document["code"]}
    if unknown := codes - ONLY_THE_GATEWAY_KNOWS:
        yield Finding("refused though described", f"{sorted(unknown)}: {case.as_curl_command()}")


def _is_positive(case: Any) -> bool:
    return case.meta is not None and case.meta.generation.mode == schemathesis.GenerationMode.POSITIVE


def _of_scenario(event: events.ScenarioFinished) -> Iterator[Finding]:
    for checks in event.recorder.checks.values():
        for check in checks:
            if check.failure_info is not None:
                failure = check.failure_info.failure
                told = f"{event.label}: {failure.title}: {failure.message}: {check.failure_info.code_sample}"
                yield Finding(check.name, told[:1500])
