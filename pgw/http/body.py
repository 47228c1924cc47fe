import logging
from collections.abc import Mapping
from typing import Any, cast

import structlog
from quart import Response

from pgw.domain.result import Err, Ok, Result
from pgw.http import answers, documents
from pgw.http.call import Call, Parts
from pgw.http.docs.operation import JSON
from pgw.http.exchange import BODY
from pgw.logs import REDACTED

# Everything else is shown as redacted: a CVV under a misspelt name looks like any other number.
_SHOWN = frozenset(
    {
        *("amount", "currency", "reference", "description", "capture", "expiryMonth", "expiryYear"),
        *("final", "reason"),
    }
)
_log = structlog.get_logger()


def read_document(
    parts: Parts, call: Call, *, media_types: tuple[str, ...] = (JSON,), or_none: bool = False
) -> Result[dict[str, Any], Response]:
    """Read the request's JSON object, or the answer that refuses it.

    With `or_none` a request without a body is one with an empty object.
    """
    request = call.request
    received: Result[bytes, str] = cast("dict[str, Any]", request.scope)[BODY]
    if or_none and received == Ok(b""):
        return Ok({})
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    encoded = request.headers.get("Content-Encoding", "identity").lower() != "identity"
    if request.mimetype not in media_types or charset != "utf-8" or encoded:
        return Err(answers.problem(parts, call, "UnsupportedMediaType"))
    match received:
        case Err(code):
            return Err(answers.problem(parts, call, code))
        case Ok(body):
            parsed = documents.parse(body)
    match parsed:
        case Err(sentence):
            return Err(answers.problem(parts, call, "MalformedRequest", sentence))
        case Ok(document):
            if _log.is_enabled_for(logging.DEBUG):
                _log.debug("RequestBody", RequestId=call.request_id, Body=shown(document))
            return Ok(document)


def shown(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document as the log shows it: only members that hold no card data, at any depth."""
    return {
        name: shown(value) if isinstance(value, dict) else value if _is_shown(name, value) else REDACTED
        for name, value in document.items()
    }


def _is_shown(name: str, value: object) -> bool:
    """Tell a plain value under a name that holds no card data; a list may hold anything."""
    return name in _SHOWN and not isinstance(value, list)
