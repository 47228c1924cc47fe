"""Which page of which list is asked for, from query parameters, or all that is wrong with those at once."""

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

from attrs import frozen

from pgw.domain.errors import Invalid
from pgw.domain.listing import Place
from pgw.domain.result import Err, Ok, Result
from pgw.http.call import Call, Parts
from pgw.http.cursor import Cursors
from pgw.http.paging import read_each_once, read_limit, wrong_parameter

Wanted = TypeVar("Wanted")
ReadFilter = Callable[[Mapping[str, str], list[Invalid]], Wanted]
PAGING = ("limit", "cursor")


@frozen
class PageQuery(Generic[Wanted]):
    """What is wanted, before which place and how many; `asked` are all parameters as they were given."""

    wanted: Wanted
    before: Place | None
    limit: int
    asked: Mapping[str, str]
    cursors: Cursors


def read_query(
    parts: Parts, call: Call, path: str, filters: Sequence[str], read_filter: ReadFilter[Wanted]
) -> Result[PageQuery[Wanted], list[Invalid]]:
    """Read `limit`, `cursor` and the filters of a list, each of them once at most."""
    invalid: list[Invalid] = []
    asked = read_each_once(call.request.args, (*filters, *PAGING), invalid)
    limit, wanted = read_limit(asked, invalid), read_filter(asked, invalid)
    cursors = Cursors.of(parts, call, path, {name: asked[name] for name in filters if name in asked})
    before = cursors.place(asked["cursor"]) if "cursor" in asked else None
    if "cursor" in asked and before is None:
        invalid.append(wrong_parameter("cursor", "the `nextCursor` of a page of this list, asked for alike"))
    return Err(invalid) if invalid else Ok(PageQuery(wanted, before, limit, asked, cursors))
