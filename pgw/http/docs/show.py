from quart import Response

from pgw.http import answers
from pgw.http.call import Call, Parts
from pgw.http.docs.answering import CACHED, NOT_MODIFIED, answer_file
from pgw.http.docs.files import PAGE
from pgw.http.docs.headers import header
from pgw.http.docs.operation import Answer, Operation, Parameter, Schema, Tag

# Images in Swagger UI's style sheet are data of its own.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff"}
_DESCRIBED = {
    **CACHED,
    "Content-Security-Policy": header("ContentSecurityPolicy"),
    "X-Content-Type-Options": header("NoSniff"),
}
_TEXT: Schema = {"type": "string"}
_BYTES: Schema = {}

PAGE_SHOWN = Operation(
    id="showDescription",
    tag=Tag.DESCRIPTION,
    summary="This description, for people",
    description="A page of this server's own; it loads nothing from elsewhere.",
    answers=(Answer(200, "The page.", _TEXT, ("text/html",), headers=_DESCRIBED), NOT_MODIFIED),
)
FILE_SHOWN = Operation(
    id="getPageFile",
    tag=Tag.DESCRIPTION,
    summary="A file of the page",
    description="Scripts, styles and images of the page for people.",
    parameters=(
        Parameter("name", "path", "The file's name.", {"type": "string", "examples": ["swagger-ui.css"]}),
    ),
    answers=(
        Answer(
            200,
            "The file.",
            _BYTES,
            ("text/html", "text/javascript", "text/css", "image/png"),
            headers=_DESCRIBED,
        ),
        NOT_MODIFIED,
    ),
    problems=("UnknownRoute",),
)


async def show(parts: Parts, call: Call, name: str = PAGE) -> Response:
    """`GET /docs` and `/docs/{name}`: a file of the page, which is one of a few known by name."""
    assert parts.docs is not None, "made with the application"
    file = parts.docs.files.get(name)
    if file is None:
        return answers.problem(parts, call, "UnknownRoute")
    return answer_file(call, file, _HEADERS)
