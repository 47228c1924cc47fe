import re

from quart import Response
from werkzeug.datastructures import MultiDict

from pgw.domain.errors import Invalid
from pgw.http import answers
from pgw.http.call import Call, Parts
from pgw.http.page_query import PAGING
from pgw.http.paging import LONGEST_PAGE, read_each_once, read_limit, wrong_parameter
from pgw.http.payments.timeline_representation import entry_document

CURSOR = r"[1-9][0-9]{0,8}"


async def fetch_events(parts: Parts, call: Call, payment_id: str) -> Response:
    """`GET /payments/{id}/events`: a page of the payment's timeline, the oldest first."""
    invalid: list[Invalid] = []
    after, limit = _read_query(call.request.args, invalid)
    if invalid:
        return answers.invalid_request(parts, call, invalid)
    # One more than the page has tells whether there is another one.
    found = await parts.storage.timeline(call.merchant_id, payment_id, after, limit + 1)
    if found is None:
        return answers.problem(parts, call, "UnknownPayment")
    page = found[:limit]
    document: dict[str, object] = {"data": [entry_document(recorded) for recorded in page]}
    if len(found) > len(page):
        document["nextCursor"] = str(page[-1].number)
    return answers.answer(document)


def _read_query(given: MultiDict[str, str], invalid: list[Invalid]) -> tuple[int, int]:
    """Return which number the page begins after, and how many are asked for, or note what is wrong."""
    asked = read_each_once(given, PAGING, invalid)
    limit = read_limit(asked, invalid, default=LONGEST_PAGE)
    cursor = asked.get("cursor", "")
    if "cursor" in asked and not re.fullmatch(CURSOR, cursor, re.ASCII):
        invalid.append(wrong_parameter("cursor", "the `nextCursor` of a page"))
        return 0, limit
    return int(cursor or "0"), limit
