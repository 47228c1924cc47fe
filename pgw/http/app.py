"""The Quart-Trio application: each route's endpoint behind its key."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, cast

import structlog
from attrs import evolve
from quart import Response, has_websocket_context, request, websocket
from quart.wrappers import Request, Websocket
from quart_trio import QuartTrio
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import WebsocketMismatch

from pgw.domain.errors import Refusal
from pgw.http import answers
from pgw.http.call import Call, Parts
from pgw.http.docs.document import docs
from pgw.http.exchange import Exchange
from pgw.http.front import MERCHANT_ID, REQUEST_ID, Application, Front
from pgw.http.routes import ROUTES, Route
from pgw.storage.port import StorageUnavailable

LARGEST_SHOWN_BYTES = 16 * 1024
_CODES = {400: "MalformedRequest", 404: "UnknownRoute", 405: "MethodNotAllowed"}
_log = structlog.get_logger()


def make_app(parts: Parts) -> Application:
    """Assemble the application from the route table."""
    app = QuartTrio("pgw", static_folder=None)
    app.asgi_http_class = Exchange
    app.url_map.merge_slashes = False
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    parts = evolve(parts, docs=docs())
    for route in ROUTES:
        endpoint, name = cast("Any", _endpoint(parts, route)), f"{route.method} {route.path}"
        if route.method == "WS":
            app.add_websocket(route.path, name, endpoint)
        else:
            app.add_url_rule(route.path, name, endpoint, methods=[route.method])
    _answer_errors(app, parts)
    return Front(cast("Any", app), parts.clock, parts.ids)


def _endpoint(parts: Parts, route: Route) -> Callable[..., Awaitable[Response | None]]:
    """Put the key, and what the caller accepts, before a route's endpoint."""
    offered = (*route.operation.media_types, "application/problem+json")

    async def endpoint(**arguments: Any) -> Response | None:
        inbound = _inbound()
        merchant_id = parts.keys.merchant_of(inbound.headers.get("Authorization")) if route.scope else ""
        call = _call(inbound, merchant_id or "")
        if merchant_id is None:
            challenge = {"WWW-Authenticate": "Bearer"}
            return answers.problem(parts, call, "UnauthorizedAccess", headers=challenge)
        if not _accepts(inbound, offered):
            return answers.problem(parts, call, "NotAcceptable")
        if route.method == "WS":
            arguments["websocket"] = inbound
        answer = await route.endpoint(parts, call, **arguments)
        if answer is not None and _log.is_enabled_for(logging.DEBUG) and _is_shown(answer):
            _log.debug("AnswerBody", RequestId=call.request_id, Body=await answer.get_data(as_text=True))
        return answer

    return endpoint


def _is_shown(answer: Response) -> bool:
    """Tell an answer that the log shows: JSON, but not the description, nor the files of its page."""
    return answer.is_json and (answer.content_length or 0) <= LARGEST_SHOWN_BYTES


def _inbound() -> Request | Websocket:
    """Return the request or WebSocket of this task, from behind Quart's proxy for it."""
    proxy = cast("Any", websocket if has_websocket_context() else request)
    inbound: Request | Websocket = proxy._get_current_object()  # noqa: SLF001 - werkzeug's documented way
    return inbound


def _call(inbound: Request | Websocket, merchant_id: str = "") -> Call:
    scope = cast("dict[str, Any]", inbound.scope)
    if merchant_id:
        scope[MERCHANT_ID] = merchant_id
    return Call(inbound, scope[REQUEST_ID], merchant_id)


def _accepts(inbound: Request | Websocket, offered: tuple[str, ...]) -> bool:
    accept = inbound.headers.get("Accept")
    if not accept or accept == "*/*":
        return True
    return inbound.accept_mimetypes.best_match(offered) is not None


def _answer_errors(app: QuartTrio, parts: Parts) -> None:
    """Answer what no endpoint did in the one shape of all refusals."""

    async def refused(error: HTTPException) -> Response:
        code = _CODES.get(error.code or 500, "InternalError")
        if isinstance(error, WebsocketMismatch):  # werkzeug's own is a 400, of a body
            code = "UnknownRoute"
        allow = {}
        if isinstance(error, MethodNotAllowed) and error.valid_methods is not None:
            allow = {"Allow": ", ".join(sorted(error.valid_methods))}
        return answers.problem(parts, _call(_inbound()), code, headers=allow)

    async def storage_unavailable(_error: StorageUnavailable) -> Response:
        return answers.problem(parts, _call(_inbound()), Refusal.STORAGE_UNAVAILABLE)

    async def failed(error: Exception) -> Response:
        call = _call(_inbound())
        _log.error("RequestFailed", RequestId=call.request_id, exc_info=error)
        return answers.problem(parts, call, "InternalError")

    app.register_error_handler(HTTPException, refused)
    app.register_error_handler(StorageUnavailable, storage_unavailable)
    app.register_error_handler(Exception, failed)
