"""The way from a life of the gateway to the receivers: `pgw.webhooks.port.WebhookSender`, simulated."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from random import Random

import trio
from attrs import frozen

from pgw.domain.delivery import DueDelivery
from pgw.domain.webhook import WebhookEndpoint
from pgw.http.webhooks.payload import payload
from pgw.webhooks.port import Answered, NotAnswered, SendOutcome
from tests.simulation.books import Told
from tests.simulation.life import Life
from tests.simulation.oracle_of_telling import Limits, violations_of_telling
from tests.simulation.receiver import Receiver, Telling
from tests.simulation.receiver_faults import DOWN_SECONDS, LONGEST_RETRY_AFTER, SLOW_SECONDS, Fate

ON_ITS_WAY_SECONDS = 0.2


@frozen
class SimulatedSender:
    """Judges each try by the database as it is when the first byte leaves, and says what is wrong."""

    random: Random
    life: Life
    receivers: Mapping[str, Receiver]
    connection: sqlite3.Connection
    limits: Limits
    timeout: float
    note: Callable[[str], None]
    report: Callable[[str], None]

    async def send(self, endpoint: WebhookEndpoint, due: DueDelivery) -> SendOutcome:
        self.life.go_on()
        receiver, random = self.receivers[endpoint.url], self.random
        key, event = due.delivery.key, Told.of(due.event)
        fate = self._fate(receiver)
        self.note(f"webhook: {key} {fate.name}")
        receiver.sent[key] += 1
        telling = Telling(key, due.delivery.payment_id, event, payload(due))
        if fate is not Fate.REFUSED:
            for finding in self._judge(receiver, endpoint, telling):
                self.report(finding)
            receiver.tellings.append(telling)
        with _under_way(receiver, telling):
            slowest = SLOW_SECONDS if random.random() < receiver.faults.slow else ON_ITS_WAY_SECONDS
            await trio.sleep(self.timeout if fate is Fate.SILENT else random.random() * slowest)
        self.life.go_on()
        outcome = self._outcome(fate)
        if isinstance(outcome, Answered):
            telling.heard = outcome.status_code
        self.note(f"webhook: {key} {outcome}")
        return outcome

    def _judge(self, receiver: Receiver, endpoint: WebhookEndpoint, telling: Telling) -> Iterator[str]:
        yield from violations_of_telling(receiver, telling, self.connection, self.limits)
        if endpoint.secret_version < receiver.secret_version:
            yield f"webhooks: {telling.key} is not signed with secret {receiver.secret_version}"
        if sum(len(one.under_way) for one in self.receivers.values()) >= self.limits.in_all:
            yield f"webhooks: more than {self.limits.in_all} are under way in all"

    def _fate(self, receiver: Receiver) -> Fate:
        now, random = trio.current_time(), self.random
        if random.random() < receiver.faults.goes_down:
            receiver.down_until = now + random.random() * DOWN_SECONDS
        return Fate.REFUSED if now < receiver.down_until else receiver.faults.fate(random)

    def _outcome(self, fate: Fate) -> SendOutcome:
        match fate:
            case Fate.TAKEN:
                return Answered(self.random.choice((200, 202, 204)), "taken")
            case Fate.FAILED:
                return Answered(self.random.choice((500, 503, 302, 404)), "failed")
            case Fate.BUSY:
                return Answered(429, retry_after=float(self.random.randint(0, LONGEST_RETRY_AFTER)))
            case Fate.GONE:
                return Answered(410)
            case Fate.REFUSED | Fate.SILENT | Fate.UNHEARD:
                return NotAnswered(f"{fate.name}.")


@contextmanager
def _under_way(receiver: Receiver, telling: Telling) -> Iterator[None]:
    receiver.under_way.append(telling.key)
    try:
        yield
    finally:
        receiver.under_way.remove(telling.key)
