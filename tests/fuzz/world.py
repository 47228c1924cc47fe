"""A real gateway that logs all it can, a bank that fails at times, and a listener of each merchant."""

import re
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import trio
from attrs import field, frozen
from trio_websocket import ConnectionClosed, HandshakeError, open_websocket_url

from tests.end_to_end.programs import KEY, OTHER_KEY, Gateway, Simulator
from tests.fuzz import evidence
from tests.fuzz.canary import CARD, CVV
from tests.fuzz.endpoints import URL
from tests.fuzz.oracle import TEXT, Finding, of_frame, of_leaks
from tests.fuzz.vocabulary import AUTHORIZED, DELIVERY, ENDPOINT, JOB, PAYMENT
from tests.fuzz.wire import Frame

BANK = (
    *("--fault", "error_500=0.05", "--fault", "garbage=0.02", "--fault", "unavailable_503=0.02"),
    *("--lookup-fault", "error_500=0.9", "--hang-seconds", "1", "--slow-seconds", "0.5"),
)
GATEWAY = (
    "--log-level",
    "debug",
    "--bank-timeout",
    "2",
    "--inquiry-first",
    "0.1",
    "--max-in-flight",
    "100000",
)
PLANTED_BUG = "PLANTED_BUG"  # names it to the program in `planted`
MOST_FETCHED = 200
READY_SECONDS = 10.0
_ID = re.compile(r"\b(?:pay|job)_[a-p]{32}\b")


class Fuzzed(Gateway):
    """The gateway under test, a known bug planted in it where one is named."""

    def __init__(self, database: Path, bank_url: str, bug: str | None) -> None:
        if bug is not None:
            self.module = "tests.fuzz.planted"
        environment = {PLANTED_BUG: bug or "", "PGW_FAILED_AUTHENTICATION_LIMIT": "0"}
        super().__init__(database, bank_url, *GATEWAY, **environment)

    def take_lines(self) -> list[str]:
        """Return what was logged since the last time, and forget it: a long run logs gigabytes."""
        with self._heard:
            lines, self.lines[:] = self.lines[:], []
        return lines

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None


@frozen
class World:
    """`ids` are of payments and an endpoint that were made first; both payments outlast many operations.

    `heard` are findings in frames of the listeners.
    """

    simulator: Simulator
    gateway: Fuzzed
    ids: Mapping[bytes, bytes]
    heard: list[Finding] = field(factory=list)

    @staticmethod
    def start(folder: Path, bug: str | None = None) -> "World":
        simulator = Simulator("--seed", "1", *BANK)
        gateway = Fuzzed(folder / "pgw.db", simulator.url, bug)
        gateway.client.timeout = httpx.Timeout(READY_SECONDS)
        gateway.client.event_hooks = {}  # what is not as described is for the oracle to tell
        order = {"number": CARD, "cvv": CVV, "expiryMonth": 1, "expiryYear": 2040}
        endpoint = gateway.client.post("/webhook-endpoints", json={"url": URL}).json()
        large = {"amount": 9_000_000_000, "currency": "EUR", "card": order}
        job = gateway.client.post("/payments", json=large).json()
        reserved = gateway.client.post("/payments", json=large | {"capture": False}).json()
        _capture_some(gateway, reserved.get("paymentId", "pay_none"))
        delivery, *_ = gateway.client.get("/webhook-deliveries").json()["data"] or [{}]
        ids = {
            JOB: job.get("jobId", "job_none").encode(),
            PAYMENT: job.get("paymentId", "pay_none").encode(),
            AUTHORIZED: reserved.get("paymentId", "pay_none").encode(),
            ENDPOINT: endpoint["endpointId"].encode(),
            DELIVERY: delivery.get("deliveryId", "whd_none").encode(),
        }
        return World(simulator, gateway, ids)

    async def look(self) -> list[Finding]:
        """Return what a batch left: that the gateway is dead or not ready, and what it logged and sent."""
        found = [*evidence.of_log(self.gateway.take_lines()), *self.heard]
        self.heard.clear()
        if not self.gateway.is_alive:
            return [*found, Finding("gateway ended", f"with exit code {self.gateway.process.returncode}")]
        try:
            ready = await trio.to_thread.run_sync(self.gateway.client.get, "/health/ready")
        except httpx.HTTPError as error:
            return [*found, Finding("not ready", repr(error))]
        if ready.status_code != 200:
            found.append(Finding("not ready", ready.text))
        return found

    def what_is_kept(self) -> Iterator[Finding]:
        """Yield card data in files, in what operators are told, and in payments as they are fetched."""
        yield from evidence.of_files(self.gateway.database)
        if not self.gateway.is_alive:
            return
        yield from evidence.of_operators_view(self.gateway.database)
        ids = self.gateway.rows(f"SELECT id FROM payments ORDER BY id DESC LIMIT {MOST_FETCHED}")
        for (payment_id,) in ids:
            yield from of_leaks("answer", self.gateway.client.get(f"/payments/{payment_id}").content)
        for path in ("/webhook-endpoints", "/webhook-deliveries?limit=100"):
            yield from of_leaks("answer", self.gateway.client.get(path).content)

    async def listen(self) -> None:
        """Hear each merchant's stream to its end."""
        async with trio.open_nursery() as nursery:
            for key in (KEY, OTHER_KEY):
                nursery.start_soon(self._listen, key)

    async def _listen(self, key: Mapping[str, str]) -> None:
        headers = [(name.encode(), value.encode()) for name, value in key.items()]
        url = self.gateway.url.replace("http", "ws", 1) + "/jobs/stream"
        try:
            async with open_websocket_url(url, extra_headers=headers) as stream:
                while True:
                    message = await stream.get_message()
                    payload = message.encode() if isinstance(message, str) else message
                    self.heard.extend([*of_frame(Frame(TEXT, payload)), *of_leaks("frame", payload)])
        except (ConnectionClosed, HandshakeError) as ended:
            self.heard.append(Finding("stream ended", repr(ended)))

    def end(self) -> None:
        for program in (self.gateway, self.simulator):
            program.end(signal.SIGTERM if program.process.poll() is None else signal.SIGKILL, seconds=30)


def _capture_some(gateway: Fuzzed, payment_id: str) -> None:
    """Capture what makes a void impossible, once the bank has authorized the payment, if it does."""
    captures = f"/payments/{payment_id}/captures"
    until = time.monotonic() + READY_SECONDS
    while gateway.client.post(captures, json={"amount": "0.01"}).status_code == 409:
        if time.monotonic() > until:
            return
        time.sleep(0.05)
