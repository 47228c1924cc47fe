"""A merchant's programs in the simulated world: they pay until they have an answer, and watch the stream."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import trio
from attrs import define, field

from tests.simulation.front_door import Client, Refused, Unanswered, client_stream
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
    events: list[dict[str, Any]] = field(factory=list)
    findings: list[str] = field(factory=list)
    _has_seen: trio.Event = field(factory=trio.Event, init=False)

    @property
    def ended(self) -> list[str]:
        """Return the jobs whose last event was seen."""
        last = ("job.completed", "job.failed")
        return [event["job"]["jobId"] for event in self.events if event["type"] in last]

    async def saw_the_end_of(self, count: int) -> None:
        while len(self.ended) < count:
            self._has_seen = trio.Event()
            await self._has_seen.wait()

    async def pay(self, order: Order) -> None:
        """Pay, twice at once or again, until there is a 202 and no wish to be sure of it."""
        random = self.simulation.random
        while not order.job_ids or random.random() < 0.3:
            await trio.sleep(random.random() * random.choice((0.05, 1.0)))
            client = self.client()
            if client is not None:
                async with trio.open_nursery() as nursery:
                    for _ in range(random.choice((1, 1, 1, 2))):
                        nursery.start_soon(self._pay_once, client, order)

    async def _pay_once(self, client: Client, order: Order) -> None:
        with suppress(Unanswered):
            await self._submit(client, order)
            if order.job_ids and self.simulation.random.random() < 0.3:
                await self._status(client, order)

    async def _submit(self, client: Client, order: Order) -> None:
        status, headers, _ = answer = await client.post_payment(order.document, order.key)
        order.answers.append(status)
        if status == 202:
            order.job_ids.append(answer.document["jobId"])
            assert f"/jobs/{order.job_ids[-1]}" == headers["location"]
        elif status not in TRY_AGAIN:
            self.findings.append(f"{order}: {answer}")

    async def poll(self, order: Order) -> str:
        """Return the payment's last status, or that it is lost."""
        while True:
            client = self.client()
            if client is not None and (status := await self._status(client, order)) is not None:
                return status
            await trio.sleep(5)

    async def _status(self, client: Client, order: Order) -> str | None:
        """Return the status once the job has ended, or that it is lost."""
        status, _, _ = answer = await client.get(f"/jobs/{order.job_ids[0]}")
        if status in TRY_AGAIN:
            return None
        if status != 200:
            self.findings.append(f"{order} was accepted and is lost: {answer}")
            return "lost"
        return None if answer.document["status"] == "Created" else str(answer.document["paymentStatus"])

    async def watch(self) -> None:
        """Take each event once and in order, over any number of streams, until cancelled."""
        while True:
            await trio.sleep(self.simulation.random.random())
            client = self.client()
            if client is None:
                continue
            with suppress(Unanswered):
                try:
                    async with client_stream(client, after=len(self.events)) as stream:
                        while (event := await stream.next_event()) is not None:
                            await self._take(event)
                except Refused as refused:
                    if refused.answer.status not in TRY_AGAIN:
                        self.findings.append(f"no stream after {len(self.events)}: {refused}")
                        return

    async def _take(self, event: dict[str, Any]) -> None:
        """Take an event; sometimes hang, or leave."""
        random = self.simulation.random
        self.simulation.trace.event(f"stream: {event}")
        if event["type"].startswith("job."):
            self.events.append(event)
            self._has_seen.set()
        if len(self.events) != event["seq"]:
            self.findings.append(f"not the event after {len(self.events) - 1}: {event}")
        if random.random() < 0.05:
            await trio.sleep(random.random() * 30)
        if random.random() < 0.05:
            raise Unanswered("the client left")
