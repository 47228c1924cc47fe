"""Reads the URL that a merchant wants to be told at.

What two programs could read as two different hosts (RFC 3986, section 7.6) is refused and never guessed. No
refusal repeats any of the URL, since there may be a password in it.
"""

import re
import string
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import unquote

from pgw.domain.result import Err, Ok, Result
from pgw.domain.webhook import LONGEST_URL
from pgw.webhooks.addresses import Address, is_public, read_address

DEFAULT_PORTS = {"http": 80, "https": 443}
LONGEST_HOST = 253
"""RFC 1035, section 2.3.4, as it is written with dots."""
LAST_PORT = 65_535

_PARTS = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)"
    r"(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?P<fragment>#.*)?"
)
_AUTHORITY = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]{0,5}))?")
_PATH_AND_QUERY = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
# What begins a number of an IPv4 address for some programs: decimal, octal or hexadecimal, or none at all.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")

_IN_LOWER_CASE = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)

NOT_PUBLIC = "The URL's host must have a public address."
_TOO_LONG = f"The URL may have at most {LONGEST_URL:,} characters."
_ODD_ADDRESS = "The URL's host must be a name or an IPv4 address of four decimal numbers."
_ODD_NAME = (
    "The URL's host must be a domain name without a dot at its end, "
    "and in ASCII (xn--…) where that could be spelled in several ways."
)


def read_endpoint_url(text: str, *, allow_private: bool) -> Result[str, str]:
    """Return the URL in the one spelling that it is kept in, or a sentence that says what is wrong with it.

    `https` with a public host, or also `http` with any host where `allow_private`. A host that is a name is
    resolved, and what it resolves to judged, when something is sent.
    """
    wrong = _wrong_with_text(text)
    if wrong is not None:
        return Err(wrong)
    parts = _PARTS.fullmatch(text)
    schemes = ("https", "http") if allow_private else ("https",)
    if parts is None or parts["scheme"].lower() not in schemes:
        return Err(f"The URL must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}.")
    wrong = _wrong_with_parts(parts)
    if wrong is not None:
        return Err(wrong)
    match _read_authority(parts["scheme"].lower(), parts["authority"], allow_private=allow_private):
        case Ok(origin):
            url = f"{origin}{parts['path'] or '/'}{parts['query'] or ''}"
            return Ok(url) if len(url) <= LONGEST_URL else Err(_TOO_LONG)
        case Err() as refused:
            return refused


def _wrong_with_text(text: str) -> str | None:
    if len(text) > LONGEST_URL:
        return _TOO_LONG
    if any(character.isspace() or not character.isprintable() for character in text):
        return "The URL must not have spaces or control characters in it."
    if "\\" in text:
        return "The URL must not have a backslash in it."
    return None


def _wrong_with_parts(parts: re.Match[str]) -> str | None:
    if "@" in parts["authority"]:
        return "The URL must not have a user or a password in it."
    if parts["fragment"] is not None:
        return "The URL must not have a fragment (#…), which would never be sent."
    if not _PATH_AND_QUERY.fullmatch(parts["path"] + (parts["query"] or "")):
        return "The URL's path and query must be in ASCII, other characters percent-encoded (%C3%BC)."
    if any(unquote(segment) in {".", ".."} for segment in parts["path"].split("/")):
        return "The URL's path must not have . or .. between its slashes."
    return None


def _read_authority(scheme: str, authority: str, *, allow_private: bool) -> Result[str, str]:
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None or not parts["host"]:
        return Err("The URL must have a host, and behind it at most a colon and a port.")
    port = int(parts["port"] or DEFAULT_PORTS[scheme])
    if not 0 < port <= LAST_PORT:
        return Err(f"The URL's port must be from 1 to {LAST_PORT}.")
    match _read_host(parts["host"], allow_private=allow_private):
        case Ok(host):
            return Ok(f"{scheme}://{host}" + ("" if port == DEFAULT_PORTS[scheme] else f":{port}"))
        case Err() as refused:
            return refused


def _read_host(written: str, *, allow_private: bool) -> Result[str, str]:
    if "%" in written:
        return Err("The URL's host must not have a percent sign or a zone in it.")
    if written.startswith("["):
        address = read_address(written[1:-1])
        if not isinstance(address, IPv6Address):
            return Err("Between the URL's brackets must be an IPv6 address.")
        return _judged(address, f"[{address.compressed}]", allow_private=allow_private)
    name = _in_ascii(written.translate(_IN_LOWER_CASE))
    if name is None:
        return Err(_ODD_NAME)
    return _read_name(name, allow_private=allow_private)


def _read_name(name: str, *, allow_private: bool) -> Result[str, str]:
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        # Many programs take this for an address, however many numbers there are and of whichever base.
        address = read_address(name)
        if not isinstance(address, IPv4Address):
            return Err(_ODD_ADDRESS)
        return _judged(address, name, allow_private=allow_private)
    if not allow_private and (name == "localhost" or name.endswith(".localhost")):  # RFC 6761, section 6.3
        return Err(NOT_PUBLIC)
    if not allow_private and "." not in name:
        return Err("The URL's host must be a full domain name, such as hooks.example.com.")
    return Ok(name)


def _judged(address: Address, spelled: str, *, allow_private: bool) -> Result[str, str]:
    return Ok(spelled) if allow_private or is_public(address) else Err(NOT_PUBLIC)


def _in_ascii(name: str) -> str | None:
    """Return a name as it is looked up, or None where there are two opinions on that.

    The two standards (RFC 3490, RFC 5891) take some names for different ones, and some that are written in
    wide digits or with a dot of another script for addresses. Whatever does not come back as it was is such.
    """
    has_foreign_digits = any(character.isdigit() and not character.isascii() for character in name)
    if has_foreign_digits or len(name) > LONGEST_HOST:
        return None
    try:
        spelled = name if name.isascii() else name.encode("idna").decode()
        is_the_same = name.isascii() or spelled.encode().decode("idna") == name
    except UnicodeError:
        return None
    is_name = len(spelled) <= LONGEST_HOST and all(map(_LABEL.fullmatch, spelled.split(".")))
    return spelled if is_the_same and is_name else None
