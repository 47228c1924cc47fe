"""The simulated bank: decides and books what arrives, undoes what is reversed, and tells what it knows.

It belongs to the world, not to a life of the gateway: give it a nursery that outlives crashes. Assign
`faults` to switch between the phases (`STORMY`, `NO_BANK_FAULTS`); what is late by then still arrives, at the
latest after `LATEST_SECONDS` and its processing.

It does not dedupe, but for references that an intermediary answered with 503: those may be sent again by the
wire's own contract, so without that no gateway could keep its promise.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from random import Random

import trio
from attrs import frozen

from tests.simulation.bank_faults import NO_BANK_FAULTS, BankFaults, Fate
from tests.simulation.bank_ledger import Booking, Ledger

DECLINE_CODES = ("insufficient_funds", "lost_card", "generic_decline")
OnEvent = Callable[[str], None]


@frozen
class BankAnswer:
    status: int
    body: bytes


def _json(status: int, document: Mapping[str, object]) -> BankAnswer:
    return BankAnswer(status, json.dumps(document).encode())


class SimulatedBank:
    def __init__(self, random: Random, nursery: trio.Nursery, on_event: OnEvent = lambda _text: None) -> None:
        self.random = random
        self.nursery = nursery
        self.faults: BankFaults = NO_BANK_FAULTS
        self.ledger = Ledger()
        self.on_event = on_event
        self.deduped: set[str] = set()
        self.fates: list[Fate] = []
        self.on_its_way = 0
        """Requests that were sent and are not processed yet, late ones too."""
        self.calls: Counter[str] = Counter()
        """Look-ups and reversals that arrived."""
        self._in_process: Counter[str] = Counter()

    def next_fate(self) -> Fate:
        """Return what becomes of the next request: the first of `fates`, else by chance."""
        return self.fates.pop(0) if self.fates else self.faults.fate(self.random)

    async def pay(self, reference: str, document: Mapping[str, object]) -> BankAnswer:
        """Process a request to pay that has arrived."""
        arrivals = self.ledger.arrivals
        arrivals[reference] = arrivals.get(reference, 0) + 1
        self.on_event(f"bank: {reference} arrives, no. {arrivals[reference]}")
        if self.random.random() < self.faults.malformed:
            return _json(400, {"error_message": "malformed"})
        self._in_process[reference] += 1
        await self._take_time()
        self._in_process[reference] -= 1
        known = self.ledger.of(reference)
        if known and reference in self.deduped:
            return self._about(known[0])
        booking = self._decide(reference, document)
        self.ledger.book(booking)
        self.on_event(f"bank: {reference} {booking.decline_code or 'yes'}, stands: {booking.stands}")
        return self._about(booking)

    async def look_up(self, reference: str) -> BankAnswer:
        self.calls["look-ups"] += 1
        known = self.ledger.of(reference)
        if known:
            # Where there are two it may be either's answer that it gives.
            return self._about(self.random.choice(known))
        if self._in_process[reference]:
            return _json(200, {"pending": True})
        return _json(404, {"found": False})

    async def reverse(self, reference: str) -> BankAnswer:
        self.calls["reversals"] += 1
        ledger = self.ledger
        if reference not in ledger.reversed_at and self.random.random() < self.faults.irreversible:
            ledger.irreversible.add(reference)
        if reference in ledger.irreversible:
            return _json(200, {"reversed": False})
        ledger.reverse(reference, trio.current_time())
        self.on_event(f"bank: {reference} reversed")
        return _json(200, {"reversed": True})

    async def _take_time(self) -> None:
        is_slow = self.random.random() < self.faults.slow
        await trio.sleep(self.random.random() * (self.faults.slow_seconds if is_slow else 0.5))

    def _decide(self, reference: str, document: Mapping[str, object]) -> Booking:
        is_declined = self.random.random() < self.faults.decline
        return Booking(
            reference=reference,
            amount=int(str(document["amount"])),
            currency=str(document["currency"]),
            last_four=str(document["card_number"])[-4:],
            capture=document.get("capture") is not False,
            at=trio.current_time(),
            authorization_code="" if is_declined else f"code-{self.random.getrandbits(32):x}",
            decline_code=self.random.choice(DECLINE_CODES) if is_declined else None,
        )

    def _about(self, booking: Booking) -> BankAnswer:
        document: dict[str, object] = {
            "authorized": booking.is_authorized,
            "authorization_code": booking.authorization_code,
        }
        if booking.decline_code is not None:
            document["decline_code"] = booking.decline_code
        if booking.reference in self.ledger.reversed_at:
            document["reversed"] = True
        if self.random.random() < 0.5:
            document["reference"] = booking.reference
        return _json(200, document)
