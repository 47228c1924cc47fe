"""Lists with 1,000,000 payments in the database, over HTTP from a real gateway.

Targets: any page within 20 ms, and as many payments accepted as with an empty database, less a tenth.
"""

import json
import secrets
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.filling import SHARED_REFERENCE, at_of, fill
from benchmarks.open_loop import BODY, closed_loop
from benchmarks.processes import GATEWAY_PORT, gateway, simulator
from pgw.http.answers import timestamp

PAYMENTS = 1_000_000
TIMES = 100
PAGE_WITHIN_MS, LEAST_OF_EMPTY = 20.0, 0.9
ROUNDS, ROUND_SECONDS, CLIENTS, REFERENCES = 8, 4.0, 32, 4000
KEY, OTHER_KEY = "ap_123", "ap_456"
FULL, EMPTY = ("127.0.0.1", GATEWAY_PORT), ("127.0.0.1", GATEWAY_PORT + 10)
HEADS = ("page", "rows", "p50 ms", "p99 ms", "max ms")


def main() -> None:
    payments = int(sys.argv[1]) if len(sys.argv) > 1 else PAYMENTS
    options = ("--log-level", "error", "--max-in-flight", "100000")
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        fill(folder / "full.db", payments)
        running.enter_context(simulator())
        running.enter_context(gateway(folder / "full.db", *options))
        slowest = measure_pages(payments)
        running.enter_context(gateway(folder / "empty.db", *options, port=EMPTY[1]))
        ratio = compare_accepting()
    print(f"slowest page {slowest:.1f} ms at p99 (at most {PAGE_WITHIN_MS:g})")
    print(
        f"accepted with {payments:,} payments {ratio:.2f} of an empty database (at least {LEAST_OF_EMPTY:g})"
    )
    sys.exit(slowest > PAGE_WITHIN_MS or ratio < LEAST_OF_EMPTY)


def measure_pages(payments: int) -> float:
    """Ask for each kind of page, print how long it took, and return the longest p99 in milliseconds."""
    print(f"{HEADS[0]:<58}" + "".join(f"{head:>9}" for head in HEADS[1:]))
    connection = HTTPConnection(*FULL, timeout=30)
    slowest = 0.0
    for name, (key, path, query) in kinds(connection, payments).items():
        rows, taken = asked(connection, key, path, query)
        p99 = statistics.quantiles(taken, n=100)[98]
        slowest = max(slowest, p99)
        print(f"{name:<58}{rows:>9}{statistics.median(taken):9.2f}{p99:9.2f}{max(taken):9.2f}", flush=True)
    connection.close()
    return slowest


def kinds(connection: HTTPConnection, payments: int) -> dict[str, tuple[str, str, dict[str, str]]]:
    day, last = at_of(payments // 10), at_of(60)
    long_ago = {"createdFrom": timestamp(day), "createdTo": timestamp(at_of(payments // 10 + 8640))}
    shared = {"reference": SHARED_REFERENCE}
    (payment,) = page(connection, OTHER_KEY, "/payments", {"limit": "1"})["data"]
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


def page(
    connection: HTTPConnection, key: str, path: str, query: dict[str, str]
) -> dict[str, list[dict[str, str]]]:
    connection.request("GET", f"{path}?{urlencode(query)}", headers={"Authorization": f"Bearer {key}"})
    answer = connection.getresponse()
    text = answer.read()
    assert answer.status == 200, text
    found: dict[str, list[dict[str, str]]] = json.loads(text)
    return found


def asked(connection: HTTPConnection, key: str, path: str, query: dict[str, str]) -> tuple[int, list[float]]:
    """Ask for a page many times; return how many rows it had, and the milliseconds each took."""
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        found = page(connection, key, path, query)
        taken.append((time.perf_counter() - began) * 1000)
    return len(found["data"]), taken


def compare_accepting() -> float:
    """Pay at both gateways in turns; return the median of what the full one accepts of the empty one's."""
    for address in (FULL, EMPTY):
        closed_loop(address, CLIENTS, 1.0, (KEY, OTHER_KEY), with_references())
    ratios = []
    for number in range(ROUNDS):
        # Each goes first every other time: who does may find the machine quicker, or slower.
        order = (FULL, EMPTY) if number % 2 else (EMPTY, FULL)
        rates = {
            address: closed_loop(
                address, CLIENTS, ROUND_SECONDS, (KEY, OTHER_KEY), with_references()
            ).accepted_a_second
            for address in order
        }
        ratios.append(rates[FULL] / rates[EMPTY])
        print(
            f"accepted a second: {rates[FULL]:6.0f} full, {rates[EMPTY]:6.0f} empty, {ratios[-1]:.2f}",
            flush=True,
        )
    return statistics.median(ratios)


def with_references() -> list[bytes]:
    """Return bodies with references that nobody used before, in no order."""
    order = json.loads(BODY)
    return [json.dumps({**order, "reference": secrets.token_hex(8)}).encode() for _ in range(REFERENCES)]


if __name__ == "__main__":
    main()
