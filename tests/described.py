"""Holds real answers against the description: whatever it does not know is told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import httpx
from jsonschema import Draft7Validator, Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT7, DRAFT202012

from pgw.http.docs.document import docs

# Of the message, not of the answer (RFC 9110 and 9112): these are not described.
OF_THE_MESSAGE = {"content-type", "content-length", "transfer-encoding", "connection", "date"}
OF_A_HANDSHAKE = {"connection", "sec-websocket-accept"}
METHODS = {"get", "post", "put", "patch", "delete", "options", "head", "trace"}


class Description:
    """An OpenAPI document, and what it says of an answer."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self._registry = Registry().with_resource("urn:pgw", DRAFT202012.create_resource(document))
        self._validators: dict[str, Draft202012Validator] = {}
        self._paths = [
            (re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)), re.DOTALL), path)
            # A path without parameters comes before one that has them.
            for path in sorted(document["paths"], key=lambda path: (path.count("{"), path))
        ]

    def faults(
        self,
        method: str,
        path: str,
        status: int,
        headers: Iterable[tuple[str, str]],
        body: bytes,
        *,
        upgrade: bool = False,
    ) -> list[str]:
        """List all that is not as described in the answer to this request."""
        answered = {name.lower(): value for name, value in headers}
        described, pointer = self._answer(method, path, status, upgrade=upgrade)
        if described is None:
            return [f"{status} is not described"]
        return [
            *self._faults_of_headers(described, answered),
            *self._faults_of_body(described, pointer, answered, b"" if method == "HEAD" else body, method),
        ]

    def faults_of_value(self, pointer: str, value: object) -> list[str]:
        """List what is wrong with a value by the schema at the pointer."""
        if pointer not in self._validators:
            self._validators[pointer] = Draft202012Validator(
                {"$ref": f"urn:pgw#{pointer}"},
                registry=self._registry,
                format_checker=Draft202012Validator.FORMAT_CHECKER,
            )
        return [
            f"{error.json_path}: {error.message}" for error in self._validators[pointer].iter_errors(value)
        ]

    def faults_of_request(self, method: str, path: str, body: bytes) -> list[str]:
        """List what of a request's JSON the description forbids."""
        found = self._path(path)
        operation = self.document["paths"][found][method.lower()]
        if "requestBody" not in operation:
            return [f"a body of {len(body)} bytes is not described"] if body else []
        if not body:
            return ["there is no body"] if operation["requestBody"]["required"] else []
        pointer = f"/paths/{_escaped(found)}/{method.lower()}/requestBody/content/application~1json/schema"
        return self.faults_of_value(pointer, json.loads(body))

    def resolved(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow a reference into the components."""
        while "$ref" in node:
            _, _, kind, name = node["$ref"].split("/")
            node = self.document["components"][kind][name]
        return node

    def _answer(
        self, method: str, path: str, status: int, *, upgrade: bool
    ) -> tuple[Mapping[str, Any] | None, str]:
        """Find the answer's description and where it stands, or that there is none."""
        found = self._path(path)
        operations = self.document["paths"].get(found, {})
        operation = operations.get("get" if method == "HEAD" else method.lower())
        if operation is None:
            name = "MethodNotAllowed" if operations and not upgrade else "UnknownRoute"
        elif upgrade and "101" not in operation["responses"]:
            name = "UnknownRoute"
        else:
            pointer = f"/paths/{_escaped(found)}/{'get' if method == 'HEAD' else method.lower()}/responses"
            return operation["responses"].get(str(status)), f"{pointer}/{status}"
        response = self.document["components"]["responses"][name]
        schema = next(iter(response["content"].values()))["schema"]
        expected = self.resolved(schema)["properties"]["status"]["const"]
        return (response if status == expected else None), f"/components/responses/{name}"

    def _path(self, path: str) -> str:
        path = path.rstrip("/") or "/"
        return next((template for pattern, template in self._paths if pattern.fullmatch(path)), "")

    def _faults_of_headers(self, described: Mapping[str, Any], answered: Mapping[str, str]) -> list[str]:
        known = {name.lower(): self.resolved(header) for name, header in described["headers"].items()}
        beside = OF_THE_MESSAGE | (OF_A_HANDSHAKE if "upgrade" in known else set())
        faults = [f"the header {name} is not described" for name in answered.keys() - known - beside]
        for name, header in known.items():
            if name not in answered:
                faults += [f"the header {name} is missing"] if header.get("required") else []
                continue
            schema = self.resolved(header["schema"])
            value: object = answered[name]
            if schema["type"] == "integer":
                value = int(answered[name])
            validator = Draft202012Validator(schema)
            faults += [f"the header {name}: {error.message}" for error in validator.iter_errors(value)]
        return faults

    def _faults_of_body(
        self,
        described: Mapping[str, Any],
        pointer: str,
        answered: Mapping[str, str],
        body: bytes,
        method: str,
    ) -> list[str]:
        content = described.get("content")
        if content is None:
            return [f"a body of {len(body)} bytes is not described"] if body else []
        media_type = answered.get("content-type", "").partition(";")[0]
        if media_type not in content:
            return [f"the media type {media_type} is not described"]
        if method == "HEAD" or not media_type.endswith("json"):
            return []
        try:
            value = json.loads(body)
        except ValueError:
            return ["the body is not JSON"]
        return self.faults_of_value(f"{pointer}/content/{_escaped(media_type)}/schema", value)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


class StreamsDescription:
    """An AsyncAPI document, and what its messages say of a frame, by JSON Schema's draft 7."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        registry: Registry[Any] = Registry().with_resource("urn:pgw", DRAFT7.create_resource(document))
        self._validators = {
            name: Draft7Validator(
                {"$ref": f"urn:pgw{message['payload']['$ref']}"},
                registry=registry,
                format_checker=Draft7Validator.FORMAT_CHECKER,
            )
            for name, message in document["components"]["messages"].items()
        }

    def faults_of_frame(self, frame: Mapping[str, Any]) -> list[str]:
        """Say what is wrong where not exactly one message describes the frame."""
        described_by = [name for name, one in self._validators.items() if one.is_valid(frame)]
        return [] if len(described_by) == 1 else [f"it is described by {described_by or 'no message'}"]


@cache
def streams_description() -> StreamsDescription:
    return StreamsDescription(json.loads(docs().streams.content))


@cache
def description() -> Description:
    return Description(json.loads(docs().description.content))


def assert_described(answer: httpx.Response) -> None:
    """Fail where the answer, or a request that was accepted, is not as described. A hook of httpx's."""
    answer.read()
    request = answer.request
    assert_answer_described(
        request.method,
        httpx.URL(str(request.url)).path,
        answer.status_code,
        answer.headers.multi_items(),
        answer.content,
        upgrade=request.headers.get("Upgrade", "").lower() == "websocket",
    )
    if answer.is_success and request.method in {"POST", "PATCH"} and not is_replayed(answer):
        faults = description().faults_of_request(request.method, request.url.path, request.read())
        assert not faults, f"accepted, though the description forbids it: {faults}"


def is_replayed(answer: httpx.Response) -> bool:
    return "Idempotent-Replayed" in answer.headers


def assert_answer_described(
    method: str,
    path: str,
    status: int,
    headers: Iterable[tuple[str, str]],
    body: bytes,
    *,
    upgrade: bool = False,
) -> None:
    faults = description().faults(method, path, status, headers, body, upgrade=upgrade)
    assert not faults, f"{method} {path} was answered {status}, not as described: {faults}"


def assert_frame_described(frame: Mapping[str, Any]) -> None:
    """Fail where the frame is not as both descriptions say: OpenAPI's, and AsyncAPI's of the streams."""
    faults = [
        *description().faults_of_value("/components/schemas/StreamFrame", frame),
        *streams_description().faults_of_frame(frame),
    ]
    assert not faults, f"a frame is not as described: {faults}"
