import trio
from quart import Response

from pgw.actors.gateway import submit_payment
from pgw.domain.job import Job
from pgw.domain.result import Err, Ok
from pgw.http import answers
from pgw.http.body import read_document
from pgw.http.call import Call, Parts
from pgw.http.jobs.representation import job_document
from pgw.http.payments.order import read_order

ACCEPTANCE_SECONDS = 30.0


async def submit(parts: Parts, call: Call) -> Response:
    """`POST /payments`: 202 and the job, once both are on disk.

    It owns nothing: a payment that was accepted is its actor's, whatever becomes of this request.
    """
    match read_document(parts, call):
        case Err(refused):
            return refused
        case Ok(document):
            pass
    match read_order(document, parts.clock.now(), parts.gateway.bank_features):
        case Err(invalid):
            return answers.invalid_request(parts, call, invalid)
        case Ok(order):
            pass
    with trio.move_on_after(ACCEPTANCE_SECONDS):
        match await submit_payment(parts.gateway, call.merchant_id, order, call.request_id):
            case Err(refusal):
                return answers.problem(parts, call, refusal)
            case Ok(Job() as job):
                return answers.answer(job_document(job), 202, {"Location": f"/jobs/{job.id}"})
    # It may have been accepted meanwhile, which is what this answer says.
    return answers.problem(parts, call, "InternalError")
