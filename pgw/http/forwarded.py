"""What proxies write of a request into its headers: `X-Forwarded-*`, and `Forwarded` (RFC 7239).

Each proxy adds to the right of what it was sent, so all is read from there, where the nearest one wrote.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain

from attrs import frozen

from pgw.http.addresses import Address, read_address

Headers = Sequence[tuple[bytes, bytes]]
MOST_HOPS = 16  # that are looked at; the rest of a header is not even split
LONGEST_ELEMENT = 1024
X_FORWARDED = (b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host")

_NAME = r"(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+)"
_PAIR = re.compile(rf"\s*{_NAME}=(?:(?P<bare>[^\s\",;=\\]+)|\"(?P<quoted>[^\"\\]*)\")\s*")
_PORT = r"(?::(?:[0-9]{1,5}|_[A-Za-z0-9._-]+))?"
_NODE = re.compile(rf"\[(?P<six>[0-9A-Fa-f:.]+)\]{_PORT}|(?P<four>[0-9.]+){_PORT}|(?P<bare>[0-9A-Fa-f:.]+)")
_AUTHORITY = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


@frozen
class Hop:
    """What one proxy says of the request it was sent; None for what it does not say, or not soundly."""

    client: Address | None = None
    scheme: str | None = None
    host: str | None = None


def x_forwarded_hops(headers: Headers) -> Iterator[Hop]:
    """Yield what `X-Forwarded-For` says, nearest first; scheme and host are the nearest proxy's word."""
    scheme = _scheme(next(_entries(headers, b"x-forwarded-proto"), ""))
    host = _host(next(_entries(headers, b"x-forwarded-host"), ""))
    clients = (_node(_unquoted(entry)) for entry in _entries(headers, b"x-forwarded-for"))
    for client in chain(clients, [None]):
        yield Hop(client, scheme, host)


def forwarded_hops(headers: Headers) -> Iterator[Hop]:
    """Yield the elements of `Forwarded`, nearest first; a malformed one says nothing."""
    return map(_element, _entries(headers, b"forwarded"))


def _entries(headers: Headers, name: bytes) -> Iterator[str]:
    """Yield the entries of all lines of a header from the right, but for empty ones."""
    for key, value in reversed(headers):
        if key == name:
            entries = value.decode("latin-1").rsplit(",", MOST_HOPS)
            yield from (entry.strip() for entry in reversed(entries) if entry.strip())


def _element(text: str) -> Hop:
    """Read one `forwarded-element` (RFC 7239, section 4), in which each parameter appears once at most."""
    if len(text) > LONGEST_ELEMENT:
        return Hop()
    pairs = [_PAIR.fullmatch(pair) for pair in text.split(";") if pair.strip()]
    values = {pair["name"].lower(): pair["bare"] or pair["quoted"] for pair in pairs if pair}
    if len(values) < len(pairs):
        return Hop()
    return Hop(_node(values.get("for", "")), _scheme(values.get("proto", "")), _host(values.get("host", "")))


def _node(text: str) -> Address | None:
    """Read an address, in brackets or with a port too (RFC 7239, section 6); `unknown` and `_x` are none."""
    found = _NODE.fullmatch(text)
    return read_address(found["six"] or found["four"] or found["bare"]) if found else None


def _scheme(text: str) -> str | None:
    return text.lower() if text.lower() in {"http", "https"} else None


def _host(text: str) -> str | None:
    return text if _AUTHORITY.fullmatch(text) else None


def _unquoted(text: str) -> str:
    return text[1:-1] if text.startswith('"') and text.endswith('"') else text
