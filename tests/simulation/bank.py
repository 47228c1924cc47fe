"""The simulated bank: decides and books what arrives, undoes what is reversed, and tells what it knows.

It belongs to the world, not to a life of the gateway: give it a nursery that outlives crashes. Assign
`faults` to switch between the phases (`STORMY`, `NO_BANK_FAULTS`); what is late by then still arrives, at the
latest after `LATEST_SECONDS` and its processing.

It does not dedupe, but for references that an intermediary answered with 503, and for voids: those may be
sent again by the wire's own contract, so without that no gateway could keep its promise. What a right gateway
never sends is noted (`conduct`), and judged as a bank does all the same.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from random import Random

import trio
from attrs import frozen

from tests.simulation.bank_conduct import Conduct
from tests.simulation.bank_faults import NO_BANK_FAULTS, BankFaults, Fate
from tests.simulation.bank_ledger import Account, Booking, Kind, Ledger, Operation

DECLINE_CODES = ("insufficient_funds", "lost_card", "generic_decline")
ALREADY_VOIDED = "already_voided"
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
        self.conduct = Conduct(self.ledger)
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
        if not await self._taken_in(reference):
            return _json(400, {"error_message": "malformed"})
        known = self.ledger.of(reference)
        if known and reference in self.deduped:
            return self._about(known[0])
        return self._booked(self._decide(reference, document))

    async def operate(self, asked: Operation) -> BankAnswer:
        """Process a capture, a void or a refund that has arrived."""
        if not await self._taken_in(asked.reference):
            self.conduct.decided(asked)
            return _json(400, {"error_message": "malformed"})
        known = self.ledger.operations_of(asked.reference)
        if known and (asked.kind is Kind.VOID or asked.reference in self.deduped):
            return self._about_again(known[0])
        asked.decline_code, asked.at = self._refusal(asked), trio.current_time()
        self.conduct.decided(asked)
        return self._booked(asked)

    async def _taken_in(self, reference: str) -> bool:
        """Take the time that processing takes; tell whether the request is well formed."""
        self.on_event(f"bank: {reference} arrives, no. {self.ledger.arrive(reference)}")
        if self.random.random() < self.faults.malformed:
            return False
        self._in_process[reference] += 1
        await self._take_time()
        self._in_process[reference] -= 1
        return True

    def _booked(self, decision: Booking | Operation) -> BankAnswer:
        self.ledger.book(decision)
        said = decision.decline_code or "yes"
        self.on_event(f"bank: {decision.reference} {said}, stands: {decision.stands}")
        return self._about(decision)

    async def look_up(self, reference: str) -> BankAnswer:
        self.calls["look-ups"] += 1
        known = self.ledger.decisions(reference)
        if known:
            # Where there are two it may be either's answer that it gives.
            return self._about(self.random.choice(known))
        if self._in_process[reference]:
            return _json(200, {"pending": True})
        return _json(404, {"found": False})

    async def reverse(self, reference: str) -> BankAnswer:
        self.calls["reversals"] += 1
        ledger = self.ledger
        self.conduct.reversal(reference)
        if any(one.kind is Kind.VOID for one in ledger.operations_of(reference)):
            return _json(200, {"reversed": False})
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

    def _refusal(self, asked: Operation) -> str | None:
        """Return why the bank says no, if it does; it does so without a reason too."""
        account = self.ledger.account(asked.payment_reference)
        is_declined = self.random.random() < self.faults.decline
        by_chance = self.random.choice(DECLINE_CODES) if is_declined else None
        return _cannot_be(asked, account) or by_chance

    def _about_again(self, operation: Operation) -> BankAnswer:
        """Answer what is repeated as it was answered; of a void also that it was voided already."""
        if operation.kind is Kind.VOID and operation.is_yes and self.random.random() < self.faults.forgetful:
            return _json(200, {"accepted": False, "decline_code": ALREADY_VOIDED})
        return self._about(operation)

    def _about(self, decision: Booking | Operation) -> BankAnswer:
        document: dict[str, object] = {}
        if isinstance(decision, Booking):
            document["authorized"] = decision.is_yes
            document["authorization_code"] = decision.authorization_code
        else:
            document["accepted"] = decision.is_yes
        if decision.decline_code is not None:
            document["decline_code"] = decision.decline_code
        if decision.reference in self.ledger.reversed_at:
            document["reversed"] = True
        if self.random.random() < 0.5:
            document["reference"] = decision.reference
        return _json(200, document)


def _cannot_be(asked: Operation, account: Account) -> str | None:
    """Return why an operation is impossible, if it is."""
    match asked.kind:
        case _ if not account.authorized:
            return "unknown_payment"
        case Kind.CAPTURE if not account.takes_captures:
            return "not_capturable"
        case Kind.CAPTURE:
            fits = account.captured + asked.amount <= account.authorized
        case Kind.VOID if account.is_voided:
            return ALREADY_VOIDED
        case Kind.VOID:
            fits = account.captured == 0
        case Kind.REFUND:
            fits = account.refunded + asked.amount <= account.captured
    return None if fits else "amount_too_large"
