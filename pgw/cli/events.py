"""Events of the stream and of webhooks, a line each for people."""

from collections.abc import Mapping
from typing import Any

import simplejson

from pgw.cli.operating import time_of
from pgw.cli.tables import Table, printable

NONE = "-"
_HEADS = ("TIME", "SEQ", "EVENT", "JOB", "PAYMENT STATUS", "AMOUNT", "")
# So that the first lines stand in the columns of those that follow.
_TYPICAL = (f"{'TIME':23}", f"{'SEQ':6}", "job.completed", f"{'job_':36}", "", "", "")
_COLOURS = {
    **dict.fromkeys(("Approved", "Authorized"), "green"),
    **dict.fromkeys(("Declined", "Failed"), "red"),
    "Unknown": "yellow",
}


class EventLines:
    """Prints events under their heads. One of a type that is not known yet is shown by what it has."""

    def __init__(self) -> None:
        self._table = Table(*_HEADS, right=("SEQ", "AMOUNT"))
        self._table.fit([_TYPICAL])

    def print(
        self,
        occurred_at: object,
        seq: object,
        kind: object,
        members: Mapping[str, Any],
        *,
        note: str = "",
    ) -> None:
        """Print an event with its `members`, such as its `job`."""
        job = members.get("job")
        if isinstance(job, dict):
            status = str(job.get("paymentStatus", NONE))
            cells = [job.get("jobId", NONE), status, _amount(job, members.get("payment"))]
            error = job.get("error")
            told = str(error.get("detail", "")) if isinstance(error, dict) else ""
        else:
            status, cells = "", [NONE, NONE, NONE]
            told = simplejson.dumps(dict(members), use_decimal=True) if members else ""
        notes = "  ".join(text for text in (told, note) if text)
        row = [_time(occurred_at), seq, kind, *cells, notes]
        self._table.print([printable(str(cell)) for cell in row], colour=_COLOURS.get(status))


def _time(at: object) -> str:
    return time_of(at) if isinstance(at, str) else NONE


def _amount(job: Mapping[str, Any], payment: object) -> str:
    """Return the amount, with its currency where the payment is there to tell it."""
    amount = str(job.get("amount", NONE))
    price = payment.get("price") if isinstance(payment, dict) else None
    return f"{amount} {price.get('currency', '')}".rstrip() if isinstance(price, dict) else amount
