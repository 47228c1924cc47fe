"""The AsyncAPI document: valid, whole, and of one piece with the OpenAPI document."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from pgw.http.docs.document import docs, openapi_path
from pgw.http.routes import METRICS_AND_HEALTH, ROUTES
from pgw.settings import Settings
from tests.described import StreamsDescription, streams_description
from tests.nodejs import run_node

if TYPE_CHECKING:
    from collections.abc import Iterator

OPENAPI: dict[str, Any] = json.loads(docs().description.content)
DOCUMENT: dict[str, Any] = json.loads(docs().streams.content)
MESSAGES = DOCUMENT["components"]["messages"]
STREAMS = {route.operation.id: route for route in ROUTES if route.method == "WS"}
ERROR, WARNING = 0, 1
CLOSE_CODE = re.compile(r"^\| (\d{4}) \|", re.MULTILINE)


def read_by_the_parser(document: dict[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(run_node("asyncapi.mjs", json.dumps(document)))
    return said


def test_the_standards_own_parser_finds_nothing_wrong_and_reads_what_is_meant() -> None:
    said = read_by_the_parser(DOCUMENT)
    assert [] == [one for one in said["diagnostics"] if one["severity"] in {ERROR, WARNING}]
    assert [
        ("receiveStreamJobs", "receive", ["/jobs/stream"], list(MESSAGES)),
        ("receiveStreamJob", "receive", ["/jobs/{jobId}/stream"], list(MESSAGES)),
    ] == [(one["id"], one["action"], one["channels"], one["messages"]) for one in said["operations"]]


def test_the_parser_would_find_what_is_wrong() -> None:
    spoilt = json.loads(docs().streams.content)
    spoilt["operations"]["receiveStreamJob"]["channel"] = {"$ref": "#/channels/nowhere"}
    assert any(one["severity"] == ERROR for one in read_by_the_parser(spoilt)["diagnostics"])


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for one in node.values():
            yield from references(one)
    elif isinstance(node, list):
        for one in node:
            yield from references(one)


def resolved(reference: str) -> object:
    node: Any = DOCUMENT
    for name in reference.removeprefix("#/").split("/"):
        node = node[name]
    return node


def test_each_reference_resolves() -> None:
    found = set(references(DOCUMENT))
    assert len(found) > 10
    assert [] == [one for one in found if not isinstance(resolved(one), dict)]


def test_no_schema_is_there_that_no_message_leads_to() -> None:
    told = {one.rpartition("/")[2] for one in references(DOCUMENT) if "/schemas/" in one}
    assert told == DOCUMENT["components"]["schemas"].keys()


def test_its_schemas_are_those_of_the_openapi_document() -> None:
    schemas = OPENAPI["components"]["schemas"]
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert schemas[name] == schema
    assert [one["$ref"].rpartition("/")[2] for one in schemas["StreamFrame"]["oneOf"]] == list(MESSAGES)


@pytest.mark.parametrize("name", STREAMS)
def test_each_stream_is_a_channel_described_as_its_operation_is(name: str) -> None:
    route, channel = STREAMS[name], DOCUMENT["channels"][name]
    described = OPENAPI["paths"][openapi_path(route.path)]["get"]
    assert openapi_path(route.path) == channel["address"]
    assert channel["description"] in described["description"]
    assert {"1000", "1008", "1009", "1012", "1013"} <= set(CLOSE_CODE.findall(channel["description"]))
    told = [("path", one) for one in channel.get("parameters", {})]
    told += [("query", one) for one in channel["bindings"]["ws"]["query"]["properties"]]
    asked = [(one["in"], one["name"]) for one in described["parameters"] if "in" in one]
    # In the OpenAPI document a ticket is a security scheme, and no parameter.
    assert [*(one for one in asked if one[0] != "header"), ("query", "ticket")] == told


def test_nothing_else_is_a_channel_and_each_is_received_from() -> None:
    assert STREAMS.keys() == DOCUMENT["channels"].keys()
    received = [one["channel"]["$ref"].rpartition("/")[2] for one in DOCUMENT["operations"].values()]
    assert list(STREAMS) == received


def test_what_serves_no_stream_describes_none() -> None:
    assert {} == json.loads(docs(METRICS_AND_HEALTH).streams.content)["channels"]


@pytest.mark.parametrize("name", MESSAGES)
def test_each_example_is_described_by_its_own_message_and_by_no_other(name: str) -> None:
    assert MESSAGES[name]["examples"]
    for one in MESSAGES[name]["examples"]:
        assert [] == streams_description().faults_of_frame(one["payload"])
        alone = with_messages({name: MESSAGES[name]})
        assert [] == alone.faults_of_frame(one["payload"])


def with_messages(messages: dict[str, Any]) -> StreamsDescription:
    components = DOCUMENT["components"] | {"messages": messages}
    return StreamsDescription(DOCUMENT | {"components": components})


def test_the_default_server_is_where_a_gateway_listens() -> None:
    default = Settings()
    for server in DOCUMENT["servers"].values():
        assert f"{default.host}:{default.port}" == server["variables"]["host"]["default"]
