"""Lists with 1,000,000 payments in the database, over HTTP from a real gateway.

Targets: any page within 20 ms, and as many payments accepted as with an empty database, less a tenth.
"""

import json
import os
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks.filling import SHARED_REFERENCE, at_of, fill
from benchmarks.open_loop import BODY, closed_loop
from benchmarks.processes import GATEWAY_PORT, gateway, simulator
from pgw.http.answers import timestamp

PAYMENTS = 1_000_000
TIMES = 100
PAGE_WITHIN_MS, LEAST_OF_EMPTY = 20.0, 0.9
QUIET_MS = 3.0
ROUNDS, ROUND_SECONDS, CLIENTS, REFERENCES = 10, 3.0, 32, 3000
KEY, OTHER_KEY = "ap_123", "ap_456"
FULL, EMPTY = ("127.0.0.1", GATEWAY_PORT), ("127.0.0.1", GATEWAY_PORT + 10)
HEADS = ("page", "rows", "p50 ms", "p99 ms", "max ms", "CPU ms")
Address = tuple[str, int]


def main() -> None:
    payments = int(sys.argv[1]) if len(sys.argv) > 1 else PAYMENTS
    options = ("--log-level", "error", "--max-in-flight", "100000")
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        fill(folder / "full.db", payments)
        running.enter_context(simulator())
        full = running.enter_context(gateway(folder / "full.db", *options)).pid
        slowest, cpu, floor = measure_pages(payments, full)
        empty = running.enter_context(gateway(folder / "empty.db", *options, port=EMPTY[1])).pid
        of_rate, of_cpu = compare_accepting(full, empty)
    print(f"slowest page: {slowest:.1f} ms at p99, {cpu:.1f} ms of CPU (at most {PAGE_WITHIN_MS:g})")
    print(
        f"with {payments:,} payments: {of_rate:.2f} of what an empty database accepts a second, {of_cpu:.2f} "
        f"by the CPU a payment takes (at least {LEAST_OF_EMPTY:g})"
    )
    if floor > QUIET_MS:
        print(
            f"a request that reads nothing took {floor:.1f} ms at p99: this machine is busy, so CPU is judged"
        )
        slowest, of_rate = cpu, of_cpu
    sys.exit(slowest > PAGE_WITHIN_MS or of_rate < LEAST_OF_EMPTY)


