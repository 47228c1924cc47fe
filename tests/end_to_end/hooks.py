"""Webhook endpoints of a test: URLs that nothing is behind, each another one."""

from collections.abc import Mapping
from itertools import count
from typing import Any

import httpx

_LETTERS = str.maketrans("0123456789", "abcdefghij")
_numbers = count()


def a_url() -> str:
    """Return a URL that no other test has, which leads nowhere: `.invalid` is no one's (RFC 6761)."""
    return f"https://shop.invalid/hooks/{str(next(_numbers)).translate(_LETTERS)}"


def add(
    client: httpx.Client, url: str | None = None, headers: Mapping[str, str] | None = None, **members: Any
) -> httpx.Response:
    return client.post("/webhook-endpoints", json={"url": url or a_url(), **members}, headers=headers)


def delete_all(client: httpx.Client) -> None:
    for endpoint in client.get("/webhook-endpoints").json()["data"]:
        assert 204 == client.delete(f"/webhook-endpoints/{endpoint['endpointId']}").status_code
