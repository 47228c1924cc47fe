"""What merchants are told in JSON, read as it would be stored."""

from datetime import datetime
from typing import Any

from pgw.domain.times import milliseconds
from tests.simulation.books import Told


def told_by(frame: dict[str, Any]) -> Told | None:
    """Return the event of a stream's frame; None for one that tells of none."""
    if frame["type"].startswith("stream."):
        return None
    job, endpoint = frame.get("job"), frame.get("endpoint")
    if job is not None:
        subject_id, says = job["jobId"], said_of_job(job)
    else:
        assert endpoint is not None, frame
        subject_id, says = endpoint["endpointId"], f"{endpoint['status']} {endpoint['disabledBecause']}"
    return Told(frame["seq"], frame["type"], subject_id, says, at(frame["occurredAt"]))


def said_of_job(job: dict[str, Any]) -> str:
    code = job["error"]["code"] if "error" in job else ""
    return f"{job['status']} {job['paymentStatus']} {code}".strip()


def at(timestamp: str) -> int:
    return milliseconds(datetime.fromisoformat(timestamp))
