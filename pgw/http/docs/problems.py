"""The problems of each route, by status: every code with its schema and an example."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from pgw.domain.errors import InvalidCode, Refusal
from pgw.http.answers import PROBLEM
from pgw.http.docs.headers import OF_CODE, OF_SOME, OF_STATUS
from pgw.http.docs.operation import Schema, closed, schema
from pgw.http.docs.values import EXAMPLE_REQUEST_ID, EXAMPLE_TIME
from pgw.http.problems.codes import PROBLEMS
from pgw.http.problems.problem import Problem

# What is answered before a request is one; where its head was not understood its path is not known.
OF_EVERY_CONNECTION = (
    "MalformedHttp",
    "RequestTimeout",
    "RequestHeadTooLarge",
    "UnsupportedTransferEncoding",
    "UnsupportedHttpVersion",
    Refusal.OVERLOADED,
)
# What any route may answer, and any that takes a key; those of no route are told by its path and method.
OF_EVERY_ROUTE = ("NotAcceptable", "InternalError", *OF_EVERY_CONNECTION)
OF_EVERY_KEY = ("UnauthorizedAccess", "InsufficientScope", "RateLimited")
OF_NO_ROUTE = ("UnknownRoute", "MethodNotAllowed")

_POINTERS = {
    InvalidCode.MISSING_REQUIRED_PARAMETER: "#/card/cvv",
    InvalidCode.UNKNOWN_PARAMETER: "#/amuont",
    InvalidCode.INVALID_PARAMETER: "#",
    InvalidCode.INVALID_AMOUNT: "#/amount",
    InvalidCode.INVALID_CURRENCY: "#/currency",
    InvalidCode.INVALID_CARD_NUMBER: "#/card/number",
    InvalidCode.INVALID_CVV: "#/card/cvv",
    InvalidCode.INVALID_EXPIRY_DATE: "#/card/expiryMonth",
    InvalidCode.EXPIRED_CARD: "#/card/expiryMonth",
    InvalidCode.CARD_DATA_IN_TEXT: "#/description",
    InvalidCode.CAPTURE_NOT_SUPPORTED: "#/capture",
    InvalidCode.INVALID_URL: "#/url",
}
# The member that comes with a type that is not ours (draft-ietf-httpapi-ratelimit-headers).
_MEMBERS: Mapping[str, Mapping[str, Any]] = {
    "RateLimited": {
        "violated-policies": {
            "type": "array",
            "items": {"type": "string"},
            "minItems": 1,
            "description": "The names of the policies, as `RateLimit-Policy` has them.",
            "examples": [["default"]],
        }
    }
}


def met_as_answers() -> Iterable[Problem]:
    return (problem for problem in PROBLEMS.values() if problem.status is not None)


def problem_schemas() -> Mapping[str, Schema]:
    return {problem.code: _schema(problem) for problem in met_as_answers()}


def problem_answers(codes: Iterable[str], instance: str, headers: Mapping[str, Schema]) -> Mapping[str, Any]:
    """Describe the answers with these codes, one for each status.

    `instance` is the path of the examples, `headers` are those of all answers of the route.
    """
    by_status: dict[int, list[Problem]] = {}
    for code in dict.fromkeys(codes):
        status = PROBLEMS[code].status
        assert status is not None, f"{code} is met in jobs only"
        by_status.setdefault(status, []).append(PROBLEMS[code])
    return {
        str(status): _answer(status, problems, instance, {**headers, **_headers_of(status, problems)})
        for status, problems in sorted(by_status.items())
    }


def _headers_of(status: int, problems: list[Problem]) -> Mapping[str, Schema]:
    """Return what answers with this status have, beside what all have."""
    (of_code, *others) = (OF_CODE.get(problem.code, {}) for problem in problems)
    is_of_all = all(of_code == other for other in others)
    return {**OF_STATUS.get(status, {}), **(of_code if is_of_all else OF_SOME[status])}


def _answer(
    status: int, problems: list[Problem], instance: str, headers: Mapping[str, Schema]
) -> Mapping[str, Any]:
    told = "\n".join(f"- `{one.code}`: {one.title}" for one in problems)
    content = {
        "schema": _any_of(problems),
        "examples": {one.code: {"summary": one.title, "value": _example(one, instance)} for one in problems},
    }
    return {
        "description": f"{HTTPStatus(status).phrase}\n\n{told}",
        "headers": headers,
        "content": {PROBLEM: content},
    }


def _any_of(problems: list[Problem]) -> Schema:
    if len(problems) == 1:
        return schema(problems[0].code)
    mapping = {one.code: schema(one.code)["$ref"] for one in problems}
    discriminator = {"propertyName": "code", "mapping": mapping}
    return {"oneOf": [schema(one.code) for one in problems], "discriminator": discriminator}


def _schema(problem: Problem) -> Schema:
    """Describe exactly what `answers.problem` makes of it (RFC 9457)."""
    properties: dict[str, Any] = {
        "type": {"const": _type(problem), "description": "Names the problem."},
        "title": {"const": problem.title},
        "status": {"const": problem.status},
        "detail": {"type": "string", "description": "What is wrong this time."},
        "instance": {"type": "string", "description": "The path that was asked for."},
        "code": {"const": problem.code},
        "requestId": schema("RequestId"),
        "date": schema("Timestamp"),
    }
    if problem.code in _POINTERS:
        errors = {"type": "array", "minItems": 1, "items": schema("InvalidMember")}
        properties["errors"] = errors | {"description": "All that is wrong; the first gives the `code`."}
    properties |= _MEMBERS.get(problem.code, {})
    optional = ("instance",) if problem.code in OF_EVERY_CONNECTION else ()
    return closed(properties, optional=optional, description=problem.explanation)


def _type(problem: Problem) -> str:
    return problem.type or f"/problems/{problem.code}"


def _example(problem: Problem, instance: str) -> Mapping[str, Any]:
    example: dict[str, Any] = {
        "type": _type(problem),
        "title": problem.title,
        "status": problem.status,
        "detail": problem.explanation,
        "instance": instance,
        "code": problem.code,
        "requestId": EXAMPLE_REQUEST_ID,
        "date": EXAMPLE_TIME,
    }
    if problem.code in _POINTERS:
        pointer = _POINTERS[InvalidCode(problem.code)]
        example["errors"] = [{"code": problem.code, "pointer": pointer, "detail": problem.explanation}]
    return example | {name: one["examples"][0] for name, one in _MEMBERS.get(problem.code, {}).items()}
