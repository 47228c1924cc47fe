"""The load: clients that pay and operate, and repeat each under its key until they are answered."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from random import Random

import httpx
import trio
from attrs import define, field, frozen

from tests.torture.asking import Answered, ask, code_of
from tests.torture.operations import Operation, life_of
from tests.torture.orders import Order, orders

CLIENTS = 14
LONGEST_THINKING = 0.25
LONGEST_WAIT_FOR_AN_END = 2.0
CHANCE_OF_A_PAIR, CHANCE_OF_A_REPEAT, CHANCE_OF_A_LIFE = 0.1, 0.2, 0.6
CHANCE_OF_IMPATIENCE = 0.1
REFUSALS = frozenset(
    {
        *("AmountTooLarge", "OperationInProgress"),
        *("PaymentNotCapturable", "PaymentNotVoidable", "PaymentNotRefundable"),
    }
)
Name = tuple[str, str]


@frozen
class Accepted:
    """What the 202 said."""

    job_id: str
    payment_id: str


@define(eq=False)
class Clients:
    """`begun` and `operations` are what was sent at least once, `accepted` what was answered 202, by name.

    `refused` are operations of which each try was answered, and none 202.
    """

    url: str
    random: Random
    begun: dict[Name, Order] = field(factory=dict)
    operations: dict[Name, Operation] = field(factory=dict)
    accepted: dict[Name, Accepted] = field(factory=dict)
    findings: list[str] = field(factory=list)
    answers: Counter[str] = field(factory=Counter)
    _doubtful: set[Name] = field(factory=set)
    _is_closing: bool = False

    @property
    def refused(self) -> frozenset[Name]:
        return frozenset(self.operations.keys() - self.accepted.keys() - self._doubtful)

    def close(self) -> None:
        """Begin nothing more; what was begun goes on until it is answered."""
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
            await self._request_all(http, [order], random)
            if random.random() < CHANCE_OF_A_LIFE and order.name in self.accepted:
                await self._live(http, order, random)
            await trio.sleep(random.random() * LONGEST_THINKING)

    async def _live(self, http: httpx.AsyncClient, order: Order, random: Random) -> None:
        """Do to a payment what is drawn for it, each step once the one before it has ended, or soon."""
        names = [order.name]
        for step in life_of(order, self.accepted[order.name].payment_id, random):
            with trio.move_on_after(LONGEST_WAIT_FOR_AN_END):
                for name in names:
                    await self._ended(http, order, name)
            if self._is_closing:
                return
            names = [operation.name for operation in step]
            self.operations.update(zip(names, step, strict=True))
            await self._request_all(http, step, random)

    async def _request_all(
        self, http: httpx.AsyncClient, requests: Sequence[Order | Operation], random: Random
    ) -> None:
        """Ask for all at once, for some of it twice under the same key."""
        async with trio.open_nursery() as at_once:
            for request in requests:
                for _ in range(1 + (random.random() < CHANCE_OF_A_PAIR)):
                    at_once.start_soon(self.request, http, request, Random(random.getrandbits(64)))
        for request in requests:
            if random.random() < CHANCE_OF_A_REPEAT:
                await self.request(http, request, random)

    async def _ended(self, http: httpx.AsyncClient, order: Order, name: Name) -> None:
        """Return once the job has ended, at once where there is none; the caller bounds it."""
        while name in self.accepted and not self._is_closing:
            path = f"/jobs/{self.accepted[name].job_id}"
            try:
                answer = await http.get(path, headers={**order.headers, "Prefer": "wait=1"})
            except httpx.TransportError:
                await trio.sleep(0.1)
                continue
            if answer.is_success and answer.json()["status"] != "Created":
                return
            if answer.status_code == httpx.codes.NOT_FOUND:
                self.findings.append(f"{name} was accepted as {self.accepted[name]}, and is not found")
                return

    async def request(self, http: httpx.AsyncClient, request: Order | Operation, random: Random) -> None:
        """Repeat until a 202, until it is refused where it may be, or until what should not be."""
        answered = await ask(http, request, random, self.answers, impatience=CHANCE_OF_IMPATIENCE)
        if answered.was_doubtful:
            self._doubtful.add(request.name)
        self._judge(request, answered)

    async def resolve(self, http: httpx.AsyncClient) -> None:
        """Repeat what was refused though an earlier try of it may have been accepted."""
        for name in sorted(self._doubtful & self.operations.keys() - self.accepted.keys()):
            answered = await ask(http, self.operations[name], self.random, self.answers)
            self._judge(self.operations[name], answered)
            if not answered.was_doubtful:
                self._doubtful.remove(name)

    def _judge(self, request: Order | Operation, answered: Answered) -> None:
        answer = answered.response
        if isinstance(request, Operation) and code_of(answer) in REFUSALS:
            return
        if answer.status_code != httpx.codes.ACCEPTED:
            self.findings.append(f"{request} was answered {answer.status_code}: {answer.text}")
            return
        job = json.loads(answer.text, parse_float=Decimal)
        accepted = Accepted(job["jobId"], job["paymentId"])
        before = self.accepted.setdefault(request.name, accepted)
        if before != accepted:
            self.findings.append(f"{request} was accepted as {before}, and again as {accepted}")
        said = (job["type"], job["amount"], answer.headers["Location"])
        amount = job["amount"] if request.major_units is None else request.major_units
        if said != (request.kind, amount, f"/jobs/{accepted.job_id}"):
            self.findings.append(f"{request} was answered {job}, at {said[-1]}")
