"""The AsyncAPI document of the streams, made of what describes them in the OpenAPI document.

It describes the application that connects, a merchant's: so its action is `receive` (AsyncAPI 3.0.0).
"""

from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from typing import Any

from attrs import frozen

from pgw.domain.merchant import Scope
from pgw.http.docs.operation import JSON, Operation, Parameter, Schema
from pgw.http.jobs.frame_examples import FRAME_EXAMPLES

DEFAULT_HOST = "127.0.0.1:50947"
_OVERVIEW = """\
Every change of your jobs as it happens, over a WebSocket (RFC 6455): resumable, in order, none missing and
none twice. This document is about your side, which connects and receives; the requests that there are beside
it are in `/openapi.json`.

Connect with your key in the header, or from a browser with a ticket in the query. Before the upgrade a
connection is refused like any request: with a problem (RFC 9457) and its status.
"""
_FRAME = "StreamFrame"
_SECURITY = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "Your key, in the `Authorization` header of the opening handshake.",
    },
    "ticket": {
        "type": "httpApiKey",
        "in": "query",
        "name": "ticket",
        "description": "For a browser, which sends no such header: a ticket from `POST /stream-tickets`, "
        "good once and for 30 s.",
    },
}
_TICKET = {"ticket": {"type": "string", "description": _SECURITY["ticket"]["description"]}}
_HEADERS = {
    "type": "object",
    "properties": {
        "Authorization": {
            "type": "string",
            "description": "`Bearer` and your key, or no such header.",
        },
        "X-Request-Id": {"type": "string", "description": "Your own id for this stream in the logs."},
    },
}


@frozen
class Channel:
    """A WebSocket route, as it is described."""

    path: str
    operation: Operation
    scope: Scope | None


def describe_streams(channels: Iterable[Channel], schemas: Mapping[str, Any]) -> dict[str, Any]:
    """Describe the channels in AsyncAPI 3.0; of the schemas those are taken that a frame refers to."""
    channels = tuple(channels)
    messages = tuple(_name_of(one) for one in schemas[_FRAME]["oneOf"])
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "pgw streams",
            "version": version("pgw"),
            "description": _OVERVIEW,
            "license": {
                "name": "Apache License 2.0",
                "url": "https://www.apache.org/licenses/LICENSE-2.0",
            },
            "tags": [{"name": "Streams"}],
        },
        "defaultContentType": JSON,
        "servers": {"plain": _server("ws"), "secure": _server("wss")},
        "channels": {one.operation.id: _channel(one, messages) for one in channels},
        "operations": {_receiving(one): _operation(one, messages) for one in channels},
        "components": {
            "messages": {name: _message(name, schemas[name]) for name in messages},
            "schemas": {name: schemas[name] for name in sorted(_reached(messages, schemas))},
            "securitySchemes": _SECURITY,
        },
    }


def _server(protocol: str) -> dict[str, Any]:
    variable = {"default": DEFAULT_HOST, "description": "The host, and the port where it has one."}
    told = {"ws": "A gateway without TLS in front.", "wss": "A gateway behind TLS."}
    return {
        "host": "{host}",
        "protocol": protocol,
        "description": told[protocol],
        "variables": {"host": variable},
    }


def _channel(channel: Channel, messages: Iterable[str]) -> dict[str, Any]:
    operation = channel.operation
    in_path = {one.name: _path_parameter(one) for one in operation.parameters if one.place == "path"}
    in_query = {
        one.name: {**one.schema, "description": one.description}
        for one in operation.parameters
        if one.place == "query"
    } | _TICKET
    described: dict[str, Any] = {
        "address": channel.path,
        "title": operation.summary,
        "description": operation.description,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {
            "ws": {
                "method": "GET",
                "query": {"type": "object", "properties": in_query},
                "headers": _HEADERS,
                "bindingVersion": "0.1.0",
            }
        },
    }
    return described | ({"parameters": in_path} if in_path else {})


def _path_parameter(parameter: Parameter) -> dict[str, Any]:
    return {"description": parameter.description, "examples": parameter.schema["examples"]}


def _receiving(channel: Channel) -> str:
    name = channel.operation.id
    return f"receive{name[0].upper()}{name[1:]}"


def _operation(channel: Channel, messages: Iterable[str]) -> dict[str, Any]:
    told = f" The key must have the scope `{channel.scope}`." if channel.scope else ""
    at = f"#/channels/{channel.operation.id}"
    return {
        "action": "receive",
        "channel": {"$ref": at},
        "title": channel.operation.summary,
        "description": f"Each text message is one frame.{told}",
        "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in _SECURITY],
        "messages": [{"$ref": f"{at}/messages/{name}"} for name in messages],
    }


def _message(name: str, described: Schema) -> dict[str, Any]:
    return {
        "name": name,
        "title": name,
        "summary": described["description"],
        "contentType": JSON,
        "payload": {"$ref": f"#/components/schemas/{name}"},
        "examples": list(FRAME_EXAMPLES[name]),
    }


def _name_of(reference: Schema) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _reached(names: Iterable[str], schemas: Mapping[str, Any]) -> set[str]:
    """Return these names and those of all schemas that they refer to, however far."""
    reached: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += _references(schemas[name])
    return reached


def _references(node: object) -> Iterator[str]:
    if isinstance(node, Mapping):
        if "$ref" in node:
            yield _name_of(node)
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list | tuple):
        for value in node:
            yield from _references(value)
