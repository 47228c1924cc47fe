"""What is forgotten, and how much of it at a time."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from pgw.domain.delivery import DeliveryStatus
from pgw.domain.webhook import DisabledBecause
from pgw.storage import database, merchants, retention, webhook_endpoints, webhooks, writing
from pgw.storage.port import Storage
from pgw.storage.rows import change_to_rows
from tests.merchants import a_merchant
from tests.storage.conftest import Changes
from tests.storage.test_webhooks import LATER, an_endpoint, tried

DELIVERED = DeliveryStatus.DELIVERED


async def test_fewer_events_are_forgotten_at_a_time_where_each_has_many_deliveries(
    storage: Storage, changes: Changes
) -> None:
    endpoints = [an_endpoint(number) for number in range(1, 16)]
    for endpoint in endpoints:
        await storage.add_endpoint(endpoint)
    for _ in range(60):
        await storage.write(changes.accepted())
    for endpoint in endpoints:
        await storage.change_endpoint(
            "mer_a", endpoint.id, lambda one: one.disabled(DisabledBecause.ASKED, LATER)
        )
    most = retention.MOST_DELIVERIES // 15
    assert [most, 60 - most, 0] == [await storage.forget_events("mer_a", LATER, 200) for _ in range(3)]


def test_only_the_newest_tries_are_kept_of_what_is_sent_again_and_again(
    tmp_path: Path, changes: Changes
) -> None:
    path = tmp_path / "pgw.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        database.prepare_writer(connection, path)
        merchants.add_merchant(connection, a_merchant())
        webhook_endpoints.add(connection, an_endpoint(), None)
        writing.write_group(connection, 1, [change_to_rows(changes.accepted()) for _ in range(2)])
        for _ in range(webhooks.MOST_TRIES + 5):
            due = webhooks.due(connection, "whe_b", (1 << 60, 1 << 61), 9, []).deliveries
            webhooks.record_tries(connection, [tried(one, DELIVERED) for one in due])
            webhooks.make_due(connection, "mer_a", due[0].delivery.key, 0)
        kept = connection.execute("SELECT seq, number FROM webhook_tries").fetchall()
    assert [(1, number) for number in range(6, 26)] + [(2, 1)] == kept


async def test_deleted_endpoints_are_forgotten_once_nothing_is_kept_that_was_for_them(
    storage: Storage, changes: Changes
) -> None:
    for number in (1, 2):
        await storage.add_endpoint(an_endpoint(number))
    await storage.write(changes.accepted())
    for number in (3, 4):
        await storage.add_endpoint(an_endpoint(number))
    for endpoint_id in ("whe_b", "whe_c", "whe_d"):
        await storage.change_endpoint("mer_a", endpoint_id, lambda one: one.deleted(LATER))
    assert ("whe_c", "whe_d", None) == (
        await storage.forget_endpoints("", 2),
        await storage.forget_endpoints("whe_c", 1),
        await storage.forget_endpoints("whe_d", 2),
    )
    assert 1 == await storage.forget_events("mer_a", LATER + timedelta(hours=1), 9)
    assert "whe_c" == await storage.forget_endpoints("", 9), "whe_d is forgotten already"
    assert await storage.forget_endpoints("", 9) is None
    assert ["whe_e"] == [one.id for one in await storage.endpoints("mer_a")]
    added = an_endpoint(3)
    await storage.add_endpoint(added)
    assert added == await storage.endpoint("mer_a", "whe_d"), "nothing is left of the one before"
