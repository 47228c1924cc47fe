from quart import Response

from pgw.domain.errors import Refusal
from pgw.http import answers
from pgw.http.call import Call, Parts


async def ready(parts: Parts, call: Call) -> Response:
    """`GET /health/ready`: new payments are taken; 503 while draining or without storage.

    The bank is not asked: payments are accepted, and kept, while it is away.
    """
    if parts.gateway.is_draining:
        return answers.problem(parts, call, Refusal.SHUTTING_DOWN)
    if not await parts.storage.check():
        return answers.problem(parts, call, Refusal.STORAGE_UNAVAILABLE)
    return answers.answer({"status": "ready"})
