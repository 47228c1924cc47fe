from quart import Response

from pgw.http import answers
from pgw.http.call import Call, Parts
from pgw.http.problems.codes import PROBLEMS


async def explain(parts: Parts, call: Call, code: str) -> Response:
    """`GET /problems/{code}`: what a code means and what to do about it."""
    kind = PROBLEMS.get(code)
    if kind is None:
        return answers.problem(parts, call, "UnknownRoute", "There is no such problem.")
    document = {"code": kind.code, "title": kind.title, "explanation": kind.explanation}
    return answers.answer(document | ({"status": kind.status} if kind.status else {}))
