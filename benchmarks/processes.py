"""The real gateway and the real bank simulator, each in a process of its own, for as long as a block."""

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ENDS_WITHIN_SECONDS = 20
STARTS_WITHIN_SECONDS = 60
POLL_SECONDS = 0.01
# Below those that systems give to clients: one that polls a port where nobody listens may meet itself.
BANK_PORT, GATEWAY_PORT = 20958, 20957
BANK = f"http://127.0.0.1:{BANK_PORT}"
GATEWAY = f"http://127.0.0.1:{GATEWAY_PORT}"


@contextmanager
def simulator(*options: str) -> Iterator[None]:
    """Run a bank simulator at `BANK`."""
    with _running("-m", "simulator", "--port", str(BANK_PORT), *options):
        _wait_for(f"{BANK}/ledger")
        yield


@contextmanager
def gateway(database: Path, *options: str, port: int = GATEWAY_PORT) -> Iterator[subprocess.Popen[bytes]]:
    """Run a gateway at `GATEWAY`, or at another port, with the demo keys, ready when the block begins."""
    fixed = ["--port", str(port), "--database", str(database), "--bank-url", BANK, "--demo-keys"]
    with _running("-m", "pgw", "serve", *fixed, "--rate-limit", "0", *options) as process:
        _wait_for(f"http://127.0.0.1:{port}/health/ready")
        yield process


@contextmanager
def _running(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, *arguments], stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(ENDS_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:  # a time-out too, on a busy machine
            time.sleep(POLL_SECONDS)
    sys.exit(f"{url} did not answer within {STARTS_WITHIN_SECONDS} s")
