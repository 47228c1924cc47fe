from collections.abc import Mapping

from quart import Response

from pgw.http.call import Call
from pgw.http.docs.files import File
from pgw.http.docs.headers import header
from pgw.http.docs.operation import Answer, Schema

CACHED: Mapping[str, Schema] = {"ETag": header("ETag"), "Cache-Control": header("CacheControl")}
NOT_MODIFIED = Answer(304, "It is what `If-None-Match` names.", headers=CACHED)


def answer_file(call: Call, file: File, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with the file, or 304 where the caller has it already (RFC 9110, section 13.1.2)."""
    caching = {"ETag": f'"{file.etag}"', "Cache-Control": "no-cache"}
    if call.request.if_none_match.contains_weak(file.etag):
        unchanged = Response(b"", 304, caching)
        # They would be those of the file (RFC 9110, sections 8.6 and 15.4.5).
        del unchanged.headers["Content-Type"], unchanged.headers["Content-Length"]
        return unchanged
    return Response(file.content, 200, {**caching, **(headers or {})}, content_type=file.content_type)
