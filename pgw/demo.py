"""`pgw demo`: the bank simulator and the gateway on one terminal, with what to try next."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click
import trio

from pgw import service
from pgw.bank.port import BankFeature
from pgw.settings import Settings

BANK_START_SECONDS = 10

WHAT_TO_TRY = """
  {title}

  1. Pay. The answer is 202 and a job, once the payment is on disk:

     curl -i {url}/payments -H 'Authorization: Bearer ap_123' -H 'Content-Type: application/json' -d '{{
       "amount": 10.50, "currency": "EUR", "description": "Order 17", "reference": "order-17",
       "card": {{"number": "4242 4242 4242 4242", "cvv": "123", "expiryMonth": 11, "expiryYear": 2034}}}}'

  2. Poll the job until it is Completed (put the jobId in), or let one request wait for it:

     curl {url}/jobs/JOB_ID -H 'Authorization: Bearer ap_123'
     curl {url}/jobs/JOB_ID -H 'Authorization: Bearer ap_123' -H 'Prefer: wait=10'

  3. Fetch the payment (the job's entityId):

     curl {url}/payments/PAYMENT_ID -H 'Authorization: Bearer ap_123'

  4. See it on the WebSocket, from a second terminal:

     .venv/bin/python examples/pay_and_listen.py --url {url}

  Other cards: 4000 0000 0000 0002 is declined, 4000 0099 0000 0038 loses the bank's answer.
  The bank's own book: curl {bank_url}/ledger                       Ctrl-C ends the demo.
"""


class CannotStartBank(Exception):
    """The simulator did not start; the message is one sentence for the operator."""


@contextmanager
def settings(port: int, bank_port: int) -> Iterator[Settings]:
    """Make the settings of a demo, with a database that is gone at its end."""
    with tempfile.TemporaryDirectory(prefix="pgw-demo-") as folder:
        yield Settings(
            host="127.0.0.1",
            port=port,
            database=Path(folder) / "pgw.db",
            bank_url=f"http://127.0.0.1:{bank_port}",
            bank_concurrency=512,
            bank_features=frozenset(BankFeature),
            demo_keys=True,
            rate_limit=100,
            max_in_flight=10_000,
            log_level="info",
            log_format="auto",
        )


async def run(settings: Settings, bank_port: int) -> None:
    """Run both until Ctrl-C. Raises `CannotStartBank`, or what `service.run` raises."""
    async with trio.open_nursery() as nursery:
        command = [sys.executable, "-m", "simulator", "--port", str(bank_port)]
        start = partial(trio.run_process, stderr=subprocess.PIPE, check=False)
        bank: trio.Process = await nursery.start(start, command)
        await _wait_for(bank)
        await service.run(settings, on_ready=partial(_say_what_to_try, settings))
        nursery.cancel_scope.cancel()


async def _wait_for(bank: trio.Process) -> None:
    """Wait for the simulator's first line, which it writes once it listens."""
    assert bank.stderr is not None
    line = b""
    with trio.move_on_after(BANK_START_SECONDS):
        while not line.endswith(b"\n") and (data := await bank.stderr.receive_some()):
            line += data
    said = line.decode(errors="replace").strip()
    if "listening" not in said:
        raise CannotStartBank(said.removeprefix("error: ") or "the bank simulator did not start")
    click.echo(said, err=True)


def _say_what_to_try(settings: Settings, url: str) -> None:
    title = click.style("The gateway is ready. What to try:", fg="green", bold=True)
    text = WHAT_TO_TRY.format(title=title, url=url, bank_url=settings.bank_url)
    click.echo(text, err=True)
