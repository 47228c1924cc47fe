"""`pgw demo`: the bank simulator and the gateway on one terminal, with what to try next."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click
import trio
from attrs import evolve

from pgw import service
from pgw.settings import Settings

BANK_START_SECONDS = 10
_BANK_LISTENS = re.compile(r"listening on (http://\S+)")

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

  4. See each change as it happens, on the WebSocket, and as a webhook, each in a terminal of its own:

     PGW_KEY=ap_123 {pgw} watch --url {url}
     PGW_KEY=ap_123 {pgw} listen --url {url}

     Then pay again, or so (in the project's folder, with its dev extra installed):

     {python} examples/pay_and_listen.py --url {url}

  5. Give some of it back, and see all that happened to it, and all your payments:

     curl -i {url}/payments/PAYMENT_ID/refunds -H 'Authorization: Bearer ap_123' \\
       -H 'Content-Type: application/json' -d '{{"amount": 4.00, "reason": "Returned"}}'
     curl {url}/payments/PAYMENT_ID/events -H 'Authorization: Bearer ap_123'
     curl '{url}/payments?status=PartiallyRefunded' -H 'Authorization: Bearer ap_123'

     With "capture": false a payment is reserved only, then captured or voided: docs/payments.md.

  Other cards: 4000 0000 0000 0002 is declined generic_decline, 4000 0000 0000 9995 insufficient_funds:
  docs/decline-codes.md says what to do about each. 4000 0099 0000 0012 takes 15 s. 4000 0099 0000 0038 takes
  the money and loses the bank's answer: the payment is Unknown until it is looked up.
  More cards: simulator/README.md.

  The bank's own book: curl {bank_url}/ledger
  Ctrl-C ends the demo, and its database is gone then.
"""


class CannotStartBank(Exception):
    """The simulator did not start; the message is one sentence for the operator."""


@contextmanager
def settings(port: int, bank_port: int) -> Iterator[Settings]:
    """Make the settings of a demo, with a database that is gone at its end."""
    with tempfile.TemporaryDirectory(prefix="pgw-demo-") as folder:
        yield Settings(
            port=port,
            database=Path(folder) / "pgw.db",
            bank_url=f"http://127.0.0.1:{bank_port}",
            demo_keys=True,
            webhook_allow_private=True,
        )


async def run(settings: Settings, bank_port: int) -> None:
    """Run both until Ctrl-C. Raises `CannotStartBank`, or what `service.run` raises."""
    async with trio.open_nursery() as nursery:
        command = [sys.executable, "-m", "simulator", "--port", str(bank_port)]
        start = partial(trio.run_process, stderr=subprocess.PIPE, check=False)
        bank: trio.Process = await nursery.start(start, command)
        settings = evolve(settings, bank_url=await _url_of(bank))
        nursery.start_soon(_pass_on, bank)
        await service.run(settings, on_ready=partial(_say_what_to_try, settings))
        nursery.cancel_scope.cancel()


async def _url_of(bank: trio.Process) -> str:
    """Return where the simulator listens, which its first line says once it does."""
    assert bank.stderr is not None
    line = b""
    with trio.move_on_after(BANK_START_SECONDS):
        while not line.endswith(b"\n") and (data := await bank.stderr.receive_some()):
            line += data
    said = line.decode(errors="replace").strip()
    found = _BANK_LISTENS.search(said)
    if found is None:
        why = said.removeprefix("error: ").replace("--port ", "--bank-port ")
        raise CannotStartBank(why or "the bank simulator did not start")
    return found[1]


async def _pass_on(bank: trio.Process) -> None:
    """Show what the simulator says later; unread it would stand still once the pipe is full."""
    assert bank.stderr is not None
    async for data in bank.stderr:
        click.echo(data, err=True, nl=False)


def _say_what_to_try(settings: Settings, url: str) -> None:
    title = click.style("The gateway is ready. What to try:", fg="green", bold=True)
    python = min(sys.executable, os.path.relpath(sys.executable), key=len)
    words = {"url": url, "bank_url": settings.bank_url, "python": python, "pgw": f"{python} -m pgw"}
    text = WHAT_TO_TRY.format(title=title, **words)
    click.echo(text, err=True)
