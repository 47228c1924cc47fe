"""Changes as a payment's actor makes them, with ids and times of the seed."""

from pgw.domain.attempt import Attempt, AttemptOutcome
from pgw.domain.card import Brand, Card, CardNumber, Cvv, Expiry
from pgw.domain.job import Job
from pgw.domain.money import Currency, Money
from pgw.domain.payment import Payment, PaymentOrder
from pgw.storage.port import Change
from tests.merchants import a_merchant
from tests.simulation.seeded import Simulation

CARD = Card(CardNumber("4242424242424242", Brand.VISA), Cvv("123"), Expiry(11, 2034))
MERCHANT = a_merchant("mer_a", "Shop A")


def accepted(simulation: Simulation) -> Change:
    """Return a payment's first change, of a random amount."""
    ids, now = simulation.ids, simulation.clock.now()
    order = PaymentOrder(Money(simulation.random.randint(1, 10_000), Currency("EUR", 2)), CARD)
    payment = Payment.ordered(ids.new("pay"), MERCHANT.id, order, "bank", now, reference="ref_1")
    job = Job.opened(ids.new("job"), payment, ids.new("req"))
    return Change(payment, job, Attempt.intended(ids.new("ref"), payment.id, job.id, "bank", now))


def approved(simulation: Simulation, change: Change) -> Change:
    """Return the change that follows the bank's yes."""
    payment = change.payment.authorized(simulation.clock.now())
    attempt = change.attempt.ended(AttemptOutcome.ANSWERED, 1, payment.updated_at, "code-1")
    return Change(payment, change.job.following(payment, None), attempt)
