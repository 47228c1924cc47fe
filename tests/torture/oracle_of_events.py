"""What streams tell, over all lives of the gateway, is what is kept. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from tests.torture.case import Case
from tests.torture.listeners import Frame
from tests.torture.orders import major
from tests.torture.stored import StoredOperation, StoredPayment

TERMINAL_EVENTS = frozenset({"job.completed", "job.failed"})


def findings_of_events(case: Case) -> Iterator[str]:
    """Tell what is wrong in the streams."""
    for merchant_id, frames in case.evidence.streams.items():
        yield from _of_stream(merchant_id, frames, case.evidence.heard[merchant_id])
    yield from _of_jobs(case)


def _of_stream(merchant_id: str, frames: Sequence[Frame], heard: Sequence[Frame]) -> Iterator[str]:
    """Numbers are contiguous from 1, and what was told live is what is told ever after."""
    for told, stored in zip(heard, frames, strict=False):
        if told != stored:
            yield f"{merchant_id} was told {told}, and later {stored}"
            break
    if len(heard) != len(frames):
        yield f"{merchant_id} was told of {len(heard)} events while there are {len(frames)}"
    for expected, frame in enumerate(frames, start=1):
        if frame["seq"] != expected:
            yield f"{merchant_id} has event {frame['seq']} where {expected} should be"
            return


def _of_jobs(case: Case) -> Iterator[str]:
    """A job begins once and ends once, last, and as it is stored."""
    by_job: dict[str, list[Frame]] = defaultdict(list)
    for frames in case.evidence.streams.values():
        for frame in frames:
            by_job[frame["job"]["jobId"]].append(frame)
    for one in case.stored():
        frames = by_job.pop(one.job_id, [])
        types = [frame["type"] for frame in frames]
        ends = [kind for kind in types if kind in TERMINAL_EVENTS]
        if types.count("job.created") != 1 or types[0] != "job.created":
            yield f"{one.job_id} does not begin once: {types}"
        if len(ends) != 1 or types[-1] != ends[0]:
            yield f"{one.job_id} does not end once: {types}"
        elif not _tells(frames[-1]["job"], one):
            yield f"{one} is told as {frames[-1]}"
    yield from (f"{job_id} has events and is not stored" for job_id in by_job)


def _tells(job: Mapping[str, Any], one: StoredPayment | StoredOperation) -> bool:
    told = (job["paymentId"], job["type"], job["status"], job["paymentStatus"])
    stored = (one.payment_id, one.kind, one.job_status, one.told_status)
    amount, failure = Decimal(str(job["amount"])), job.get("error", {}).get("code")
    return (told, amount, failure) == (stored, major(one.amount, one.currency), one.failure_code)
