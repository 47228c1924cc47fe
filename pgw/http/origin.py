"""From which web pages a WebSocket may be opened: a browser says so in `Origin` (RFC 6455, section 10.2)."""

import re
from collections.abc import Iterable
from typing import Any, cast

from quart import Response

from pgw.http import answers
from pgw.http.call import Call, Parts

LAST_PORT = 65_535
_SCHEMES = {"ws": "http", "wss": "https"}
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
# As a browser spells one (RFC 6454, section 6.2): in lower case, without a path.
_ORIGIN = re.compile(r"https?://(?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::(?P<port>[1-9][0-9]{0,4}))?")


def refuse_foreign_page(parts: Parts, call: Call) -> Response | None:
    """Return what refuses a handshake from a page that is neither the gateway's own nor allowed.

    A client that is no browser sends no `Origin`. One that is spelled as no browser spells it is foreign.
    """
    given = call.request.headers.getlist("Origin")
    if not given:
        return None
    if len(given) == 1 and _ORIGIN.fullmatch(given[0]):
        allowed = {_own_origin(call), *parts.allowed_origins}
        if given[0] in allowed:
            return None
    return answers.problem(parts, call, "ForbiddenOrigin")


def is_origin(text: str) -> bool:
    """Tell what a browser may send, but for the case of its letters and for the scheme's own port."""
    found = _ORIGIN.fullmatch(text.lower())
    return found is not None and int(found["port"] or 0) <= LAST_PORT


def canonical_origins(origins: Iterable[str]) -> frozenset[str]:
    """Return origins as browsers spell them."""
    return frozenset(canonical_origin(*origin.split("://", 1)) for origin in origins)


def canonical_origin(scheme: str, authority: str) -> str:
    """Return the origin as a browser spells it: in lower case and without the scheme's own port."""
    return f"{scheme}://{authority}".lower().removesuffix(_DEFAULT_PORTS[scheme.lower()])


def _own_origin(call: Call) -> str:
    """Return where the client sees the gateway: trusted proxies have had their say by now."""
    scheme = cast("dict[str, Any]", call.request.scope)["scheme"]
    return canonical_origin(_SCHEMES[scheme], call.request.headers.get("Host", ""))
