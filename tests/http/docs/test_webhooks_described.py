"""What is said of webhooks: true to what is sent, and to what is taken."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from standardwebhooks import Webhook

from pgw.domain.delivery import DeliveryKey
from pgw.domain.result import Err, Ok
from pgw.domain.webhook import EVENT_TYPES, DisabledBecause, EndpointDisabled
from pgw.http.answers import encode
from pgw.http.docs.document import docs
from pgw.http.docs.values import EXAMPLE_SECRET
from pgw.http.jobs.frames import event_document
from pgw.http.webhooks.endpoint_request import read_endpoint, read_overlap, read_patch
from pgw.http.webhooks.endpoint_schema import AT, ENDPOINT
from pgw.http.webhooks.payload import payload_document
from tests.described import METHODS, Description, assert_frame_described

if TYPE_CHECKING:
    from collections.abc import Mapping

DOCUMENT: dict[str, Any] = json.loads(docs().description.content)
DESCRIPTION = Description(DOCUMENT)
SENT: Mapping[str, Any] = {name: methods["post"] for name, methods in DOCUMENT["webhooks"].items()}
GONE = ENDPOINT.disabled(DisabledBecause.GONE, AT)


def faults(event_type: str, value: object) -> list[str]:
    pointer = f"/webhooks/{event_type}/post/requestBody/content/application~1json/schema"
    return DESCRIPTION.faults_of_value(pointer, value)


def examples(event_type: str) -> list[Any]:
    described = SENT[event_type]["requestBody"]["content"]["application/json"]["examples"]
    return [one["value"] for one in described.values()]


def test_there_is_one_for_each_type_of_event() -> None:
    assert list(EVENT_TYPES) == list(SENT)
    operations = [
        one for methods in DOCUMENT["paths"].values() for name, one in methods.items() if name in METHODS
    ]
    names = [one["operationId"] for one in (*operations, *SENT.values())]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_its_examples_are_of_its_type_and_of_no_other(event_type: str) -> None:
    for example in examples(event_type):
        for other in EVENT_TYPES:
            assert (other == event_type) == (not faults(other, example)), other


def test_what_is_sent_of_an_endpoint_is_as_described_and_so_is_its_frame() -> None:
    event = EndpointDisabled(7, GONE)
    assert [] == faults(event.type, json.loads(encode(payload_document(event, None))))
    frame = json.loads(encode(event_document(event)))
    assert_frame_described(frame)
    with pytest.raises(AssertionError):
        assert_frame_described(frame | {"type": "webhook_endpoint.enabled"})


@pytest.mark.parametrize("secrets", [[EXAMPLE_SECRET], [EXAMPLE_SECRET, "whsec_" + "a" * 32]])
def test_the_headers_are_as_they_are_sent(secrets: list[str]) -> None:
    signatures = [Webhook(secret).sign("whd_a", AT, "{}") for secret in secrets]
    sent = {
        "webhook-id": DeliveryKey(7, ENDPOINT.id).id,
        "webhook-timestamp": int(AT.timestamp()),
        "webhook-signature": " ".join(signatures),
    }
    for operation in SENT.values():
        described = {one["name"]: one for one in operation["parameters"]}
        assert sent.keys() == described.keys()
        for name, one in described.items():
            assert ("header", True) == (one["in"], one["required"])
            schema = DESCRIPTION.resolved(one["schema"])
            pattern = schema.get("pattern", "^[0-9]+$")
            assert re.search(pattern, str(sent[name])), name


def test_what_an_answer_means_is_told() -> None:
    for operation in SENT.values():
        assert {"2XX", "410", "default"} == operation["responses"].keys()
        assert "Retry-After" in operation["responses"]["default"]["headers"]


def body_of(path: str, method: str) -> Mapping[str, Any]:
    content: Mapping[str, Any] = DOCUMENT["paths"][path][method]["requestBody"]["content"]["application/json"]
    return content


ADD = body_of("/webhook-endpoints", "post")
PATCH = body_of("/webhook-endpoints/{endpointId}", "patch")
ROTATE = body_of("/webhook-endpoints/{endpointId}/rotate-secret", "post")


def test_each_example_of_a_request_is_taken() -> None:
    for example in ADD["examples"].values():
        assert isinstance(read_endpoint(example["value"], Ok), Ok)
    for example in PATCH["examples"].values():
        assert isinstance(read_patch(example["value"], Ok), Ok)
    for example in ROTATE["examples"].values():
        assert isinstance(read_overlap(example["value"]), Ok)


def is_described(schema: str, value: object) -> bool:
    return not DESCRIPTION.faults_of_value(f"/components/schemas/{schema}", value)


# What a schema cannot say, such as which hosts are public, is not among them.
MEMBERS: list[dict[str, Any]] = [
    *({}, {"url": None}, {"url": 1}, {"url": "https://a.example/" + "a" * 2031}, {"url": "", "a": 1}),
    *({"description": None}, {"description": "a" * 255}, {"description": "a" * 256}, {"description": "\0"}),
    *({"eventTypes": None}, {"eventTypes": []}, {"eventTypes": ["job.failed"] * 2}, {"eventTypes": ["a"]}),
    *({"eventTypes": list(EVENT_TYPES)}, {"eventTypes": "job.failed"}, {"secret": "a"}),
    *({"status": one} for one in ("Enabled", "Disabled", "Deleted", None, 1)),
]


@pytest.mark.parametrize("members", MEMBERS)
def test_exactly_what_is_taken_of_an_endpoint_is_described(members: dict[str, Any]) -> None:
    whole = {"url": "https://shop.example/"} | members
    read = Ok if len(str(whole["url"])) <= 2048 else lambda _: Err("It is too long.")
    assert isinstance(read_endpoint(whole, read), Ok) == is_described("WebhookEndpointOrder", whole)
    assert isinstance(read_patch(members, read), Ok) == is_described("WebhookEndpointPatch", members)


@pytest.mark.parametrize("seconds", [-1, 0, 60, 60.0, 604_800, 604_801, "60", None, True])
def test_exactly_what_is_taken_of_an_overlap_is_described(seconds: object) -> None:
    document = {"overlapSeconds": seconds}
    taken = isinstance(read_overlap(json.loads(json.dumps(document), parse_float=Decimal)), Ok)
    assert taken == is_described("SecretRotation", document)
