"""The load: payments under keys of their own, repeated until they are told that they were accepted."""

from collections import Counter
from collections.abc import Sequence
from random import Random

import httpx
import trio
from attrs import define, field

from tests.torture.asking import IN_USE, REPEAT, code_of
from tests.torture.children import within
from tests.torture.orders import APPROVED, CHANCE_OF_DECLINE, DECIMALS, DECLINED, FIRST_AMOUNT, Order

CLIENTS = 12
PATIENCE = 5.0
WAIT_TO_REPEAT = 0.2
LONGEST_PHASE = 240.0


def orders(name: str, count: int, random: Random, api_key: str) -> Sequence[Order]:
    """Return orders whose keys, and so their payments' references, begin with the name."""
    return [
        Order(
            api_key=api_key,
            key=f"{name} {number}",
            amount=FIRST_AMOUNT + number,
            currency=random.choice(tuple(DECIMALS)),
            card=random.choice(tuple(DECLINED) if random.random() < CHANCE_OF_DECLINE else APPROVED),
        )
        for number in range(count)
    ]


@define(eq=False)
class Load:
    """`accepted` has the keys of all that was answered 202."""

    url: str
    accepted: set[str] = field(factory=set)
    findings: list[str] = field(factory=list)
    answers: Counter[str] = field(factory=Counter)
    _more: trio.Event = field(factory=trio.Event)

    async def pay(self, coming: Sequence[Order], *, every: float = 0) -> None:
        """Pay them all: one every so many seconds, or as fast as they are accepted. Raises `TookTooLong`."""
        send, receive = trio.open_memory_channel[Order](0)
        began = trio.current_time()
        with within(LONGEST_PHASE, "Paying"):
            async with trio.open_nursery() as shop, send:
                for _ in range(CLIENTS):
                    shop.start_soon(self._client, receive)
                for number, order in enumerate(coming):
                    await trio.sleep_until(began + number * every)
                    await send.send(order)

    async def has_accepted(self, count: int) -> None:
        """Return once so many were accepted."""
        while len(self.accepted) < count:
            await self._more.wait()

    async def _client(self, coming: trio.MemoryReceiveChannel[Order]) -> None:
        # A client each: the cost of a shared pool grows with its connections.
        async with httpx.AsyncClient(base_url=self.url, timeout=PATIENCE) as http:
            async for order in coming:
                await self._pay(http, order)

    async def _pay(self, http: httpx.AsyncClient, order: Order) -> None:
        while True:
            try:
                answer = await http.post("/payments", json=order.document, headers=order.headers)
            except httpx.TransportError as error:
                self.answers[type(error).__name__] += 1
            else:
                self.answers[str(answer.status_code)] += 1
                if answer.status_code not in REPEAT and code_of(answer) != IN_USE:
                    break
            await trio.sleep(WAIT_TO_REPEAT)
        if answer.status_code != httpx.codes.ACCEPTED:
            self.findings.append(f"{order} was answered {answer.status_code}: {answer.text}")
        self.accepted.add(order.key)
        self._more.set()
        self._more = trio.Event()
