"""Real processes: a gateway and a bank simulator, each on a port of its own."""

import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from tests.described import assert_described

PROJECT = Path(__file__).parents[2]
KEY = {"Authorization": "Bearer ap_123"}
OTHER_KEY = {"Authorization": "Bearer ap_456"}
LISTENING = re.compile(r"listening on (http://127\.0\.0\.1:\d+)")


@contextlib.contextmanager
def ended_with(program: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """End a program with the block, also where that failed; its own `with` would wait for ever."""
    with program:
        try:
            yield program
        finally:
            program.kill()


class Program:
    """A process of the project; a thread collects what it says on standard error."""

    def __init__(
        self, *command: str, environment: Mapping[str, str] | None = None, stdout: int | None = None
    ) -> None:
        self.lines: list[str] = []
        self._heard, self._has_ended = threading.Condition(), False
        self.process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=PROJECT,
            env={**environment_without_settings(), **(environment or {})},
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._heard:
                self.lines.append(line)
                self._heard.notify_all()
        with self._heard:
            self._has_ended = True
            self._heard.notify_all()

    def wait_for_line(self, *texts: str, seconds: float = 10) -> str:
        def found() -> str | None:
            return next((line for line in self.lines if all(text in line for text in texts)), None)

        with self._heard:
            self._heard.wait_for(lambda: found() or self._has_ended, seconds)
            line = found()
        assert line is not None, f"never said {texts}: {''.join(self.lines[-50:])}"
        return line

    def line_once_ready(self, text: str) -> str:
        """Wait for the line that says so, and leave nothing behind where it never comes."""
        try:
            return self.wait_for_line(text)
        except AssertionError:
            self.process.kill()
            Program.ended(self)
            raise

    def end(self, number: signal.Signals = signal.SIGTERM, seconds: float = 15) -> int:
        """Send the signal unless it ended by itself, and return its exit code."""
        self.process.send_signal(number)
        return self.ended(seconds)

    def ended(self, seconds: float = 15) -> int:
        try:
            return self.process.wait(seconds)
        finally:
            self.process.kill()
            self.process.wait()
            self._reader.join()
            assert self.process.stderr is not None
            self.process.stderr.close()


class Simulator(Program):
    def __init__(self, *arguments: str) -> None:
        port = () if "--port" in arguments else ("--port", "0")
        super().__init__("simulator", *port, *arguments)
        found = LISTENING.search(self.line_once_ready("listening"))
        assert found is not None
        self.url = found[1]

    @property
    def port(self) -> str:
        return self.url.rpartition(":")[2]

    def bookings(self, reference: str | None = None) -> list[dict[str, Any]]:
        answer = httpx.get(f"{self.url}/ledger", params={"reference": reference} if reference else {})
        bookings: list[dict[str, Any]] = answer.json()["bookings"]
        return bookings


class Gateway(Program):
    """With a client of the first demo merchant."""

    module = "pgw"

    def __init__(self, database: Path, bank_url: str, *arguments: str, **environment: str) -> None:
        began = time.monotonic()
        self.database = database
        super().__init__(
            *(self.module, "serve", "--port", "0", "--demo-keys", "--rate-limit", "0"),
            *("--failed-authentication-limit", "0"),
            *("--database", str(database), "--bank-url", bank_url, *arguments),
            environment=environment,
        )
        self.url: str = json.loads(self.line_once_ready('"Ready"'))["Url"]
        self.seconds_to_ready = time.monotonic() - began
        hooks = {"response": [assert_described]}
        self.client = httpx.Client(base_url=self.url, headers=KEY, timeout=35, event_hooks=hooks)

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.url.removeprefix("http://").partition(":")
        return host, int(port)

    def pay(self, number: str = "4242424242424242", **changes: Any) -> httpx.Response:
        return self.client.post("/payments", json=order(number, **changes))

    def settled(self, accepted: httpx.Response) -> dict[str, Any]:
        """Return the job once the bank's answer, or that there is none, is known."""
        job: dict[str, Any] = accepted.json()
        while job["paymentStatus"] == "Created":
            job = self.client.get(accepted.headers["Location"], headers={"Prefer": "wait=1"}).json()
        return job

    def rows(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Read the database file beside the gateway, read-only."""
        uri = f"{self.database.absolute().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:
            return connection.execute(statement, parameters).fetchall()

    def request_log(self, request_id: str) -> dict[str, Any]:
        """Return what was logged of a request when it had ended."""
        line: dict[str, Any] = json.loads(self.wait_for_line(f'"RequestId":"{request_id}"', '"StatusCode"'))
        return line

    def reference_of(self, job: Mapping[str, Any]) -> str:
        """Return what the bank knows the job's payment by."""
        ((reference,),) = self.rows("SELECT reference FROM attempts WHERE job_id = ?", job["jobId"])
        return str(reference)

    def ended(self, seconds: float = 15) -> int:
        self.client.close()
        return super().ended(seconds)


def environment_without_settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PGW_")}


def order(number: str = "4242424242424242", **changes: Any) -> dict[str, Any]:
    """Return a valid pay request."""
    cvv = "1234" if number.startswith("37") else "123"
    card = {"number": number, "cvv": cvv, "expiryMonth": 11, "expiryYear": 2034}
    return {"amount": "10.50", "currency": "EUR", "card": card} | changes


def eventually(holds: Callable[[], bool], seconds: float = 10) -> None:
    """Ask again and again, within a bound."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it never came to be"
        time.sleep(0.02)
