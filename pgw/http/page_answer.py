from collections.abc import Callable
from typing import Any, TypeVar

from quart import Response

from pgw.domain.listing import Page
from pgw.http import answers
from pgw.http.links import page_links
from pgw.http.page_query import PageQuery

Row = TypeVar("Row")


def page_answer(query: PageQuery[Any], page: Page[Row], document: Callable[[Row], Any]) -> Response:
    """Answer with a page, and with where the list goes on."""
    answered: dict[str, Any] = {"data": [document(row) for row in page.rows]}
    next_cursor = None if page.goes_on_before is None else query.cursors.at(page.goes_on_before)
    if next_cursor is not None:
        answered["nextCursor"] = next_cursor
    return answers.answer(
        answered, headers={"Link": page_links(query.cursors.path, query.asked, next_cursor)}
    )
