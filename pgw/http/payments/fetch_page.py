from quart import Response

from pgw.domain.result import Err, Ok
from pgw.http import answers
from pgw.http.call import Call, Parts
from pgw.http.page_answer import page_answer
from pgw.http.page_query import read_query
from pgw.http.payments.payment_query import FILTERS, read_filter
from pgw.http.payments.representation import payment_document

PATH = "/payments"


async def fetch_page(parts: Parts, call: Call) -> Response:
    """`GET /payments`: a page of them, the newest first."""
    match read_query(parts, call, PATH, FILTERS, read_filter):
        case Err(invalid):
            return answers.invalid_request(parts, call, invalid)
        case Ok(query):
            pass
    page = await parts.storage.page_of_payments(call.merchant_id, query.wanted, query.before, query.limit)
    return page_answer(query, page, payment_document)
