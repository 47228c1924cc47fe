import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import attrs
import httpx
import pytest
from iso4217 import Currency

from simulator.payment import Payment

PROJECT = Path(__file__).parents[2]
READY = re.compile(r"bank simulator listening on (http://127\.0\.0\.1:(\d+)) \(profile (\w+)\)\n")

PayBody = Callable[..., dict[str, Any]]


class Simulator:
    """The real program, on a port of its own."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "simulator", "--port", "0", *arguments],
            cwd=PROJECT,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stderr is not None
        self.first_line = self.process.stderr.readline()
        ready = READY.fullmatch(self.first_line)
        assert ready, self.first_line
        self.url, self.port, self.profile = ready[1], int(ready[2]), ready[3]
        self.client = httpx.Client(base_url=self.url, timeout=10)

    def pay(self, reference: str | None, body: dict[str, Any]) -> httpx.Response:
        headers = {} if reference is None else {"Idempotency-Key": reference}
        return self.client.post("/payments", json=body, headers=headers)

    def operate(
        self, payment_reference: str, operations: str, reference: str | None = None, **body: Any
    ) -> httpx.Response:
        """Ask for one of `captures`, `voids` and `refunds`."""
        headers = {} if reference is None else {"Idempotency-Key": reference}
        path = f"/payments/{payment_reference}/{operations}"
        return self.client.post(path, json=body, headers=headers)

    def reverse(self, reference: str) -> httpx.Response:
        return self.client.post(f"/payments/{reference}/reversals")

    def bookings(self, reference: str) -> list[dict[str, Any]]:
        answer = self.client.get("/ledger", params={"reference": reference})
        bookings: list[dict[str, Any]] = answer.json()["bookings"]
        return bookings

    def operations(self, payment_reference: str) -> list[dict[str, Any]]:
        answer = self.client.get("/ledger", params={"payment_reference": payment_reference})
        bookings: list[dict[str, Any]] = answer.json()["bookings"]
        return bookings

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(5)

    def stop(self) -> int:
        self.client.close()
        assert self.process.stderr is not None
        with self.process.stderr:
            self.process.terminate()
            try:
                return self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise


class StartSimulator(Protocol):
    def __call__(self, *arguments: str) -> Simulator: ...


@pytest.fixture
def start_simulator() -> Iterator[StartSimulator]:
    with contextlib.ExitStack() as started:

        def start(*arguments: str) -> Simulator:
            simulator = Simulator(*arguments)
            started.callback(simulator.stop)
            return simulator

        yield start


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    """One for all tests that need no switches: each test has references of its own."""
    running = Simulator("--slow-seconds", "0.2", "--hang-seconds", "30")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def pay_body() -> PayBody:
    def body(card_number: str = "4242424242424242", **changes: Any) -> dict[str, Any]:
        fields = {
            "card_number": card_number,
            "expiry_date": "12/2090",
            "currency": "EUR",
            "amount": 1050,
            "cvv": "1234" if card_number.startswith("37") else "123",
        }
        return json.loads(json.dumps(fields | changes))  # type: ignore[no-any-return]

    return body


@pytest.fixture
def authorization(payment: Payment) -> Payment:
    """Of 1050: authorized and not captured."""
    return attrs.evolve(payment, capture=False)


@pytest.fixture(scope="session")
def payment() -> Payment:
    return Payment("4242424242424242", 2090, 12, Currency("EUR"), 1050, "123")
