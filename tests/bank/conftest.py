import re
import ssl
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio

from tests.bank.raw_bank import RawBank, Script

PROJECT = Path(__file__).parents[2]
START_SECONDS = 10

StartRawBank = Callable[[Script], Awaitable[RawBank]]
StartTlsBank = Callable[[Script], Awaitable[RawBank]]


@pytest.fixture
def start_raw_bank(nursery: trio.Nursery) -> StartRawBank:
    async def start(script: Script) -> RawBank:
        bank = RawBank(script)
        serve = partial(trio.serve_tcp, bank.serve, 0, host="127.0.0.1")
        [listener] = await nursery.start(serve)
        bank.url = f"http://127.0.0.1:{listener.socket.getsockname()[1]}"
        return bank

    return start


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and the certificate that it signs, in one file."""
    folder = tmp_path_factory.mktemp("tls")
    make = ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    about = ["-subj", "/CN=bank", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    files = ["-keyout", f"{folder}/key.pem", "-out", f"{folder}/certificate.pem"]
    subprocess.run([*make, *about, *files], check=True, capture_output=True, timeout=30)
    both = folder / "both.pem"
    both.write_text((folder / "key.pem").read_text() + (folder / "certificate.pem").read_text())
    return both


@pytest.fixture
def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


@pytest.fixture
def start_tls_bank(certificate: Path, nursery: trio.Nursery) -> StartTlsBank:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    async def start(script: Script) -> RawBank:
        bank = RawBank(script)
        serve = partial(
            trio.serve_ssl_over_tcp, bank.serve, 0, context, host="127.0.0.1", https_compatible=True
        )
        [listener] = await nursery.start(serve)
        port = listener.transport_listener.socket.getsockname()[1]
        bank.url = f"https://127.0.0.1:{port}"
        return bank

    return start


class Simulator:
    """The real program, on a port of its own."""

    def __init__(self, *options: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "simulator", "--port", "0", "--hang-seconds", "5", *options],
            cwd=PROJECT,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stderr is not None
        first_line = self._process.stderr.readline()
        ready = re.search(r"listening on (http://127\.0\.0\.1:\d+) ", first_line)
        assert ready, first_line
        self.url = ready[1]

    def booked(self, reference: str) -> list[int]:
        """Return the captured amount of each booking under the reference."""
        return [booking["captured_amount"] for booking in self._bookings(reference)]

    def moved(self, reference: str) -> list[int]:
        """Return the net amount of each booking under the reference."""
        return [booking["net_amount"] for booking in self._bookings(reference)]

    def reversed(self, reference: str) -> list[bool]:
        """Return of each booking under the reference whether it was reversed."""
        return [booking["reversed"] for booking in self._bookings(reference)]

    def _bookings(self, reference: str) -> list[dict[str, Any]]:
        bookings: list[dict[str, Any]] = httpx.get(
            f"{self.url}/ledger", params={"reference": reference}
        ).json()["bookings"]
        return bookings

    def stop(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr:
            self._process.terminate()
            self._process.wait(START_SECONDS)


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    """One for all tests: each has a reference of its own."""
    running = Simulator()
    yield running
    running.stop()


StartSimulator = Callable[..., Simulator]


@pytest.fixture
def start_simulator() -> Iterator[StartSimulator]:
    """Start one with options of the test's own, given as on its command line."""
    with ExitStack() as running:

        def start(*options: str) -> Simulator:
            started = Simulator(*options)
            running.callback(started.stop)
            return started

        yield start
