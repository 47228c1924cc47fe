"""Each thing that may be wrong with what was heard is told, and nothing else is."""

import json
from collections.abc import Sequence

from attrs import evolve

from tests.reconnects.oracle import Account, Stored, findings_of

STORED = [
    Stored("mer_a", (1, "job.created", "job_a", "Created", "Created", None)),
    Stored("mer_a", (2, "job.created", "job_b", "Created", "Created", None)),
    Stored("mer_a", (3, "job.failed", "job_b", "Failed", "Failed", "Interrupted")),
    Stored("mer_a", (4, "job.completed", "job_a", "Completed", "Approved", None)),
    Stored("mer_b", (1, "job.created", "job_c", "Created", "Created", None)),
    Stored("mer_b", (2, "job.completed", "job_c", "Completed", "Declined", None)),
]
FRAMES = [
    json.dumps(
        {
            "type": kind,
            "seq": seq,
            "job": {
                "jobId": job_id,
                "status": status,
                "paymentStatus": payment_status,
                **({"error": {"code": failure}} if failure else {}),
            },
        }
    ).encode()
    for seq, kind, job_id, status, payment_status, failure in (event.told for event in STORED[:4])
]
ALL = Account("ann", "mer_a", None, 0, FRAMES)


def findings(*accounts: Account, stored: Sequence[Stored] = STORED) -> list[str]:
    return list(findings_of(stored, accounts))


def test_what_was_heard_as_it_is_stored_is_sound_from_wherever_it_began() -> None:
    of_job = Account("bob", "mer_a", "job_a", 0, [FRAMES[0], FRAMES[3]])
    assert [] == findings(ALL, of_job, Account("cat", "mer_a", None, 2, FRAMES[2:]))
    assert [] == findings(Account("dan", "mer_a", "job_a", 1, [FRAMES[3]]))


def test_an_event_that_was_missed_is_told() -> None:
    assert ["ann missed 2"] == findings(evolve(ALL, frames=[FRAMES[0], *FRAMES[2:]]))
    assert ["ann missed 4"] == findings(evolve(ALL, frames=FRAMES[:3]))


def test_an_event_that_was_heard_twice_is_told() -> None:
    assert ["ann was told twice of 2"] == findings(evolve(ALL, frames=[*FRAMES[:2], *FRAMES[1:]]))


def test_another_order_is_told() -> None:
    swapped = [FRAMES[0], FRAMES[2], FRAMES[1], FRAMES[3]]
    assert ["ann was told in another order than the log's"] == findings(evolve(ALL, frames=swapped))


def test_an_event_that_was_never_committed_is_told() -> None:
    invented = FRAMES[3].replace(b'"seq": 4', b'"seq": 5')
    said = ["ann was told of, though they are not in the log, 5"]
    assert said == findings(evolve(ALL, frames=[*FRAMES, invented]))


def test_an_event_that_says_something_else_than_the_log_is_told() -> None:
    wrong = FRAMES[3].replace(b"Approved", b"Declined")
    (said,) = findings(evolve(ALL, frames=[*FRAMES[:3], wrong]))
    assert said.startswith("ann was told (4, 'job.completed', 'job_a', 'Completed', 'Declined', None) where")


def test_the_same_event_in_another_text_is_told() -> None:
    other = [*FRAMES[:3], FRAMES[3] + b" "]
    (said,) = findings(ALL, Account("bob", "mer_a", None, 0, other))
    assert said.startswith("bob was told b'")


def test_a_log_with_a_gap_or_a_job_without_an_end_is_told() -> None:
    gap = [*STORED[:3], Stored("mer_a", (5, *STORED[3].told[1:])), *STORED[4:]]
    assert ["the log of mer_a has gaps"] == findings(stored=gap)
    assert ["job_c does not begin once and end once: ['job.created']"] == findings(stored=STORED[:5])
