"""What of `docs/payments.md` is made of the code: each piece stands between two marks of its name."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from attrs import evolve

from pgw.domain.operation import (
    POSSIBLE_FROM,
    REFUSED_ELSEWHERE,
    CaptureOrder,
    OperationOrder,
    OperationRefusal,
    RefundOrder,
    VoidOrder,
    begin,
)
from pgw.domain.payment import TRANSITIONS, Payment, PaymentStatus
from pgw.domain.result import Err
from pgw.http.docs import lives
from pgw.http.payments.statuses import MEANING
from pgw.http.problems.of_jobs import OF_JOBS
from tests.end_to_end.programs import PROJECT

PAGE = PROJECT / "docs" / "payments.md"
_NOW = datetime(2026, 11, 22, tzinfo=UTC)
_ORDERS: Mapping[str, OperationOrder] = {
    "capture": CaptureOrder(1),
    "void": VoidOrder(),
    "refund": RefundOrder(1),
}
_OPEN: Mapping[str, Mapping[str, Any]] = {
    "capture": {"capturing": 1},
    "void": {"is_voiding": True},
    "refund": {"refunding": 1},
}


def diagram() -> str:
    """Draw all transitions; a status from which none leads is an end."""
    lines = ["stateDiagram-v2", f"    [*] --> {PaymentStatus.CREATED}: accepted"]
    for status, steps in TRANSITIONS.items():
        lines += [f"    {status} --> {to}: {step}" for step, to in steps.items()]
        lines += [] if steps else [f"    {status} --> [*]"]
    return "\n".join(["```mermaid", *lines, "```"])


def statuses() -> str:
    return _table(("status", "means"), ((f"`{status}`", MEANING[status]) for status in TRANSITIONS))


def operations() -> str:
    heads = ("operation", "possible while the payment is", "else refused with", "waits for the end of")
    return _table(heads, (_operation(name, order) for name, order in _ORDERS.items()))


def failures() -> str:
    return _table(
        ("`error.code`", "means", "in full"),
        ((f"`{one.code}`", one.title, one.explanation.partition(". ")[2]) for one in OF_JOBS),
    )


def _operation(name: str, order: OperationOrder) -> tuple[str, ...]:
    possible = [status for status in TRANSITIONS if status in POSSIBLE_FROM[type(order)]]
    blocking = [f"a {one}" for one in _OPEN if any(_is_blocked(status, order, one) for status in possible)]
    return (
        name,
        ", ".join(f"`{status}`" for status in possible),
        f"409 `{REFUSED_ELSEWHERE[type(order)]}`",
        " or ".join(blocking),
    )


def _is_blocked(status: PaymentStatus, order: OperationOrder, open_one: str) -> bool:
    if status not in POSSIBLE_FROM[type(_ORDERS[open_one])]:
        return False  # such a one is never open then
    payment: Payment = evolve(lives.AUTHORIZED, status=status, captured=500, **_OPEN[open_one])
    return begin(payment, order, _NOW) == Err(OperationRefusal.OPERATION_IN_PROGRESS)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (heads, ("---",) * len(heads), *rows))


PIECES = {"life": diagram, "statuses": statuses, "operations": operations, "failures": failures}


def drawn(page: str) -> str:
    """Return the page with each piece as the code makes it now."""
    for name, piece in PIECES.items():
        begin_mark, end_mark = f"<!-- {name}, made by `make docs` -->", f"<!-- end of {name} -->"
        before, *others = page.split(begin_mark)
        assert len(others) == 1, f"there is not one place for {name}"
        _, mark, after = others[0].partition(end_mark)
        assert mark, f"the place for {name} has no end"
        page = f"{before}{begin_mark}\n{piece()}\n{end_mark}{after}"
    return page
