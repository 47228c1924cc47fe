"""How long polls take beside a bank that answers nothing, against an idle one. Target: p99 at most twice."""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx
import trio

from benchmarks.memory_in_flight import ORDER
from benchmarks.processes import GATEWAY, gateway, simulator

CLIENTS = 8
POLLS = 2000
PAYMENTS_A_SECOND = 20
ROUNDS = 3
HANGS = {**ORDER, "card": {"number": "4000009900000020", "cvv": "123", "expiryMonth": 11, "expiryYear": 2034}}
KEY = {"Authorization": "Bearer ap_123"}
TARGET = 2.0


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, simulator():
        # Short enough that time-outs, look-ups and the circuit's changes are in what is measured.
        options = ["--bank-timeout", "2", "--log-level", "error"]
        with gateway(Path(folder) / "pgw.db", *options):
            trio.run(measure, ORDER)
            rounds = [(trio.run(measure, ORDER), trio.run(measure, HANGS)) for _ in range(ROUNDS)]
    idle, hanging = (statistics.median(column) for column in zip(*rounds, strict=True))
    ratio = hanging / idle
    print(
        f"p99 of {POLLS} polls, median of {ROUNDS} rounds: idle bank {idle:.1f} ms, "
        f"hanging bank {hanging:.1f} ms, {ratio:.2f} times (of at most {TARGET:g})"
    )
    sys.exit(ratio > TARGET)


async def measure(order: object) -> float:
    """Poll while payments come in steadily; return the polls' 99th percentile in milliseconds."""
    milliseconds: list[float] = []
    async with httpx.AsyncClient(base_url=GATEWAY, headers=KEY, timeout=35) as http:
        job = (await http.post("/payments", json=ORDER)).json()["jobId"]
        async with trio.open_nursery() as beside:
            beside.start_soon(pay_steadily, http, order)
            async with trio.open_nursery() as polling:
                for _ in range(CLIENTS):
                    polling.start_soon(poll, job, milliseconds)
            beside.cancel_scope.cancel()
    return statistics.quantiles(milliseconds, n=100)[98]


async def poll(job_id: str, milliseconds: list[float]) -> None:
    async with httpx.AsyncClient(base_url=GATEWAY, headers=KEY, timeout=35) as http:
        for _ in range(POLLS // CLIENTS):
            began = time.perf_counter()
            answer = await http.get(f"/jobs/{job_id}")
            milliseconds.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == httpx.codes.OK, answer.text


async def pay_steadily(http: httpx.AsyncClient, order: object) -> None:
    while True:
        answer = await http.post("/payments", json=order)
        assert answer.status_code == httpx.codes.ACCEPTED, answer.text
        await trio.sleep(1 / PAYMENTS_A_SECOND)


if __name__ == "__main__":
    main()
