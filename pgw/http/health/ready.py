from quart import Response

from pgw.domain.errors import Refusal
from pgw.http import answers
from pgw.http.call import Call, Parts
from pgw.http.docs.operation import Answer, Operation, Tag, closed

READY = Operation(
    id="getReadiness",
    tag=Tag.HEALTH,
    summary="New payments are taken",
    description="For your load balancer: 503 while it shuts down or has no storage. The bank is not asked: "
    "payments are accepted, and kept, while it is away.",
    answers=(
        Answer(
            200,
            "It takes payments.",
            closed({"status": {"const": "ready"}}),
            examples={"Ready": {"value": {"status": "ready"}}},
        ),
    ),
    problems=(Refusal.SHUTTING_DOWN, Refusal.STORAGE_UNAVAILABLE),
)


async def ready(parts: Parts, call: Call) -> Response:
    """`GET /health/ready`: new payments are taken; 503 while draining or without storage.

    The bank is not asked: payments are accepted, and kept, while it is away.
    """
    if parts.gateway.is_draining:
        return answers.problem(parts, call, Refusal.SHUTTING_DOWN)
    if not await parts.storage.check():
        return answers.problem(parts, call, Refusal.STORAGE_UNAVAILABLE)
    return answers.answer({"status": "ready"})
