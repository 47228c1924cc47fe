"""What a right gateway never sends to a bank, seen when it is sent, whatever becomes of it on the way."""

from collections.abc import Iterator

from attrs import define, field, frozen

from tests.simulation.bank_ledger import Account, Kind, Ledger, Operation


@frozen
class Misconduct:
    """Noted of a payment, since an operator who settled an operation on it against the truth excuses it."""

    payment_reference: str
    text: str


@define(eq=False)
class Conduct:
    """Knows what was sent, and of what the outcome may still be open: neither decided nor undone."""

    ledger: Ledger
    seen: list[Misconduct] = field(factory=list)
    _sent: dict[str, Operation] = field(factory=dict)
    _open: dict[str, Operation] = field(factory=dict)

    def sent(self, operation: Operation) -> None:
        """Look at an operation; a reference that is sent again was looked at before."""
        if operation.reference in self._sent:
            return
        on = operation.payment_reference
        self.seen += [Misconduct(on, text) for text in self._faults_of(operation)]
        self._sent[operation.reference] = self._open[operation.reference] = operation

    def decided(self, operation: Operation) -> None:
        """The bank has said yes or no to it, or that it is malformed."""
        self._open.pop(operation.reference, None)

    def reversal(self, reference: str) -> None:
        """Look at a reversal."""
        operation = self._sent.get(reference)
        if operation is not None and operation.kind is Kind.VOID:
            self.seen.append(Misconduct(operation.payment_reference, f"the void {reference} is reversed"))
        if any(one.payment_reference == reference for one in self._sent.values()):
            text = f"{reference} is reversed, on which there were operations"
            self.seen.append(Misconduct(reference, text))

    def _faults_of(self, operation: Operation) -> Iterator[str]:
        what = f"{operation.kind} {operation.reference} of {operation.amount}"
        account = self.ledger.account(operation.payment_reference)
        still_open = self._still_open(operation.payment_reference)
        refunding = sum(one.amount for one in still_open if one.kind is Kind.REFUND)
        if not account.authorized:
            yield f"{what} on what was never authorized"
        elif _is_blocked(operation, still_open):
            yield f"{what} beside {[f'{one.kind} {one.reference}' for one in still_open]}"
        elif not _is_possible(operation, account, refunding):
            yield (
                f"{what} on {account.authorized} of which {account.captured} captured, "
                f"{account.refunded} refunded, {refunding} being refunded, voided: {account.is_voided}"
            )

    def _still_open(self, payment_reference: str) -> list[Operation]:
        """Return what may still take effect. What cannot be undone an operator may have settled."""
        closed = self.ledger.reversed_at.keys() | self.ledger.irreversible
        on = [one for one in self._open.values() if one.payment_reference == payment_reference]
        return [one for one in on if one.reference not in closed]


def _is_blocked(operation: Operation, still_open: list[Operation]) -> bool:
    """Only refunds go on beside each other."""
    kinds = [one.kind for one in still_open]
    return bool(kinds) and any(kind is not Kind.REFUND for kind in [operation.kind, *kinds])


def _is_possible(operation: Operation, account: Account, refunding: int) -> bool:
    match operation.kind:
        case Kind.CAPTURE:
            left = account.authorized - account.captured
            return account.takes_captures and operation.amount <= left
        case Kind.VOID:
            return not account.captured and not account.is_voided
        case Kind.REFUND:
            return operation.amount <= account.captured - account.refunded - refunding
