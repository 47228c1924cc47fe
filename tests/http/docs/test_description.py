"""The description itself: whole, valid, and true to the code that it stands beside."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate
from werkzeug.datastructures import Headers

from pgw.bank.port import BankFeature
from pgw.domain.money import positive_amount
from pgw.domain.result import Err, Ok
from pgw.http.answers import encode
from pgw.http.docs.document import describe, docs, openapi_path
from pgw.http.docs.problems import met_as_answers
from pgw.http.documents import parse
from pgw.http.idempotency import HEADER, read_key
from pgw.http.payments.order import read_order
from pgw.http.routes import ROUTES, Route
from pgw.ports import SystemClock
from tests.described import METHODS, Description

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DOCUMENT: dict[str, Any] = json.loads(docs().description.content)
DESCRIPTION = Description(DOCUMENT)
DESCRIPTIONS = {"getDescription", "getStreamDescription"}
"""Which are their own examples."""
OPERATIONS = {
    operation["operationId"]: (path, method, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}


def named(route: Route) -> str:
    return f"{route.method} {route.path}"


def test_it_is_valid() -> None:
    validate(DOCUMENT)


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_each_route_is_described(route: Route) -> None:
    method = "get" if route.method == "WS" else route.method.lower()
    described = DOCUMENT["paths"][openapi_path(route.path)][method]
    for told in ("operationId", "summary", "description", "tags", "responses"):
        assert described[told], f"no {told}"
    keys = [{"key": [route.scope]}] if route.scope else []
    assert keys + [{"ticket": []}] * route.takes_ticket == described["security"]
    assert ("401" in described["responses"]) == (route.scope is not None)
    assert {"406", "500"} <= described["responses"].keys()
    for status, answer in described["responses"].items():
        assert answer["description"]
        assert "X-Request-Id" in answer["headers"], status


def test_nothing_is_described_that_is_not_served() -> None:
    served = {(openapi_path(route.path), route.method.lower().replace("ws", "get")) for route in ROUTES}
    assert served == {(path, method) for path, method, _ in OPERATIONS.values()}


def test_operation_ids_are_unique() -> None:
    methods = sum(len(methods.keys() & METHODS) for methods in DOCUMENT["paths"].values())
    assert methods == len(OPERATIONS)


def test_a_path_with_two_descriptions_is_told() -> None:
    one, other = ROUTES[1], evolve(ROUTES[1], operation=ROUTES[2].operation)
    with pytest.raises(AssertionError, match="described twice"):
        describe([one, other])


def test_each_problem_is_met_somewhere_with_its_code() -> None:
    met = set(DOCUMENT["components"]["responses"])
    for _, _, operation in OPERATIONS.values():
        for answer in operation["responses"].values():
            met |= answer.get("content", {}).get("application/problem+json", {}).get("examples", {}).keys()
    assert {str(problem.code) for problem in met_as_answers()} == met


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_link_leads_to_an_operation_and_fills_its_parameters(name: str) -> None:
    for answer in OPERATIONS[name][2]["responses"].values():
        for link in answer.get("links", {}).values():
            _, _, target = OPERATIONS[link["operationId"]]
            required = {one["name"] for one in target["parameters"] if one.get("required")}
            given = link["parameters"].keys()
            assert required <= given <= {one.get("name") for one in target["parameters"]}
            schema = answer["content"]["application/json"]["schema"]
            members = DESCRIPTION.resolved(schema)["properties"].keys()
            for source in link["parameters"].values():
                assert source.removeprefix("$response.body#/") in members


@pytest.mark.parametrize(
    ("operation", "status", "follow"),
    [("submitPayment", "202", {"getJob", "getPayment"}), ("getPayment", "200", set())],
)
def test_a_payment_is_linked_with_what_follows_and_what_can_be_done_with_it(
    operation: str, status: str, follow: set[str]
) -> None:
    links = OPERATIONS[operation][2]["responses"][status]["links"]
    operations = {"capturePayment", "voidPayment", "refundPayment"}
    assert follow | operations == {link["operationId"] for link in links.values()}


def examples(node: Any, pointer: str = "") -> Iterator[tuple[str, object]]:
    """Yield the pointer of each schema with each of its examples, wherever they stand in the document."""
    if isinstance(node, list):
        for at, each in enumerate(node):
            yield from examples(each, f"{pointer}/{at}")
    elif isinstance(node, dict):
        beside = node.get("examples")
        if isinstance(beside, dict) and "schema" in node:
            yield from ((f"{pointer}/schema", one["value"]) for one in beside.values())
        elif isinstance(beside, list):
            yield from ((pointer, one) for one in beside)
        for name, each in node.items():
            if name != "examples":
                yield from examples(each, f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}")


def test_every_example_is_as_its_schema_says() -> None:
    found = list(examples(DOCUMENT))
    assert len(found) > 100
    wrong = {
        pointer: faults for pointer, one in found if (faults := DESCRIPTION.faults_of_value(pointer, one))
    }
    assert {} == wrong


def test_every_body_and_every_problem_has_an_example() -> None:
    for name, (_, _, operation) in OPERATIONS.items():
        contents = [answer.get("content", {}) for answer in operation["responses"].values()]
        contents.append(operation.get("requestBody", {}).get("content", {}))
        for content in contents:
            for media_type, described in content.items():
                if "json" in media_type and name not in DESCRIPTIONS:
                    assert described["examples"], (name, media_type)


def test_every_object_of_a_request_and_of_an_answer_is_closed() -> None:
    def opened(node: Any, pointer: str) -> Iterator[str]:
        if isinstance(node, dict):
            if node.get("type") == "object" and "additionalProperties" not in node:
                yield pointer
            for name, each in node.items():
                yield from opened(each, f"{pointer}/{name}")

    assert [] == list(opened(DOCUMENT["components"]["schemas"], ""))


ORDERS: Mapping[str, Any] = OPERATIONS["submitPayment"][2]["requestBody"]["content"]["application/json"][
    "examples"
]


@pytest.mark.parametrize("name", ORDERS)
def test_an_example_of_a_payment_is_taken(name: str) -> None:
    parsed = parse(encode(ORDERS[name]["value"]).encode())
    assert isinstance(parsed, Ok)
    read = read_order(parsed.value, SystemClock().now(), frozenset(BankFeature))
    assert isinstance(read, Ok), read


def is_described(pointer: str, value: object) -> bool:
    return not DESCRIPTION.faults_of_value(pointer, value)


KEY_AT = "/paths/~1payments/post/parameters/0/schema"
KEYS = st.text(st.sampled_from('ab,"\\ ~\x1f\x7fé'), max_size=8) | st.integers(250, 260).map("k".__mul__)


@settings(deadline=None)
@given(KEYS | KEYS.map('"{}"'.format))
def test_exactly_the_idempotency_keys_that_are_taken_are_described(key: str) -> None:
    assert HEADER == DOCUMENT["paths"]["/payments"]["post"]["parameters"][0]["name"]
    sent = key.strip(" ")
    taken = isinstance(read_key(Headers([(HEADER, sent)])), Ok)
    assert taken == is_described(KEY_AT, sent), key


AMOUNTS = st.from_regex(r"[0-9 .,+-]{0,5}|[0-9]{1,30}(\.[0-9]{1,30})?", fullmatch=True)


@settings(deadline=None)
@given(AMOUNTS)
def test_exactly_the_amounts_in_text_that_are_amounts_are_described(amount: str) -> None:
    taken = not isinstance(positive_amount(amount), Err)
    assert taken == is_described("/components/schemas/Order/properties/amount", amount)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"amount": 0}, "$.amount"),
        ({"amount": 10**12}, "$.amount"),
        ({"amount": True}, "$.amount"),
        ({"currency": "eur"}, "$.currency"),
        ({"currency": "XAU"}, "$.currency"),
        ({"amuont": 1}, "$"),
        ({"capture": None}, "$.capture"),
        ({"description": "x" * 256}, "$.description"),
        ({"description": "a\0b"}, "$.description"),
        ({"reference": "x" * 65}, "$.reference"),
        ({"metadata": {str(n): "" for n in range(21)}}, "$.metadata"),
        ({"metadata": {"x" * 41: ""}}, "$.metadata"),
        ({"metadata": {"x": "y" * 201}}, "$.metadata.x"),
        ({"metadata": {"x": 1}}, "$.metadata.x"),
    ],
)
def test_an_order_that_is_refused_for_its_form_is_not_described(
    changes: dict[str, Any], pointer: str
) -> None:
    order = ORDERS["Approved"]["value"] | changes
    faults = DESCRIPTION.faults_of_value("/components/schemas/Order", order)
    assert pointer in {fault.partition(": ")[0] for fault in faults}
    parsed = parse(encode(order).encode())
    assert isinstance(parsed, Ok)
    assert isinstance(read_order(parsed.value, SystemClock().now(), frozenset(BankFeature)), Err)
