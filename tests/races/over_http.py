"""Two refunds of 60.00 that race for a payment of 100.00, over real sockets, at a real gateway and bank."""

import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import trio
from attrs import define, field

from tests.end_to_end.programs import KEY, order
from tests.torture.children import Child, start, within
from tests.torture.commands import run as run_command
from tests.torture.world import free_port

AT_A_TIME = 20
SECONDS_A_RACE, SECONDS_AT_LEAST = 0.5, 60.0
# Long enough for the second refund to come while the first one is open, be it that the machine is slow.
BANK_SECONDS = 0.05
ONE_WINS = ("202", "AmountTooLarge")
Document = dict[str, Any]


@define(eq=False)
class Races:
    """`finishes` counts how the two were answered."""

    http: httpx.AsyncClient
    finishes: Counter[tuple[str, ...]] = field(factory=Counter)
    findings: list[str] = field(factory=list)

    async def run(self) -> None:
        """Pay, refund twice at once, and look at what became of it."""
        paid = await self._post("/payments", order(amount="100.00"))
        payment_id = paid.json()["paymentId"]
        await self._ended(paid)
        answers: list[httpx.Response] = []

        async def refund() -> None:
            answers.append(await self._post(f"/payments/{payment_id}/refunds", {"amount": "60.00"}))

        async with trio.open_nursery() as at_once:
            at_once.start_soon(refund)
            at_once.start_soon(refund)
        self.finishes[tuple(sorted(map(_shown, answers)))] += 1
        for answer in answers:
            if answer.is_success:
                await self._ended(answer)
        payment = await self._get(f"/payments/{payment_id}")
        if (payment["status"], payment["refunded"]) != ("PartiallyRefunded", Decimal("60.00")):
            self.findings.append(f"after its race it is {payment}")

    async def _ended(self, accepted: httpx.Response) -> None:
        job: Document = accepted.json()
        while job["status"] == "Created":
            job = await self._get(accepted.headers["Location"])
        if job["status"] != "Completed":
            self.findings.append(f"{job} should be Completed")

    async def _post(self, path: str, document: Document) -> httpx.Response:
        return await self.http.post(path, json=document)

    async def _get(self, path: str) -> Document:
        answer = await self.http.get(path, headers={"Prefer": "wait=10"})
        document: Document = json.loads(answer.raise_for_status().text, parse_float=Decimal)
        return document


async def run_over_http(times: int, folder: Path) -> Races:
    """Run the race so many times, some at a time, and hold the books against the bank's ledger."""
    with within(SECONDS_AT_LEAST + times * SECONDS_A_RACE, "Racing"):
        async with _running(folder) as (gateway_url, bank_url):
            limits = httpx.Limits(max_connections=4 * AT_A_TIME)
            async with httpx.AsyncClient(
                base_url=gateway_url, headers=KEY, limits=limits, timeout=30
            ) as http:
                races = Races(http)
                await _run_lanes(races, times)
            await _check_books(races, times, folder, bank_url)
    return races


async def _run_lanes(races: Races, times: int) -> None:
    numbers = iter(range(times))

    async def lane() -> None:
        for _ in numbers:
            await races.run()

    async with trio.open_nursery() as nursery:
        for _ in range(AT_A_TIME):
            nursery.start_soon(lane)


async def _check_books(races: Races, times: int, folder: Path, bank_url: str) -> None:
    """Each payment has 40.00 left at the bank, and nothing is different."""
    async with httpx.AsyncClient(timeout=30) as http:
        bookings = (await http.get(f"{bank_url}/ledger")).json()["bookings"]
    left: dict[str, list[int]] = defaultdict(list)
    for booking in bookings:
        is_payment = booking["kind"] == "payment"
        left[booking["reference" if is_payment else "payment_reference"]].append(booking["net_amount"])
    races.findings += [
        f"{reference} was booked as {net}" for reference, net in left.items() if net != [10_000, -6_000]
    ]
    if len(left) != times:
        races.findings.append(f"the bank has {len(left)} payments")
    status, lines = await run_command(folder, folder / "pgw.db", "reconcile", "--bank-url", bank_url)
    if status != 0:
        races.findings.append(f"pgw reconcile ended with {status}: {lines[:10]}")


@asynccontextmanager
async def _running(folder: Path) -> AsyncIterator[tuple[str, str]]:
    """Run a bank and a gateway, each a process of its own, until the block ends."""
    bank_port, port = str(free_port()), str(free_port())
    bank_url, url = f"http://127.0.0.1:{bank_port}", f"http://127.0.0.1:{port}"
    children: list[Child] = []
    try:
        bank = await start(
            *("The bank", folder / "bank.log", "simulator"),
            *("--port", bank_port, "--latency", str(BANK_SECONDS), "--no-dedupe"),
        )
        children.append(bank)
        await bank.ready(f"{bank_url}/ledger?limit=0")
        gateway = await start(
            *("The gateway", folder / "gateway.log", "pgw", "serve", "--demo-keys", "--rate-limit", "0"),
            *("--log-level", "warning", "--port", port, "--database", str(folder / "pgw.db")),
            *("--bank-url", bank_url),
        )
        children.append(gateway)
        await gateway.ready(f"{url}/health/ready")
        yield url, bank_url
        await gateway.stop()
    finally:
        for child in children:
            await child.kill()


def _shown(answer: httpx.Response) -> str:
    return str(answer.status_code) if answer.is_success else str(answer.json()["code"])
