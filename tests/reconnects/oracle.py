"""What must hold of what was heard: each finding is a sentence. Pure."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

Told = tuple[int, str, str, str, str, str | None]
"""An event's `seq`, type, job, that job's status, its payment's and its failure."""


@frozen
class Stored:
    """An event as it is in the gateway's file afterwards."""

    merchant_id: str
    told: Told

    @property
    def seq(self) -> int:
        return self.told[0]

    @property
    def job_id(self) -> str:
        return self.told[2]


@frozen
class Account:
    """What one client heard: all of a merchant's events after one, or all of a job's."""

    name: str
    merchant_id: str
    job_id: str | None
    began_after: int
    frames: Sequence[bytes]


def findings_of(stored: Sequence[Stored], accounts: Sequence[Account]) -> Iterator[str]:
    """Tell everything that is wrong: each event once, in order, and the same to everybody."""
    by_whom: dict[str, list[Stored]] = defaultdict(list)
    for event in stored:
        by_whom[event.merchant_id].append(event)
        by_whom[event.job_id].append(event)
    yield from _of_log(stored)
    for account in accounts:
        yield from _of_account(account, by_whom[account.job_id or account.merchant_id])
    yield from _of_bytes(accounts)


def _of_log(stored: Sequence[Stored]) -> Iterator[str]:
    """Numbers are contiguous from 1, by merchant; a job begins once and ends once."""
    by_merchant: dict[str, list[int]] = defaultdict(list)
    by_job: dict[str, list[str]] = defaultdict(list)
    for event in stored:
        by_merchant[event.merchant_id].append(event.seq)
        by_job[event.job_id].append(event.told[1])
    for merchant_id, seqs in by_merchant.items():
        if seqs != list(range(1, len(seqs) + 1)):
            yield f"the log of {merchant_id} has gaps"
    for job_id, types in by_job.items():
        ends = [kind for kind in types if kind in {"job.completed", "job.failed"}]
        if types[0] != "job.created" or types.count("job.created") != 1 or ends != types[-1:]:
            yield f"{job_id} does not begin once and end once: {types}"


def _of_account(account: Account, stored: Sequence[Stored]) -> Iterator[str]:
    expected = [event.told for event in stored if event.seq > account.began_after]
    told = [told_by(json.loads(frame)) for frame in account.frames]
    if told == expected:
        return
    heard, kept = [one[0] for one in told], [one[0] for one in expected]
    missed, invented = sorted(set(kept) - set(heard)), sorted(set(heard) - set(kept))
    twice = [seq for seq, times in sorted(Counter(heard).items()) if times > 1]
    yield from _said(account.name, "missed", missed)
    yield from _said(account.name, "was told twice of", twice)
    yield from _said(account.name, "was told of, though they are not in the log,", invented)
    if heard != sorted(heard):
        yield f"{account.name} was told in another order than the log's"
    elif not (missed or twice or invented):
        wrong = next((one, other) for one, other in zip(told, expected, strict=True) if one != other)
        yield f"{account.name} was told {wrong[0]} where the log has {wrong[1]}"


def _said(name: str, what: str, seqs: Sequence[int]) -> Iterator[str]:
    if seqs:
        more = f" and {len(seqs) - 5} more" if len(seqs) > 5 else ""
        yield f"{name} {what} {', '.join(map(str, seqs[:5]))}{more}"


def _of_bytes(accounts: Sequence[Account]) -> Iterator[str]:
    """An event is the same text to everybody, whether it was told live or from storage."""
    first: dict[tuple[str, int], tuple[str, bytes]] = {}
    for account in accounts:
        for frame in account.frames:
            name, other = first.setdefault(
                (account.merchant_id, json.loads(frame)["seq"]), (account.name, frame)
            )
            if frame != other:
                yield f"{account.name} was told {frame!r} and {name} {other!r}"
                return


def told_by(frame: Mapping[str, Any]) -> Told:
    job = frame["job"]
    failure = job.get("error", {}).get("code")
    return frame["seq"], frame["type"], job["jobId"], job["status"], job["paymentStatus"], failure
