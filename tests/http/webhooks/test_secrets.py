"""A secret is shown when it is made, and both are valid while one follows the other."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from pgw.webhooks.secrets import WebhookSecrets
from tests.http.parts import SECRET
from tests.http.webhooks.shop import read

if TYPE_CHECKING:
    from tests.http.webhooks.shop import Shop

SECRETS = WebhookSecrets(SECRET)


@pytest.mark.parametrize(
    ("document", "seconds"),
    [(None, 86_400), ({}, 86_400), ({"overlapSeconds": 0}, 0), ({"overlapSeconds": 604_800}, 604_800)],
)
async def test_both_are_valid_for_as_long_as_is_asked_for(
    document: dict[str, int] | None, seconds: int, shop: Shop
) -> None:
    added = await shop.add()
    path = f"/webhook-endpoints/{added['endpointId']}"
    answer = await shop.ask("POST", f"{path}/rotate-secret", document)
    rotated = read(answer)
    assert (200, 2) == (answer.status, rotated["secretVersion"])
    overlap = datetime.fromisoformat(rotated["previousSecretUntil"]) - datetime.fromisoformat(
        rotated["updatedAt"]
    )
    assert seconds == overlap.total_seconds()
    endpoint = await shop.storage.endpoint("mer_a", added["endpointId"])
    assert endpoint is not None
    shown = [SECRETS.shown(endpoint.id, version) for version in endpoint.secret_versions(endpoint.updated_at)]
    assert [rotated["secret"], added["secret"]][: 1 + bool(seconds)] == shown
    assert rotated == read(await shop.ask("GET", path)) | {"secret": rotated["secret"]}


async def test_each_rotation_makes_another_one(shop: Shop) -> None:
    added = await shop.add()
    path = f"/webhook-endpoints/{added['endpointId']}/rotate-secret"
    rotated = [read(await shop.ask("POST", path)) for _ in range(2)]
    assert [2, 3] == [one["secretVersion"] for one in rotated]
    assert 3 == len({added["secret"], *(one["secret"] for one in rotated)})


async def test_a_secret_is_written_nowhere(shop: Shop) -> None:
    """Not even beside the answer that is kept under a key."""
    answer = await shop.ask("POST", "/webhook-endpoints", {"url": shop.a_url()}, idempotency_key="k")
    secret = read(answer)["secret"].removeprefix("whsec_")
    kept = b"".join(one.read_bytes() for one in shop.path.parent.iterdir() if one.is_file())
    assert b"shop.example/hooks" in kept
    assert secret.encode() not in kept
