"""Bugs in how an unknown outcome is settled, and in how an answer is read."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import httpcore

from pgw.actors import inquiry, investigation
from pgw.actors.outcome import failing, following
from pgw.actors.payment_ports import PaymentPorts
from pgw.bank.http import HttpBankConnection
from pgw.bank.link import Link
from pgw.bank.port import Authorized, NeverSeen
from pgw.domain import attempt as attempts
from pgw.domain.attempt import AttemptOutcome
from pgw.domain.errors import FailureCode
from pgw.storage import writing
from pgw.storage.port import Change


@contextmanager
def never_seen_is_trusted() -> Iterator[None]:
    """What the bank never saw has failed, without a reversal."""
    look_up = investigation._look_up

    async def _look_up(ports: PaymentPorts, change: Change) -> None:
        if not isinstance((await inquiry.found(ports, change)).answer, NeverSeen):
            await look_up(ports, change)
            return
        now = ports.clock.now()
        attempt = change.attempt.ended(AttemptOutcome.ANSWERED, change.attempt.tries, now)
        await ports.store(failing(change, FailureCode.INTERRUPTED, attempt, now))

    with patch.object(investigation, "_look_up", _look_up):
        yield


@contextmanager
def approval_after_reversal() -> Iterator[None]:
    """An approval is taken over though a reversal has begun; the database's own barrier is gone too."""
    reverse = investigation._reverse
    reversing = {AttemptOutcome.ANSWERED, *attempts.OUTCOMES_AFTER[AttemptOutcome.REVERSING]}

    async def _reverse(ports: PaymentPorts, change: Change) -> None:
        asked = await inquiry.found(ports, change) if change.attempt.inquiries else None
        found = asked and asked.answer
        if not isinstance(found, Authorized):
            await reverse(ports, change)
            return
        now, tries = ports.clock.now(), change.attempt.tries
        attempt = change.attempt.ended(AttemptOutcome.ANSWERED, tries, now, found.authorization_code)
        await ports.store(following(change, change.payment.authorized(now), attempt))

    without_barrier = f"{writing._INSTALL} DROP TRIGGER IF EXISTS a_reversal_stands;"
    with (
        patch.object(investigation, "_reverse", _reverse),
        patch.dict(attempts.OUTCOMES_AFTER, {AttemptOutcome.REVERSING: frozenset(reversing)}),
        patch.object(writing, "_INSTALL", without_barrier),
    ):
        yield


@contextmanager
def answer_of_another_call() -> Iterator[None]:
    """What came behind an answer is kept, and read as the answer to the next call, and so on from there."""

    async def exchange(link: Link, request: httpcore.Request) -> tuple[int, bytes, bool]:
        status, body, _ = await exchanged(link, request)
        return status, body, True

    async def close(connection: HttpBankConnection) -> None:
        if connection._link is None or not connection._link._connection.is_idle():
            await closed(connection)

    exchanged, closed = Link.exchange, HttpBankConnection.close
    with (
        patch.object(Link, "exchange", exchange),
        patch.object(HttpBankConnection, "close", close),
        patch.object(Link, "is_usable", property(lambda link: link._connection.is_idle())),
    ):
        yield
