"""Events of the stream and of webhooks, a line each for people."""

from collections.abc import Mapping
from typing import Any

import simplejson

from pgw.cli.operating import time_of
from pgw.cli.tables import Table, printable

NONE = "-"
_HEADS = ("TIME", "SEQ", "EVENT", "OPERATION", "JOB", "PAYMENT STATUS", "AMOUNT", "")
# So that the first lines stand in the columns of those that follow.
_TYPICAL = (f"{'TIME':23}", f"{'SEQ':6}", "job.completed", "", f"{'job_':36}", "PartiallyCaptured", "", "")
_COLOURS = {
    **dict.fromkeys(("Approved", "Authorized", "PartiallyCaptured"), "green"),
    **dict.fromkeys(("Declined", "Failed"), "red"),
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
            of_job = (job.get(name, NONE) for name in ("type", "jobId", "paymentStatus"))
            cells = [*of_job, _amount(job, members.get("payment"))]
            colour, told = _colour(job), _told(job)
        else:
            colour, cells = None, [NONE] * 4
            told = simplejson.dumps(dict(members), use_decimal=True) if members else ""
        notes = "  ".join(text for text in (told, note) if text)
        row = [_time(occurred_at), seq, kind, *cells, notes]
        self._table.print([printable(str(cell)) for cell in row], colour=colour)


def _time(at: object) -> str:
    return time_of(at) if isinstance(at, str) else NONE


def _colour(job: Mapping[str, Any]) -> str | None:
    """Return the colour of what a job came to: an open one shows one only where it is in doubt."""
    status = str(job.get("paymentStatus"))
    if job.get("status") == "Created":
        return "yellow" if status == "Unknown" else None
    return "red" if job.get("status") == "Failed" else _COLOURS.get(status)


def _told(job: Mapping[str, Any]) -> str:
    """Return why a job failed, in the bank's words too, and what is special about it."""
    error = job.get("error")
    notes = [str(error.get("detail", ""))] if isinstance(error, dict) else []
    notes += [f"({error['declineCode']})"] if isinstance(error, dict) and "declineCode" in error else []
    notes += ["final"] if job.get("final") is True else []
    notes += [f"reason: {job['reason']}"] if "reason" in job else []
    return "  ".join(note for note in notes if note)


def _amount(job: Mapping[str, Any], payment: object) -> str:
    """Return the amount, with its currency where the payment is there to tell it."""
    amount = str(job.get("amount", NONE))
    price = payment.get("price") if isinstance(payment, dict) else None
    return f"{amount} {price.get('currency', '')}".rstrip() if isinstance(price, dict) else amount
