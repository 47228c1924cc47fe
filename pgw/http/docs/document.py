"""The OpenAPI document, put together from the route table that serves."""

import re
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

from pgw.http import answers
from pgw.http.docs.files import Docs, File, page_files
from pgw.http.docs.headers import HEADERS, OF_ALL, OF_KEYED
from pgw.http.docs.operation import JSON, Answer, Operation, Parameter, Schema, Tag, component
from pgw.http.docs.overview import OVERVIEW
from pgw.http.docs.problems import (
    OF_EVERY_KEY,
    OF_EVERY_ROUTE,
    OF_NO_ROUTE,
    problem_answers,
    problem_schemas,
)
from pgw.http.docs.streams_document import Channel, describe_streams
from pgw.http.docs.values import VALUES
from pgw.http.jobs import description as jobs
from pgw.http.jobs import list_description as jobs_listed
from pgw.http.jobs import stream_description as streams
from pgw.http.jobs import ticket_description as tickets
from pgw.http.payments import description as payments
from pgw.http.payments import list_description as payments_listed
from pgw.http.payments import operation_description as operations
from pgw.http.payments import timeline_description as timelines
from pgw.http.problems import explain
from pgw.http.routes import ROUTES, Route
from pgw.http.webhooks import delivery_schema, endpoint_schema, event_description
from pgw.http.webhooks.event_description import WEBHOOKS

_SCHEMAS = {
    **payments.SCHEMAS,
    **operations.SCHEMAS,
    **timelines.SCHEMAS,
    **payments_listed.SCHEMAS,
    **jobs.SCHEMAS,
    **jobs_listed.SCHEMAS,
    **streams.SCHEMAS,
    **tickets.SCHEMAS,
    **endpoint_schema.SCHEMAS,
    **delivery_schema.SCHEMAS,
    **event_description.SCHEMAS,
    **explain.SCHEMAS,
    **VALUES,
}
_PATH_PARAMETER = re.compile("<([a-z_]+)>")
_REQUEST_ID = {
    "name": "X-Request-Id",
    "in": "header",
    "description": "Your own id for this request, of 1 to 128 letters, digits and `._~-`; another is "
    "replaced.",
    "schema": {"type": "string", "examples": ["shop-17.a"]},
}


def docs(routes: Iterable[Route] = ROUTES) -> Docs:
    """Return what is served of the description of these routes: encoded once."""
    routes = tuple(routes)
    sockets = [
        Channel(openapi_path(one.path), one.operation, one.scope) for one in routes if one.method == "WS"
    ]
    return Docs(_file(describe(routes)), _file(describe_streams(sockets, _SCHEMAS)), page_files())


def _file(document: Mapping[str, Any]) -> File:
    return File.of(answers.encode(document).encode(), JSON)


def describe(routes: Iterable[Route]) -> dict[str, Any]:
    """Describe the routes in OpenAPI 3.1. A stream is a WebSocket and a `GET` of one operation."""
    paths: dict[str, dict[str, Any]] = {}
    described: dict[tuple[str, str], Operation] = {}
    for route in routes:
        path, method = openapi_path(route.path), "get" if route.method == "WS" else route.method.lower()
        before = described.setdefault((path, method), route.operation)
        assert before is route.operation, f"{route.method} {path} is described twice"
        paths.setdefault(path, {})[method] = _operation(route, path)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "pgw",
            "summary": "A payment gateway.",
            "version": version("pgw"),
            "description": OVERVIEW,
            "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"},
        },
        "tags": [{"name": tag.label, "description": tag.about} for tag in Tag],
        "paths": paths,
        "webhooks": WEBHOOKS,
        "components": _components(),
    }


def openapi_path(path: str) -> str:
    """Return a route's path as OpenAPI spells it: `/jobs/<job_id>` is `/jobs/{jobId}`."""
    return _PATH_PARAMETER.sub(lambda found: "{" + _camel(found[1]) + "}", path)


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


def _components() -> dict[str, Any]:
    clash = _SCHEMAS.keys() & problem_schemas().keys()
    assert not clash, f"a problem and a schema are both called {clash}"
    return {
        "schemas": {**_SCHEMAS, **problem_schemas()},
        "responses": {
            code: answer
            for code in OF_NO_ROUTE
            for answer in problem_answers([code], "/nowhere", OF_ALL).values()
        },
        "parameters": {"XRequestId": _REQUEST_ID},
        "headers": dict(HEADERS),
        "securitySchemes": {
            "key": {
                "type": "http",
                "scheme": "bearer",
                "description": "Your key, such as the one that `pgw demo` prints. It determines the "
                "merchant: no request names one. The scope that an operation takes is named with it.",
            },
            "ticket": {
                "type": "apiKey",
                "in": "query",
                "name": "ticket",
                "description": "A ticket of `POST /stream-tickets`, in the place of a key: for a browser, "
                "whose WebSockets can send none.",
            },
        },
    }


def _operation(route: Route, path: str) -> dict[str, Any]:
    operation = route.operation
    headers = OF_KEYED if route.scope else OF_ALL
    codes = (*OF_EVERY_ROUTE, *(OF_EVERY_KEY if route.scope else ()), *operation.problems)
    described: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.tag.label],
        "summary": operation.summary,
        "description": f"{operation.description}\n\n{_key_taken(route)}",
        "security": _security(route),
        "parameters": [
            *(_parameter(one) for one in operation.parameters),
            component("parameters", "XRequestId"),
        ],
    }
    if operation.body is not None:
        content = {"schema": operation.body.schema, "examples": operation.body.examples}
        described["requestBody"] = {
            "description": operation.body.description,
            "required": operation.body.is_required,
            "content": dict.fromkeys(operation.body.media_types, content),
        }
    told = {str(answer.status): _answer(answer, headers) for answer in operation.answers}
    problems = problem_answers(codes, _example_of(path, operation), headers)
    return described | {"responses": {**told, **problems}}


def _security(route: Route) -> list[dict[str, Any]]:
    """Say by what a caller is known: any one of these."""
    by_key = [{"key": [route.scope]}] if route.scope else []
    return [*by_key, {"ticket": []}] if route.takes_ticket else by_key


def _key_taken(route: Route) -> str:
    or_ticket = ", or a ticket of such a key" if route.takes_ticket else ""
    return f"Takes a key with the scope `{route.scope}`{or_ticket}." if route.scope else "No key is needed."


def _example_of(path: str, operation: Operation) -> str:
    """Return the path as it would be asked for."""
    for parameter in operation.parameters:
        if parameter.place == "path":
            path = path.replace(f"{{{parameter.name}}}", parameter.schema["examples"][0])
    return path


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "description": parameter.description,
        "required": parameter.place == "path",
        "schema": parameter.schema,
    }


def _answer(answer: Answer, headers: Mapping[str, Schema]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "description": answer.description,
        "headers": {**headers, **answer.headers},
    }
    if answer.schema is not None:
        content = {"schema": answer.schema} | ({"examples": answer.examples} if answer.examples else {})
        described["content"] = dict.fromkeys(answer.media_types, content)
    return described | ({"links": answer.links} if answer.links else {})
