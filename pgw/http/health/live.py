from quart import Response

from pgw.http import answers
from pgw.http.call import Call, Parts


async def live(_parts: Parts, _call: Call) -> Response:
    """`GET /health/live`: the process answers."""
    return answers.answer({"status": "live"})
