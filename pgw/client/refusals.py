"""What a gateway's refusals say to whoever asked."""

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from pgw.client.documents import read_object

LONGEST_RETRY_AFTER_SECONDS = 3600
KEY_REFUSED = "The gateway does not honour the key; give another one in PGW_KEY."
_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)


class CannotGoOn(Exception):
    """Trying again would not help; the message is one sentence for whoever asked."""


def sentence_of(status: int, body: bytes | None) -> str:
    """Say in a sentence why a request was refused."""
    problem = read_problem(body)
    if status == HTTPStatus.UNAUTHORIZED:
        return KEY_REFUSED
    if not problem:
        return f"What answers there is no gateway of this kind: it answered {status}."
    return f"{problem['detail']} ({status} {problem['code']})"


def unreachable(url: str, why: str) -> str:
    return f"The gateway is not reachable at {url}: {why}. Is it running?"


def read_problem(body: bytes | None) -> Mapping[str, Any]:
    """Read a problem (RFC 9457) with its `code` and `detail`, or nothing."""
    problem = read_object(body or b"") or {}
    return problem if all(isinstance(problem.get(one), str) for one in ("code", "detail")) else {}


def retry_after(headers: Iterable[tuple[bytes, bytes]]) -> float:
    """Return the seconds of a `Retry-After` (RFC 9110, section 10.2.3), at most an hour; 0 without one."""
    for name, value in headers:
        text = value.decode("latin-1").strip()
        if name.lower() == b"retry-after" and _SECONDS.fullmatch(text):
            return min(int(text), LONGEST_RETRY_AFTER_SECONDS)
    return 0
