from quart import Response

from pgw.http.call import Call, Parts
from pgw.http.docs.answering import CACHED, NOT_MODIFIED, answer_file
from pgw.http.docs.operation import Answer, Operation, Tag

_DOCUMENT = {
    "type": "object",
    "required": ["openapi", "info", "paths"],
    "properties": {"openapi": {"const": "3.1.0"}, "info": {"type": "object"}, "paths": {"type": "object"}},
}

OPENAPI = Operation(
    id="getDescription",
    tag=Tag.DESCRIPTION,
    summary="This description",
    description="OpenAPI 3.1, made from the routes that are served.",
    answers=(Answer(200, "The description.", _DOCUMENT, headers=CACHED), NOT_MODIFIED),
)


async def openapi(parts: Parts, call: Call) -> Response:
    """`GET /openapi.json`."""
    assert parts.docs is not None, "made with the application"
    return answer_file(call, parts.docs.description)
