"""schemathesis over `/openapi.json`: its examples, its edges, what it allows and forbids, and its links.

All checks are on. Two are told what no schema can say, and are made up for by one of ours.
"""

from collections.abc import Iterator
from random import Random
from typing import Any

import schemathesis
from attrs import frozen
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from tests.fuzz.hooks import PaymentsSeen, judge, planter
from tests.fuzz.oracle import Finding
from tests.fuzz.tally import Tally
from tests.fuzz.world import World

CALLS_A_ROUND = 1500
# Measured: what examples and coverage take, and calls that each more example of an operation comes to.
FIXED_CALLS, CALLS_AN_EXAMPLE = 1000, 16
KEYS = ("ap_123", "ap_456")


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
                "operations": [_under_a_key(), _of_operations(), _of_webhooks(), _of_streams()],
            }
        )


def _under_a_key() -> dict[str, Any]:
    """Let what the schema allows be refused; `refused_for_a_reason` judges for what."""
    statuses = ["2xx", "400", "401", "422"]
    return {
        "include-path-regex": "^/(payments|jobs|stream-tickets)$",
        "checks": {"positive_data_acceptance": {"expected-statuses": statuses}},
    }


def _of_operations() -> dict[str, Any]:
    """Let also what no payment, or not this one, allows by now be refused."""
    statuses = ["2xx", "400", "401", "404", "409", "422"]
    checks = {"positive_data_acceptance": {"expected-statuses": statuses}}
    return {"include-path-regex": "^/payments/.*/(captures|voids|refunds)$", "checks": checks}


def _of_webhooks() -> dict[str, Any]:
    """Let also what is nobody's not be found, and what is there already be refused."""
    statuses = ["2xx", "400", "401", "404", "409", "422"]
    checks = {"positive_data_acceptance": {"expected-statuses": statuses}}
    return {"include-path-regex": "^/webhook-", "checks": checks}


def _of_streams() -> dict[str, Any]:
    """Let a plain `GET` be told to upgrade, whatever its parameters: schemathesis speaks no WebSocket."""
    told = {"expected-statuses": ["400", "401", "404", "406", "426"]}
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
    payments = PaymentsSeen()
    random = Random(f"{one.seed}/described/{one.number}")
    hooks = (planter(random, tally, payments), judge(tally, found, payments))
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


def _of_scenario(event: events.ScenarioFinished) -> Iterator[Finding]:
    for checks in event.recorder.checks.values():
        for check in checks:
            if check.failure_info is not None:
                failure = check.failure_info.failure
                told = f"{event.label}: {failure.title}: {failure.message}: {check.failure_info.code_sample}"
                yield Finding(check.name, told[:1500])
