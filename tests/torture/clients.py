"""The load: clients that pay, and repeat under the same key until they are told that it was accepted."""

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from random import Random

import httpx
import trio
from attrs import define, field, frozen

from tests.torture.orders import Order, orders

CLIENTS = 14
LONGEST_THINKING = 0.25
LONGEST_WAIT_TO_REPEAT = 0.4
PATIENCE, IMPATIENCE = 5.0, 0.02
CHANCE_OF_IMPATIENCE, CHANCE_OF_A_PAIR, CHANCE_OF_A_REPEAT = 0.1, 0.1, 0.2
REPEAT = frozenset({httpx.codes.CONFLICT, httpx.codes.INTERNAL_SERVER_ERROR, httpx.codes.SERVICE_UNAVAILABLE})


@frozen
class Accepted:
    """What the 202 said."""

    job_id: str
    payment_id: str


@define(eq=False)
class Clients:
    """`begun` is what was sent at least once, `accepted` what was answered 202, both by `Order.name`."""

    url: str
    random: Random
    begun: dict[tuple[str, str], Order] = field(factory=dict)
    accepted: dict[tuple[str, str], Accepted] = field(factory=dict)
    findings: list[str] = field(factory=list)
    answers: Counter[str] = field(factory=Counter)
    _is_closing: bool = False

    def close(self) -> None:
        """Begin no more payments; those begun go on until they are accepted."""
        self._is_closing = True

    async def run(self) -> None:
        coming = orders(self.random)
        limits = httpx.Limits(max_connections=4 * CLIENTS, max_keepalive_connections=CLIENTS)
        async with httpx.AsyncClient(base_url=self.url, limits=limits) as http, trio.open_nursery() as shop:
            for _ in range(CLIENTS):
                shop.start_soon(self._pay_on_and_on, http, coming, Random(self.random.getrandbits(64)))

    async def _pay_on_and_on(self, http: httpx.AsyncClient, coming: Iterator[Order], random: Random) -> None:
        while not self._is_closing:
            order = next(coming)
            self.begun[order.name] = order
            async with trio.open_nursery() as at_once:
                for _ in range(1 + (random.random() < CHANCE_OF_A_PAIR)):
                    at_once.start_soon(self.pay, http, order, Random(random.getrandbits(64)))
            if random.random() < CHANCE_OF_A_REPEAT:
                await self.pay(http, order, random)
            await trio.sleep(random.random() * LONGEST_THINKING)

    async def pay(self, http: httpx.AsyncClient, order: Order, random: Random) -> None:
        """Repeat until a 202, or an answer that should not be."""
        while True:
            patience = IMPATIENCE if random.random() < CHANCE_OF_IMPATIENCE else PATIENCE
            try:
                answer = await http.post(
                    "/payments", json=order.document, headers=order.headers, timeout=patience
                )
            except httpx.TransportError as error:
                self.answers[type(error).__name__] += 1
            else:
                self.answers[str(answer.status_code)] += 1
                if answer.status_code not in REPEAT:
                    self._judge(order, answer)
                    return
            await trio.sleep(random.random() * LONGEST_WAIT_TO_REPEAT)

    def _judge(self, order: Order, answer: httpx.Response) -> None:
        if answer.status_code != httpx.codes.ACCEPTED:
            self.findings.append(f"{order} was answered {answer.status_code}: {answer.text}")
            return
        job = json.loads(answer.text, parse_float=Decimal)
        accepted = Accepted(job["jobId"], job["paymentId"])
        before = self.accepted.setdefault(order.name, accepted)
        if before != accepted:
            self.findings.append(f"{order} was accepted as {before}, and again as {accepted}")
        said = (job["amount"], answer.headers["Location"])
        if said != (order.major_units, f"/jobs/{accepted.job_id}"):
            self.findings.append(f"{order} was answered {job}, at {said[1]}")
