"""The Quart-Trio application: each route's endpoint behind its key."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

import structlog
from attrs import evolve
from quart import Response, has_websocket_context, request, websocket
from quart.wrappers import Request, Websocket
from quart.wrappers.base import BaseRequestWebsocket
from quart_trio import QuartTrio
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import MapAdapter

from pgw.actors.key_ring import Credential
from pgw.domain.errors import Refusal
from pgw.http import answers
from pgw.http.authentication import (
    Challenge,
    holder_of_key,
    holder_of_ticket,
    refuse_without_scope,
    unauthorized,
)
from pgw.http.call import Call, Parts
from pgw.http.docs.document import docs, openapi_path
from pgw.http.exchange import Exchange
from pgw.http.front import KEY_ID, MERCHANT_ID, REQUEST_ID, ROUTE, Application, Front
from pgw.http.listener import Listener
from pgw.http.origin import refuse_foreign_page
from pgw.http.routes import ROUTES, Route
from pgw.http.throttle import NO_THROTTLE, Throttle
from pgw.http.trusted_proxies import NO_PROXIES, TrustedProxies
from pgw.storage.port import StorageUnavailable

LARGEST_SHOWN_BYTES = 16 * 1024
_CODES = {400: "MalformedRequest", 404: "UnknownRoute", 405: "MethodNotAllowed"}
_log = structlog.get_logger()


def make_app(
    parts: Parts,
    routes: Sequence[Route] = ROUTES,
    throttle: Throttle = NO_THROTTLE,
    proxies: TrustedProxies = NO_PROXIES,
) -> Application:
    """Assemble the application from the route table, or from some of it."""
    app = _Application("pgw", static_folder=None)
    app.asgi_http_class = Exchange
    app.asgi_websocket_class = Listener
    app.url_map.merge_slashes = False
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    parts = evolve(parts, docs=docs(routes))
    for route in routes:
        endpoint, name = cast("Any", _endpoint(parts, throttle, route)), f"{route.method} {route.path}"
        if route.method == "WS":
            app.add_websocket(route.path, name, endpoint)
        else:
            app.add_url_rule(route.path, name, endpoint, methods=[route.method])
    _answer_errors(app, parts)
    return Front(cast("Any", app), parts.clock, parts.ids, proxies, parts.measures)


class _Application(QuartTrio):
    """Quart's, which finds a route by its path alone: a `Host` that is no name would be a bare 500."""

    def create_url_adapter(self, request: BaseRequestWebsocket | None) -> MapAdapter | None:
        if request is None:
            return None
        return self.url_map.bind(
            "pgw",
            script_name=request.root_path,
            url_scheme=request.scheme,
            default_method=request.method,
            path_info=request.path,
        )


def _endpoint(parts: Parts, throttle: Throttle, route: Route) -> Callable[..., Awaitable[Response | None]]:
    """Put the key, and what the caller accepts, before a route's endpoint."""
    offered = (*route.operation.media_types, answers.PROBLEM)
    template = openapi_path(route.path)

    async def endpoint(**arguments: Any) -> Response | None:
        inbound = _inbound()
        cast("Any", inbound.scope)[ROUTE] = template
        call = _admitted(parts, throttle, route, inbound)
        if not isinstance(call, Call):
            return call
        if not _accepts(inbound, offered):
            return answers.problem(parts, call, "NotAcceptable")
        if route.method == "WS":
            arguments["websocket"] = inbound
        answer = await route.endpoint(parts, call, **arguments)
        if answer is not None and _log.is_enabled_for(logging.DEBUG) and _is_shown(answer):
            _log.debug("AnswerBody", RequestId=call.request_id, Body=await answer.get_data(as_text=True))
        return answer

    return endpoint


def _admitted(
    parts: Parts, throttle: Throttle, route: Route, inbound: Request | Websocket
) -> Call | Response:
    """Return the call, its caller known where the route asks for one, or what refuses it."""
    call = _call(inbound)
    if route.method == "WS" and (foreign := refuse_foreign_page(parts, call)):
        return foreign
    if route.scope is None:
        return call
    match holder_of_ticket(parts, call) if route.takes_ticket else holder_of_key(parts, call):
        case Challenge() as challenge:
            return throttle.refuse_stranger(parts, call) or unauthorized(parts, call, challenge)
        case Credential() as credential:
            call = _call(inbound, credential)
        case refused:
            return refused
    return throttle.refuse_merchant(parts, call) or refuse_without_scope(parts, call, route.scope) or call


def _is_shown(answer: Response) -> bool:
    """Tell an answer that the log shows: JSON, but not the description, nor the files of its page."""
    return answer.is_json and (answer.content_length or 0) <= LARGEST_SHOWN_BYTES


def _inbound() -> Request | Websocket:
    """Return the request or WebSocket of this task, from behind Quart's proxy for it."""
    proxy = cast("Any", websocket if has_websocket_context() else request)
    inbound: Request | Websocket = proxy._get_current_object()  # noqa: SLF001 - werkzeug's documented way
    return inbound


def _call(inbound: Request | Websocket, credential: Credential | None = None) -> Call:
    scope = cast("dict[str, Any]", inbound.scope)
    if credential is None:
        return Call(inbound, scope[REQUEST_ID], "")
    merchant_id = scope[MERCHANT_ID] = credential.key.merchant_id
    scope[KEY_ID] = credential.key.id
    return Call(inbound, scope[REQUEST_ID], merchant_id, credential)


def _accepts(inbound: Request | Websocket, offered: tuple[str, ...]) -> bool:
    accept = inbound.headers.get("Accept")
    if not accept or accept == "*/*":
        return True
    return inbound.accept_mimetypes.best_match(offered) is not None


def _answer_errors(app: QuartTrio, parts: Parts) -> None:
    """Answer what no endpoint did in the one shape of all refusals."""

    async def refused(error: HTTPException) -> Response:
        code = _CODES.get(error.code or 500, "InternalError")
        allow = {}
        if has_websocket_context():
            code = "UnknownRoute"  # there may be a route for a plain request
        elif isinstance(error, MethodNotAllowed) and error.valid_methods is not None:
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
