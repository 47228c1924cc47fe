from collections.abc import Mapping
from typing import Any

from quart import Response

from pgw.http import answers
from pgw.http.call import Call, Parts
from pgw.http.docs.operation import Answer, Operation, Parameter, Tag, closed, schema
from pgw.http.problems.codes import PROBLEMS, Problem

SCHEMAS = {
    "Explanation": closed(
        {
            "code": {"type": "string", "enum": list(PROBLEMS)},
            "title": {"type": "string"},
            "explanation": {"type": "string"},
            "status": {
                "type": "integer",
                "minimum": 400,
                "maximum": 599,
                "description": "Of the answer; absent where the code is met in a job only.",
            },
        },
        optional=("status",),
    )
}


def _document(kind: Problem) -> Mapping[str, Any]:
    document = {"code": kind.code, "title": kind.title, "explanation": kind.explanation}
    return document | ({"status": kind.status} if kind.status else {})


EXPLAIN = Operation(
    id="explainProblem",
    tag=Tag.PROBLEMS,
    summary="Explain a code",
    description="What the `type` of a problem leads to.",
    parameters=(
        Parameter(
            "code",
            "path",
            "The `code` of a problem, or of a failed job's `error`.",
            {"type": "string", "enum": list(PROBLEMS), "examples": ["InvalidAmount"]},
        ),
    ),
    answers=(
        Answer(
            200,
            "What it means and what to do about it.",
            schema("Explanation"),
            examples={
                code: {"value": _document(PROBLEMS[code])} for code in ("InvalidAmount", "Interrupted")
            },
        ),
    ),
    problems=("UnknownRoute",),
)


async def explain(parts: Parts, call: Call, code: str) -> Response:
    """`GET /problems/{code}`: what a code means and what to do about it."""
    kind = PROBLEMS.get(code)
    if kind is None:
        return answers.problem(parts, call, "UnknownRoute", "There is no such problem.")
    return answers.answer(_document(kind))
