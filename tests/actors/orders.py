"""What the actors are asked to do."""

import trio

from pgw.actors.gateway import Gateway, submit_payment
from pgw.actors.payment import Accepted
from pgw.bank.port import Authorize
from pgw.domain.card import Brand, Card, CardNumber, Cvv, Expiry
from pgw.domain.job import Job
from pgw.domain.money import Currency, Money
from pgw.domain.payment import PaymentOrder
from pgw.domain.result import Ok

PATIENCE = 10.0
"""Seconds that a caller waits at most, so that a test fails and does not hang."""
CARD = Card(CardNumber("4242424242424242", Brand.VISA), Cvv("123"), Expiry(3, 2090))


def authorize(reference: str = "ref_1") -> Authorize:
    return Authorize(reference, Money(1050, Currency("EUR", 2)), CARD, capture=True)


def an_order(minor_units: int = 1050) -> PaymentOrder:
    return PaymentOrder(Money(minor_units, Currency("EUR", 2)), CARD)


async def submit(gateway: Gateway, minor_units: int = 1050, merchant: str = "mer_a") -> Accepted:
    with trio.fail_after(PATIENCE):
        return await submit_payment(gateway, merchant, an_order(minor_units), "req_1")


async def pay(gateway: Gateway, minor_units: int = 1050, merchant: str = "mer_a") -> Job:
    """Submit an order that is to be accepted."""
    accepted = await submit(gateway, minor_units, merchant)
    assert isinstance(accepted, Ok), accepted
    assert isinstance(accepted.value, Job), "no key was sent"
    return accepted.value
