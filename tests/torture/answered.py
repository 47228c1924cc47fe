"""What the gateway itself answers in the end: each payment, and both lists to their last page."""

import json
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import httpx
import trio

from tests.torture.children import within
from tests.torture.stored import StoredPayment

READ_SECONDS = 60.0
AT_A_TIME = 4
Document = dict[str, Any]


def headers_of(api_key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {api_key}"}


async def listed(http: httpx.AsyncClient, api_key: str, path: str) -> Sequence[Document]:
    """Page through a list to its end."""
    found: list[Document] = []
    parameters = {"limit": "100"}
    with within(READ_SECONDS, f"Reading {path}"):
        while True:
            answer = await http.get(path, params=parameters, headers=headers_of(api_key))
            page = json.loads(answer.raise_for_status().text, parse_float=Decimal)
            found += page["data"]
            if "nextCursor" not in page:
                return found
            parameters["cursor"] = page["nextCursor"]


async def fetched(
    http: httpx.AsyncClient, api_key: str, payments: Iterable[StoredPayment]
) -> dict[str, Document]:
    """Get each payment of a merchant by its id."""
    found: dict[str, Document] = {}
    coming = iter(payments)

    async def fetch() -> None:
        for payment in coming:
            path = f"/payments/{payment.payment_id}"
            answer = await http.get(path, headers=headers_of(api_key))
            found[payment.payment_id] = json.loads(answer.raise_for_status().text, parse_float=Decimal)

    with within(READ_SECONDS, "Reading all payments"):
        async with trio.open_nursery() as nursery:
            for _ in range(AT_A_TIME):
                nursery.start_soon(fetch)
    return found
