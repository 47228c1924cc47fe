"""Links between the pages of a list (RFC 8288), as references from the root of the gateway."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode


def page_links(path: str, asked: Mapping[str, str], next_cursor: str | None) -> str:
    """Return the value of `Link`: the first page, and where there are more the next, asked for alike."""
    same = {name: value for name, value in asked.items() if name != "cursor"}
    links = [] if next_cursor is None else [_link(path, {**same, "cursor": next_cursor}, "next")]
    return ", ".join([*links, _link(path, same, "first")])


def _link(path: str, query: Mapping[str, str], relation: str) -> str:
    # A space as %20, which all take for one (RFC 3986, section 2.1), where a plus is one to some alone.
    encoded = urlencode(query, quote_via=quote, safe="")
    return f'<{path}{"?" if encoded else ""}{encoded}>; rel="{relation}"'
