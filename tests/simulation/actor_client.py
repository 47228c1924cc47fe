"""A client that hands its orders straight to the actors, as the HTTP endpoint does."""

from attrs import frozen

from pgw.actors.gateway import submit_payment
from pgw.actors.mailbox import ReplyAbandoned
from pgw.domain.idempotency import Claim
from pgw.domain.job import Job
from pgw.domain.money import Currency, Money
from pgw.domain.payment import PaymentOrder
from pgw.domain.result import Err, Ok
from tests.simulation.clients import Accepted, Answer, NoAnswer, Order, Refused
from tests.simulation.log_lines import LIFE
from tests.simulation.orders import CARD
from tests.simulation.process import Process

EUR = Currency("EUR", 2)


@frozen
class ActorClient:
    process: Process

    async def post_payment(self, order: Order) -> Answer:
        LIFE.set(self.process.life)
        answer: Answer = NoAnswer()
        with self.process.life.guest():
            answer = await self._submit(order)
        return NoAnswer() if self.process.life.is_over else answer

    async def _submit(self, order: Order) -> Answer:
        def claim(job: Job) -> Claim:
            assert order.key is not None
            return Claim(order.key, fingerprint, job.id, f"the answer to {job.id}")

        fingerprint = f"{order.amount:064}"
        wanted = PaymentOrder(Money(order.amount, EUR), CARD)
        make_claim = None if order.key is None else claim
        try:
            answer = await submit_payment(
                self.process.gateway, order.merchant_id, wanted, "req_1", key=order.key, make_claim=make_claim
            )
        except ReplyAbandoned:
            return NoAnswer()
        match answer:
            case Ok(Job() as job):
                return Accepted(job.id)
            case Ok(before):
                assert isinstance(before, Claim)
                assert (fingerprint, f"the answer to {before.subject_id}") == (
                    before.fingerprint,
                    before.answer,
                )
                return Accepted(before.subject_id)
            case Err(refusal):
                return Refused(refusal)
