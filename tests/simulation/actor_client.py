"""A client that hands its orders straight to the actors, as the HTTP endpoint does."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from attrs import frozen

from pgw.actors.gateway import submit_operation, submit_payment
from pgw.actors.mailbox import ReplyAbandoned
from pgw.domain.idempotency import Claim
from pgw.domain.job import Job
from pgw.domain.money import Currency, Money
from pgw.domain.payment import PaymentOrder
from pgw.domain.result import Err, Ok
from tests.simulation.clients import Accepted, Answer, Instruction, NoAnswer, Order, Refused, Wanted
from tests.simulation.log_lines import LIFE
from tests.simulation.orders import CARD
from tests.simulation.process import Process

EUR = Currency("EUR", 2)
_Submit = Callable[..., Awaitable[Any]]


@frozen
class ActorClient:
    process: Process

    async def post_payment(self, order: Order) -> Answer:
        wanted = PaymentOrder(Money(order.amount, EUR), CARD, capture=order.capture)
        submit = partial(submit_payment, self.process.gateway, order.merchant_id, wanted, "req_1")
        return await self._post(submit, order, f"{order.amount:064}")

    async def post_operation(self, instruction: Instruction) -> Answer:
        submit = partial(
            submit_operation,
            self.process.gateway,
            instruction.merchant_id,
            instruction.payment_id,
            instruction.order,
            instruction.request_id,
        )
        return await self._post(submit, instruction, f"{instruction.request_id:>64}")

    async def _post(self, submit: _Submit, wanted: Wanted, fingerprint: str) -> Answer:
        LIFE.set(self.process.life)
        answer: Answer = NoAnswer()
        with self.process.life.guest():
            answer = await _submit(submit, wanted, fingerprint)
        return NoAnswer() if self.process.life.is_over else answer


async def _submit(submit: _Submit, wanted: Wanted, fingerprint: str) -> Answer:
    def claim(job: Job) -> Claim:
        assert wanted.key is not None
        return Claim(wanted.key, fingerprint, job.id, f"{job.id} on {job.payment_id}")

    make_claim = None if wanted.key is None else claim
    try:
        answer = await submit(key=wanted.key, make_claim=make_claim)
    except ReplyAbandoned:
        return NoAnswer()
    match answer:
        case Ok(Job() as job):
            return Accepted(job.id, job.payment_id)
        case Ok(before):
            assert isinstance(before, Claim)
            job_id, payment_id = before.answer.split(" on ")
            assert (fingerprint, job_id) == (before.fingerprint, before.subject_id)
            return Accepted(job_id, payment_id)
        case Err(refusal):
            return Refused(refusal)
    raise AssertionError(answer)
