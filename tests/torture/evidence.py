"""What there is to judge by: the gateway's file, answers and streams, and the bank's ledger."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from attrs import frozen

from tests.torture.answered import Document, fetched, listed
from tests.torture.commands import run
from tests.torture.listeners import Frame, Listener, read_all
from tests.torture.orders import MERCHANTS
from tests.torture.stored import (
    StoredOperation,
    StoredPayment,
    rows,
    stored_operations,
    stored_payments,
)
from tests.torture.world import World

LOG_OF_BUGS = ('"ActorCrashed"', '"RequestFailed"', '"ConnectionFailed"', '"critical"', "Traceback")


@frozen
class Evidence:
    """`bookings` are the bank's ledger, `reconciled` lines of JSON."""

    payments: Sequence[StoredPayment]
    operations: Sequence[StoredOperation]
    fetched: Mapping[str, Document]
    """Each payment as `GET /payments/{id}` answers it, by its id."""
    listed_payments: Mapping[str, Sequence[Document]]
    listed_jobs: Mapping[str, Sequence[Document]]
    """By merchant, newest first."""
    streams: Mapping[str, Sequence[Frame]]
    """By merchant, all that its stream tells at the end."""
    heard: Mapping[str, Sequence[Frame]]
    """By merchant, all that it told over the gateway's lives, resumed after each."""
    bookings: Sequence[Mapping[str, Any]]
    reconcile_status: int
    reconciled: Sequence[Mapping[str, Any]]
    bugs: Sequence[str]


async def gather(world: World, listeners: Sequence[Listener]) -> Evidence:
    """Gather it while both run, once every job is terminal."""
    async with httpx.AsyncClient(timeout=30) as client:
        bookings = (await client.get(f"{world.bank_url}/ledger")).json()["bookings"]
    status, reconciled = await run(world.folder, world.database, "reconcile", "--bank-url", world.bank_url)
    told = {MERCHANTS[one.api_key]: await _stream(world, one, MERCHANTS[one.api_key]) for one in listeners}
    log = world.gateway_log.read_text(errors="replace").splitlines()
    payments = stored_payments(world.database)
    documents: dict[str, Document] = {}
    lists: dict[str, dict[str, Sequence[Document]]] = {"/payments": {}, "/jobs": {}}
    async with httpx.AsyncClient(base_url=world.gateway_url, timeout=30) as http:
        for api_key, merchant_id in MERCHANTS.items():
            theirs = [payment for payment in payments if payment.merchant_id == merchant_id]
            documents |= await fetched(http, api_key, theirs)
            for path, by_merchant in lists.items():
                by_merchant[merchant_id] = await listed(http, api_key, path)
    return Evidence(
        payments=payments,
        operations=stored_operations(world.database),
        fetched=documents,
        listed_payments=lists["/payments"],
        listed_jobs=lists["/jobs"],
        streams={merchant: stored for merchant, (stored, _) in told.items()},
        heard={merchant: heard for merchant, (_, heard) in told.items()},
        bookings=bookings,
        reconcile_status=status,
        reconciled=reconciled,
        bugs=[line for line in log if any(word in line for word in LOG_OF_BUGS)],
    )


async def _stream(world: World, listener: Listener, merchant_id: str) -> tuple[Sequence[Frame], ...]:
    """Return what is told of a merchant from the first event on, and what its listener was told."""
    newest = f"SELECT coalesce(max(seq), 0) FROM events WHERE merchant_id = '{merchant_id}'"
    ((last,),) = rows(world.database, newest)
    await listener.caught_up(last)
    return await read_all(world.gateway_url, listener.api_key, last), listener.frames
