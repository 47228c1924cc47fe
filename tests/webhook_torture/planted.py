"""Bugs to plant in the gateway, as `sitecustomize`, each with what the judge must say of it."""

from collections.abc import Mapping

from attrs import frozen


@frozen
class Bug:
    code: str
    finding: str
    webhooks: int = 200


BUGS: Mapping[str, Bug] = {
    "what a try comes to is written before it is made": Bug(
        code="""
from pgw.actors.webhook_delivery import DeliveryActor
from pgw.webhooks.port import Answered

make = DeliveryActor._try

async def write_and_make(self):
    await self.ports.record(self._judged(Answered(200), self.ports.clock.now(), 0.0))
    return await make(self)

DeliveryActor._try = write_and_make
""",
        finding="is lost",
    ),
    "what waits for the one before it is sent as well": Bug(
        code="""
from pgw.storage import webhooks

every = "endpoint_id = ?1 AND (due_at <= ?2 OR due_at IS NULL AND status = 'Pending')"
webhooks._DUE = webhooks._DUE.replace("endpoint_id = ?1 AND due_at <= ?2", every, 1)
assert every in webhooks._DUE
""",
        finding="of the same payment was delivered",
    ),
    "what was under way before a start is forgotten": Bug(
        code="""
from datetime import UTC, datetime
from pgw.storage.sqlite_webhooks import SqliteWebhooks
from pgw.storage.webhook_port import Due

began, read = datetime.now(UTC), SqliteWebhooks.due_deliveries

async def read_new(self, *values, **options):
    due = await read(self, *values, **options)
    return Due([one for one in due.deliveries if one.delivery.created_at >= began], due.next_due_at)

SqliteWebhooks.due_deliveries = read_new
""",
        finding="and for 10 s nothing came of it",
    ),
    "a body says when it is sent": Bug(
        code="""
from datetime import UTC, datetime
from pgw.http.webhooks import payload

payload.timestamp = lambda at: f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
""",
        finding="where the log says",
    ),
    "what an endpoint asks for is not heard": Bug(
        code="""
from pgw.actors import webhook_delivery

webhook_delivery.LONGEST_ASKED_FOR = 0.0
""",
        finding="ms after an answer that asked for",
    ),
    "all endpoints share few places": Bug(
        code="""
import trio
from pgw.webhooks.http import HttpWebhookSender

send, places = HttpWebhookSender.send, trio.CapacityLimiter(2)

async def send_in_turn(self, endpoint, due):
    async with places:
        return await send(self, endpoint, due)

HttpWebhookSender.send = send_in_turn
""",
        finding="p50 at the healthy endpoint",
        webhooks=500,
    ),
}
