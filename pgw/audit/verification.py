"""Whether the chain is as it was sealed, and where it is not: the first bad entry, and what is wrong with it.

What this cannot see is a whole database that was put back from a copy: that is found by a head that was kept
elsewhere.
"""

from collections.abc import Sequence
from enum import StrEnum

from attrs import evolve, frozen

from pgw.audit.chain import FIRST_HASH, ChainKey
from pgw.domain.timeline import ChainHead, ChainPage, SealedEntry


class Wrong(StrEnum):
    """What is wrong."""

    CHANGED = "Changed"  # or never written by the gateway
    MISSING = "Missing"
    OUT_OF_ORDER = "OutOfOrder"
    CUT_OFF = "CutOff"
    HEAD_REPLACED = "HeadReplaced"
    NEVER_BEGUN = "NeverBegun"
    ANOTHER_SECRET = "AnotherSecret"  # noqa: S105 - says that it is, and not which
    NOT_THE_HEAD_KEPT = "NotTheHeadKept"


@frozen
class Fault:
    """The first bad entry, and the payment that it says it is of, where it is there to say so."""

    wrong: Wrong
    number: int
    payment_id: str | None
    detail: str


@frozen
class KeptHead:
    """A head that an operator kept elsewhere."""

    number: int
    hash: str


@frozen
class Walked:
    """How far the chain was walked, and what was found on the way; `verified` are sound under this key.

    Entries under another key are passed by, the first of them noted: they cannot be judged. Any other fault
    ends the walk.
    """

    key: ChainKey
    kept: KeptHead | None = None
    number: int = 0
    hash: str = FIRST_HASH
    verified: int = 0
    unjudged: Fault | None = None
    fault: Fault | None = None
    is_over: bool = False

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All that was found, the first bad entry first."""
        return tuple(one for one in (self.unjudged, self.fault) if one is not None)

    def over(self, page: ChainPage) -> "Walked":
        """Return the walk with one more page, whose entries are those after its `number`."""
        walked = self._along(page.entries)
        if walked.fault is None and walked.number >= page.newest:
            fault = _wrong_end(walked, page.head) or _kept_beyond(walked)
            walked = evolve(walked, fault=fault, is_over=True)
        return evolve(walked, is_over=True) if walked.fault else walked

    def _along(self, entries: Sequence[SealedEntry]) -> "Walked":
        key, fingerprint, kept = self.key, self.key.fingerprint, self.kept
        number, newest, verified, unjudged = self.number, self.hash, self.verified, self.unjudged
        fault = None
        for index, entry in enumerate(entries):
            is_sealed = _is_next(key, newest, number + 1, entry) and entry.number == number + 1
            if not is_sealed or entry.sealed_by != fingerprint:
                fault = _fault(key, newest, number + 1, entries[index:], is_sealed=is_sealed)
                if fault.wrong is not Wrong.ANOTHER_SECRET:
                    break
                unjudged, fault = unjudged or fault, None
            number, newest, verified = entry.number, entry.hash, verified + is_sealed
            if kept is not None and number == kept.number and newest != kept.hash:
                detail = "It is not the head that was kept: the database is another one, or was put back."
                fault = Fault(Wrong.NOT_THE_HEAD_KEPT, number, entry.payment_id, detail)
                break
        walked = evolve(self, number=number, hash=newest, verified=verified)
        return evolve(walked, unjudged=unjudged, fault=fault)


def _is_next(key: ChainKey, previous: str, number: int, entry: SealedEntry) -> bool:
    return entry.hash == key.hash_of(previous, number, entry.payment_id, entry.job_id, entry.document)


def _fault(
    key: ChainKey, previous: str, number: int, entries: Sequence[SealedEntry], *, is_sealed: bool
) -> Fault:
    """Say what is wrong where the first of these entries is not the one that has this number."""
    found = entries[0]
    if is_sealed:
        detail = "It says that it was sealed under another secret, and was not."
        return Fault(Wrong.CHANGED, number, found.payment_id, detail)
    for entry in entries:
        if _is_next(key, previous, number, entry):
            detail = f"What belongs there stands at {entry.number}, and is of payment {entry.payment_id}."
            payment_id = found.payment_id if found.number == number else None
            return Fault(Wrong.OUT_OF_ORDER, number, payment_id, detail)
    if found.number != number:
        detail = f"The next one that is there is {found.number}, of payment {found.payment_id}."
        return Fault(Wrong.MISSING, number, None, detail)
    if found.sealed_by != key.fingerprint:
        detail = f"It and maybe others were sealed under another secret, {found.sealed_by}; this one is "
        return Fault(Wrong.ANOTHER_SECRET, number, found.payment_id, f"{detail}{key.fingerprint}.")
    detail = "It was changed since it was written, or was never written by the gateway."
    return Fault(Wrong.CHANGED, number, found.payment_id, detail)


def _wrong_end(walked: Walked, head: ChainHead | None) -> Fault | None:
    """Judge the end by the head: whether anything was cut off there, or put behind it."""
    number = walked.number
    if head is None:
        detail = "The head is missing: more may have been cut off."
        return Fault(Wrong.HEAD_REPLACED, number + 1, None, detail)
    if head.number > number:
        detail = f"All from it up to {head.number} are missing."
        return Fault(Wrong.CUT_OFF, number + 1, None, detail)
    if head.number < number or head.hash != walked.hash:
        detail = f"The head was put back to entry {head.number}, or another one was put behind it."
        return Fault(Wrong.HEAD_REPLACED, head.number + 1, None, detail)
    return _wrong_seal(walked, head)


def _wrong_seal(walked: Walked, head: ChainHead) -> Fault | None:
    key, number = walked.key, walked.number
    if head.seal == key.seal_of(head.number, head.hash) and head.sealed_by == key.fingerprint:
        return None
    if not number and not head.sealed_by:
        detail = "No gateway has begun the timeline, or all of it was cut off."
        return Fault(Wrong.NEVER_BEGUN, 1, None, detail)
    is_all_ours = number == walked.verified and number > 0
    if is_all_ours or head.sealed_by == key.fingerprint:
        detail = "The head's seal is not the gateway's: more may have been cut off."
        return Fault(Wrong.HEAD_REPLACED, number + 1, None, detail)
    detail = f"The head was sealed under another secret, {head.sealed_by}; this one is {key.fingerprint}."
    return None if number else Fault(Wrong.ANOTHER_SECRET, 1, None, detail)


def _kept_beyond(walked: Walked) -> Fault | None:
    kept = walked.kept
    if kept is None or kept.number <= walked.number:
        return None
    detail = f"The head that was kept is of entry {kept.number}: the database was put back to an older state."
    return Fault(Wrong.NOT_THE_HEAD_KEPT, walked.number + 1, None, detail)
