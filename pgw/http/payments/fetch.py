from quart import Response

from pgw.http import answers
from pgw.http.call import Call, Parts
from pgw.http.payments.representation import payment_document


async def fetch(parts: Parts, call: Call, payment_id: str) -> Response:
    """`GET /payments/{id}`."""
    payment = await parts.storage.payment(call.merchant_id, payment_id)
    if payment is None:
        return answers.problem(parts, call, "UnknownPayment")
    return answers.answer(payment_document(payment))
