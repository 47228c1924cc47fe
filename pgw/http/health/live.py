from quart import Response

from pgw.http import answers
from pgw.http.call import Call, Parts
from pgw.http.docs.operation import Answer, Operation, Tag, closed

LIVE = Operation(
    id="getLiveness",
    tag=Tag.HEALTH,
    summary="The process answers",
    description="For your supervisor: restart what does not answer.",
    answers=(
        Answer(
            200,
            "It lives.",
            closed({"status": {"const": "live"}}),
            examples={"Live": {"value": {"status": "live"}}},
        ),
    ),
)


async def live(_parts: Parts, _call: Call) -> Response:
    """`GET /health/live`: the process answers."""
    return answers.answer({"status": "live"})
