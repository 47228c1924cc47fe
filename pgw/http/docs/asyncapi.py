from quart import Response

from pgw.http.call import Call, Parts
from pgw.http.docs.answering import CACHED, NOT_MODIFIED, answer_file
from pgw.http.docs.operation import Answer, Operation, Tag

_DOCUMENT = {
    "type": "object",
    "required": ["asyncapi", "info", "channels", "operations"],
    "properties": {
        "asyncapi": {"const": "3.0.0"},
        "info": {"type": "object"},
        "channels": {"type": "object"},
        "operations": {"type": "object"},
    },
}

ASYNCAPI = Operation(
    id="getStreamDescription",
    tag=Tag.DESCRIPTION,
    summary="The streams' description",
    description="AsyncAPI 3.0, made from the same schemas as this description: what comes on the streams.",
    answers=(Answer(200, "The description.", _DOCUMENT, headers=CACHED), NOT_MODIFIED),
)


async def asyncapi(parts: Parts, call: Call) -> Response:
    """`GET /asyncapi.json`."""
    assert parts.docs is not None, "made with the application"
    return answer_file(call, parts.docs.streams)
