"""Merchants' servers: each order has an amount of its own, and is sent again as a good client does."""

from collections.abc import Awaitable, Callable
from hashlib import sha256
from random import Random
from typing import Protocol

import trio
from attrs import define, field, frozen

from pgw.domain.errors import Refusal
from pgw.domain.operation import OperationOrder

LONGEST_PATIENCE_SECONDS = 30.0
LONGEST_WAIT_SECONDS = 3.0


@frozen
class Accepted:
    """202: from now on nothing may lose it."""

    job_id: str
    payment_id: str


@frozen
class Refused:
    """Nothing was accepted, but for a key in use, which says that another one is."""

    reason: str

    @property
    def proves_nothing_was_kept(self) -> bool:
        return self.reason != Refusal.IDEMPOTENCY_KEY_IN_USE


@frozen
class NoAnswer:
    """It may have been accepted."""


Answer = Accepted | Refused | NoAnswer


@define(eq=False, kw_only=True)
class Wanted:
    """What a merchant wants once. Without a key it is sent only once."""

    merchant_id: str
    key: str | None
    answers: list[Answer] = field(factory=list)
    is_done: bool = False

    @property
    def accepted(self) -> list[Accepted]:
        """Return as what it was accepted, which must be one."""
        return list(dict.fromkeys(one for one in self.answers if isinstance(one, Accepted)))

    @property
    def job_ids(self) -> list[str]:
        return [one.job_id for one in self.accepted]

    @property
    def may_have_been_accepted(self) -> bool:
        return not all(isinstance(one, Refused) and one.proves_nothing_was_kept for one in self.answers)


@define(eq=False, kw_only=True)
class Order(Wanted):
    """One payment."""

    amount: int
    capture: bool

    def __str__(self) -> str:
        return f"the order of {self.amount}"


@define(eq=False, kw_only=True)
class Instruction(Wanted):
    """One capture, void or refund. Each try of it carries one id of a request, which no other one has."""

    payment_id: str
    order: OperationOrder
    request_id: str

    def __str__(self) -> str:
        return f"the instruction {self.request_id}"


class Client(Protocol):
    """How a life of the gateway is reached: by its actors, or by HTTP."""

    async def post_payment(self, order: Order) -> Answer:
        """Submit it once and return what was answered while that life lasted."""

    async def post_operation(self, instruction: Instruction) -> Answer:
        """Submit it once and return what was answered while that life lasted."""


NextClient = Callable[[], Awaitable[Client]]


OnPaid = Callable[[Order], Awaitable[None]]


def orders_of(
    random: Random, count: int, merchant_ids: list[str], *, keyless: float, capture_later: float
) -> list[Order]:
    """Return orders of which no two have one amount, by which the bank's charges are told apart."""
    amounts = random.sample(range(1, 100_000), count)
    return [
        Order(
            merchant_id=random.choice(merchant_ids),
            amount=amount,
            key=None if random.random() < keyless else key_of(f"{amount}"),
            capture=random.random() >= capture_later,
        )
        for amount in amounts
    ]


def key_of(what: str) -> str:
    return sha256(f"key {what}".encode()).hexdigest()


async def pay(random: Random, orders: list[Order], next_client: NextClient, on_paid: OnPaid) -> None:
    """Send one order after the other; some twice at the same time, and some again when all is over."""
    async with trio.open_nursery() as afterwards:
        for order in orders:
            await trio.sleep(random.random() * LONGEST_WAIT_SECONDS)
            async with trio.open_nursery() as nursery:
                for _ in range(2 if order.key is not None and random.random() < 0.2 else 1):
                    nursery.start_soon(_pay_one, random, order, next_client)
            afterwards.start_soon(on_paid, order)


async def _pay_one(random: Random, order: Order, next_client: NextClient) -> None:
    while True:
        client = await next_client()
        answer: Answer = NoAnswer()
        with trio.move_on_after(random.choice((random.random(), LONGEST_PATIENCE_SECONDS))):
            answer = await client.post_payment(order)
        order.answers.append(answer)
        if order.key is None or (isinstance(answer, Accepted) and random.random() < 0.8):
            return
        await trio.sleep(random.random() * LONGEST_WAIT_SECONDS)
