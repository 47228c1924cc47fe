"""The request to capture, to void or to refund, read as strictly as the request to pay."""

import hashlib
from collections.abc import Mapping

import attrs

from simulator.booking import Kind
from simulator.fields import amount_of, boolean, read_object

FIELDS: Mapping[Kind, frozenset[str]] = {
    Kind.CAPTURE: frozenset({"amount", "final"}),
    Kind.VOID: frozenset(),
    Kind.REFUND: frozenset({"amount"}),
}


@attrs.frozen
class Operation:
    kind: Kind
    payment_reference: str
    amount: int | None = None
    """In minor units; None is all that is left."""
    final: bool = False
    """Of a capture: no other one comes, so that the rest is released."""

    def fingerprint(self, key: bytes) -> bytes:
        """Tell whether two requests are the same; a payment's is never the same as an operation's."""
        request = f"{self.kind.value} {self.payment_reference} {self.amount} {self.final}"
        return hashlib.blake2b(request.encode(), key=key, digest_size=16).digest()


def read_operation(kind: Kind, payment_reference: str, body: bytes) -> Operation:
    """Read a request's body, which may be empty for a void alone; raises MalformedError."""
    is_empty = kind is Kind.VOID and not body.strip()
    fields = {} if is_empty else read_object(body, FIELDS[kind])
    amount = amount_of(fields) if "amount" in fields else None
    return Operation(kind, payment_reference, amount, boolean(fields, "final", default=False))
