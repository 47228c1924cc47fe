"""What a payment in flight costs in memory, of 10,000 at a bank that hangs. Target: under 25 KiB."""

import json
import sys
import tempfile
from pathlib import Path

import httpx
import trio

from benchmarks.processes import GATEWAY, gateway, simulator

PAYMENTS = 10_000
WARM_UP = 500
CLIENTS = 32
TARGET_KIB = 25
ORDER = {
    "amount": 10.50,
    "currency": "EUR",
    "description": "memory",
    "card": {"number": "4242424242424242", "cvv": "123", "expiryMonth": 11, "expiryYear": 2034},
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, simulator("--fault", "hang=1"):
        options = ["--max-in-flight", "100000", "--log-level", "error"]
        with gateway(Path(folder) / "pgw.db", *options) as process:
            trio.run(pay, WARM_UP)
            before = resident_kib(process.pid)
            trio.run(pay, PAYMENTS)
            after = resident_kib(process.pid)
    each = (after - before) / PAYMENTS
    print(f"{PAYMENTS} payments in flight: {before / 1024:.0f} → {after / 1024:.0f} MiB, {each:.1f} KiB each")
    sys.exit(each > TARGET_KIB)


async def pay(payments: int) -> None:
    """Submit so many payments, each of which must be accepted."""
    left = iter(range(payments))

    async def client() -> None:
        async with httpx.AsyncClient(headers={"Authorization": "Bearer ap_123"}, timeout=30) as http:
            for _ in left:
                answer = await http.post(
                    f"{GATEWAY}/payments",
                    content=json.dumps(ORDER),
                    headers={"Content-Type": "application/json"},
                )
                assert answer.status_code == httpx.codes.ACCEPTED, answer.text

    async with trio.open_nursery() as nursery:
        for _ in range(CLIENTS):
            nursery.start_soon(client)


def resident_kib(process_id: int) -> int:
    status = Path(f"/proc/{process_id}/status").read_text(encoding="utf-8")
    return int(status.split("VmRSS:")[1].split()[0])


if __name__ == "__main__":
    main()
