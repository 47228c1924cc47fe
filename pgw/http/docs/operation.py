"""How an endpoint describes itself: plain data of OpenAPI 3.1 and JSON Schema 2020-12."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, Literal

from attrs import field, frozen

Schema = Mapping[str, Any]

JSON, MERGE_PATCH = "application/json", "application/merge-patch+json"


class Tag(Enum):
    """The groups in which operations are shown, in this order, each with what it is about."""

    PAYMENTS = "Payments", "Pay with a card, capture, void and refund, and fetch what became of it."
    JOBS = "Jobs", "Follow an operation to its end, by polling or by waiting."
    STREAMS = "Streams", "The same as it happens, over a WebSocket."
    WEBHOOKS = "Webhooks", "The same, signed and sent to your server: where to, and what became of it."
    PROBLEMS = "Problems", "What a code means and what to do about it."
    HEALTH = "Health", "For your supervisor and your load balancer."
    DESCRIPTION = "Description", "This description, for machines and for people."

    def __init__(self, label: str, about: str) -> None:
        self.label = label
        self.about = about


@frozen
class Parameter:
    """What a caller may give beside the body. One in the path must be given."""

    name: str
    place: Literal["path", "query", "header"]
    description: str
    schema: Schema


@frozen
class Body:
    """A request's JSON, which may be left out where it is not required; the first example is tried out."""

    description: str
    schema: Schema
    examples: Mapping[str, Any]
    media_types: tuple[str, ...] = (JSON,)
    is_required: bool = True


@frozen
class Answer:
    """An answer that is no problem. Without a schema it has no body; `headers` are beside those of all."""

    status: int
    description: str
    schema: Schema | None = None
    media_types: tuple[str, ...] = (JSON,)
    examples: Mapping[str, Any] = field(factory=dict)
    headers: Mapping[str, Schema] = field(factory=dict)
    links: Mapping[str, Any] = field(factory=dict)


@frozen
class Operation:
    """A method of a path, described. `id` is what generated clients call it; `problems` are codes.

    The problems of every route, and of every route that takes a key, need not be named.
    """

    id: str
    tag: Tag
    summary: str
    description: str
    answers: tuple[Answer, ...]
    problems: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None

    @property
    def media_types(self) -> tuple[str, ...]:
        """Return what it may answer with where it is no problem."""
        given = (kind for answer in self.answers if answer.schema is not None for kind in answer.media_types)
        return tuple(dict.fromkeys(given)) or (JSON,)


def component(kind: str, name: str) -> Schema:
    """Refer to what is described once, under `components`."""
    return {"$ref": f"#/components/{kind}/{name}"}


def schema(name: str) -> Schema:
    return component("schemas", name)


def closed(properties: Mapping[str, Any], *, optional: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """Describe an object that has exactly these members."""
    return {
        "type": "object",
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
        "properties": dict(properties),
        **more,
    }