def measure_pages(payments: int, process_id: int) -> tuple[float, float, float]:
    """Ask for each kind of page and print how long it took.

    Returns the longest p99, the most CPU of the gateway that a page took, and the p99 of a request that reads
    nothing, all in milliseconds.
    """
    print(f"{HEADS[0]:<68}" + "".join(f"{head:>9}" for head in HEADS[1:]))
    connection = HTTPConnection(*FULL, timeout=30)
    slowest = most_cpu = 0.0
    nothing = list[float]()
    for name, (key, path, query) in kinds(connection, payments).items():
        rows, taken, cpu = asked(connection, key, path, query, process_id)
        nothing += [timed(connection, "/health/live")[0] for _ in range(TIMES // 4)]
        p99 = statistics.quantiles(taken, n=100)[98]
        slowest, most_cpu = max(slowest, p99), max(most_cpu, cpu)
        cells = (statistics.median(taken), p99, max(taken), cpu)
        print(f"{name:<68}{rows:>9}" + "".join(f"{cell:9.2f}" for cell in cells), flush=True)
    connection.close()
    return slowest, most_cpu, statistics.quantiles(nothing, n=100)[98]


def kinds(connection: HTTPConnection, payments: int) -> dict[str, tuple[str, str, dict[str, str]]]:
    day, last = at_of(payments // 10), at_of(60)
    long_ago = {"createdFrom": timestamp(day), "createdTo": timestamp(at_of(payments // 10 + 8640))}
    shared = {"reference": SHARED_REFERENCE}
    _, (payment,) = page(connection, OTHER_KEY, "/payments", {"limit": "1"})
    by_payments: dict[str, tuple[str, dict[str, str]]] = {
        "all": (KEY, {}),
        "the last page": (KEY, {"createdTo": timestamp(last)}),
        "a status that most have": (KEY, {"status": "Approved"}),
        "a rare status": (KEY, {"status": "Voided"}),
        "a status that none has": (KEY, {"status": "Unknown"}),
        "a day long ago": (KEY, long_ago),
        "a rare status on a day long ago": (KEY, {"status": "Voided", **long_ago}),
        "a reference that one has": (KEY, {"reference": "order-700000"}),
        "a reference that all have": (OTHER_KEY, shared),
        "a reference that all have, a status that none has": (OTHER_KEY, {"status": "Unknown", **shared}),
        "a reference that all have, a rare status, long ago": (
            OTHER_KEY,
            {"status": "Voided", **shared, **long_ago},
        ),
    }
    by_jobs: dict[str, tuple[str, dict[str, str]]] = {
        "all": (KEY, {}),
        "failed": (KEY, {"status": "Failed"}),
        "a type that none has": (KEY, {"type": "refund"}),
        "of a payment": (OTHER_KEY, {"paymentId": payment["paymentId"]}),
        "of a payment, failed": (OTHER_KEY, {"paymentId": payment["paymentId"], "status": "Failed"}),
    }
    return {
        f"{path}: {name}, {limit}": (key, path, {**query, "limit": limit})
        for path, of in (("/payments", by_payments), ("/jobs", by_jobs))
        for name, (key, query) in of.items()
        for limit in ("10", "100")
    }


def page(connection: HTTPConnection, key: str, path: str, query: dict[str, str]) -> tuple[float, Any]:
    """Ask for a page; return the milliseconds it took, and its rows."""
    taken, text = timed(connection, f"{path}?{urlencode(query)}", {"Authorization": f"Bearer {key}"})
    return taken, json.loads(text)["data"]


def timed(
    connection: HTTPConnection, target: str, headers: Mapping[str, str] | None = None
) -> tuple[float, bytes]:
    began = time.perf_counter()
    connection.request("GET", target, headers=dict(headers or {}))
    answer = connection.getresponse()
    text = answer.read()
    assert answer.status == 200, text
    return (time.perf_counter() - began) * 1000, text


def asked(
    connection: HTTPConnection, key: str, path: str, query: dict[str, str], process_id: int
) -> tuple[int, list[float], float]:
    """Ask for a page many times.

    Returns how many rows it had, the milliseconds each took, and the CPU a page took of the gateway.
    """
    before = cpu_seconds(process_id)
    answered = [page(connection, key, path, query) for _ in range(TIMES)]
    cpu = (cpu_seconds(process_id) - before) * 1000 / TIMES
    return len(answered[-1][1]), [taken for taken, _ in answered], cpu


def compare_accepting(full: int, empty: int) -> tuple[float, float]:
    """Pay at both gateways in turns, and return what the full one accepts of what the empty one does.

    By the rates (the median of the rounds), and by the CPU that a payment takes.
    """
    process_ids = {FULL: full, EMPTY: empty}
    for address in process_ids:
        paid_at(address, 1.0)
    ratios, accepted, cpu = [], dict.fromkeys(process_ids, 0.0), dict.fromkeys(process_ids, 0.0)
    for number in range(ROUNDS):
        # Each goes first every other time: who does may find the machine quicker, or slower.
        rates = {}
        for address in (FULL, EMPTY) if number % 2 else (EMPTY, FULL):
            before = cpu_seconds(process_ids[address])
            rates[address] = paid_at(address, ROUND_SECONDS)
            cpu[address] += (cpu_seconds(process_ids[address]) - before) * 1e6
            accepted[address] += rates[address] * ROUND_SECONDS
        ratios.append(rates[FULL] / rates[EMPTY])
        print(
            f"accepted a second: {rates[FULL]:6.0f} full, {rates[EMPTY]:6.0f} empty, {ratios[-1]:.2f}",
            flush=True,
        )
    of_full, of_empty = (cpu[address] / accepted[address] for address in (FULL, EMPTY))
    print(f"CPU a payment: {of_full:.0f} µs full, {of_empty:.0f} µs empty")
    return statistics.median(ratios), of_empty / of_full


def paid_at(address: Address, seconds: float) -> float:
    return closed_loop(address, CLIENTS, seconds, (KEY, OTHER_KEY), with_references()).accepted_a_second


def cpu_seconds(process_id: int) -> float:
    """Return the CPU time that a process took so far; its threads' are in it."""
    fields = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def with_references() -> list[bytes]:
    """Return bodies with references that nobody used before, in no order."""
    order = json.loads(BODY)
    return [json.dumps({**order, "reference": secrets.token_hex(8)}).encode() for _ in range(REFERENCES)]


if __name__ == "__main__":
    main()
