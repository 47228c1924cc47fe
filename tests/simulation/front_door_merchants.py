"""A merchant's programs in the simulated world: they pay until they have an answer, and watch the stream."""

from collections.abc import Callable
from typing import Any

import trio
from attrs import define, field

from tests.simulation.front_door import Client, Unanswered, Refused, client_stream
from tests.simulation.seeded import Simulation

TRY_AGAIN = frozenset({408, 409, 500, 503})


@define(eq=False)
class Order:
    """What is to be paid once. `job_ids` is of each 202, `answers` the status of each answer."""

    key: str
    minor_units: int
    job_ids: list[str] = field(factory=list)
    answers: list[int] = field(factory=list)

    @property
    def document(self) -> dict[str, Any]:
        return {
            "amount": f"{self.minor_units / 100:.2f}",
            "currency": "EUR",
            "card": {"number": "4242424242424242", "cvv": "123", "expiryMonth": 11, "expiryYear": 2034},
            "reference": self.key,
        }


@define(eq=False)
class MerchantPrograms:
    """`client` gives the present life's, or None between two."""

    simulation: Simulation
    client: Callable[[], Client | None]
    orders: list[Order] = field(factory=list)
    events: list[dict[str, Any]] = field(factory=list)

    @property
    def ended(self) -> list[str]:
        """Return the jobs whose last event was seen."""
        last = ("job.completed", "job.failed")
        return [event["job"]["jobId"] for event in self.events if event["type"] in last]

    async def pay(self, order: Order) -> None:
        """Pay, and again, until there is a 202 and no wish to be sure of it."""
        random = self.simulation.random
        while not order.job_ids or random.random() < 0.3:
            await trio.sleep(random.random())
            if (client := self.client()) is None:
                continue
            try:
                status, headers, _ = answer = await client.post_payment(order.document, order.key)
            except Unanswered:
                continue
            order.answers.append(status)
            if status == 202:
                order.job_ids.append(answer.document["jobId"])
                assert f"/jobs/{order.job_ids[0]}" == headers["location"]
            else:
                assert status in TRY_AGAIN, answer

    async def poll(self, order: Order) -> str:
        """Return the payment's status once it is final."""
        while True:
            if (client := self.client()) is not None:
                status, _, _ = answer = await client.get(f"/jobs/{order.job_ids[0]}")
                assert status == 200, f"{order} was accepted and is lost: {answer}"
                if answer.document["status"] != "Created":
                    return str(answer.document["paymentStatus"])
            await trio.sleep(5)

    async def watch(self) -> None:
        """Take each event once and in order, over any number of streams, until cancelled."""
        while True:
            await trio.sleep(self.simulation.random.random())
            client = self.client()
            if client is None:
                continue
            try:
                async with client_stream(client, after=len(self.events)) as stream:
                    while (event := await stream.next_event()) is not None:
                        await self._take(event)
            except Unanswered:
                pass
            except Refused as refused:
                assert refused.answer.status in TRY_AGAIN, refused

    async def _take(self, event: dict[str, Any]) -> None:
        random = self.simulation.random
        self.simulation.trace.event(f"stream: {event}")
        if event["type"].startswith("job."):
            self.events.append(event)
        assert len(self.events) == event["seq"], event
        if random.random() < 0.05:
            await trio.sleep(random.random() * 30)  # the merchant's program hangs
        if random.random() < 0.05:
            raise Unanswered("the client left")
