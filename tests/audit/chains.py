"""Chains of a test's own."""

from collections.abc import Sequence

from attrs import frozen

from pgw.audit.chain import FIRST_HASH, ChainKey
from pgw.audit.verification import Fault, KeptHead, Walked
from pgw.domain.timeline import ChainHead, ChainPage, SealedEntry

KEY = ChainKey(b"the key of a chain, of 32 bytes.")
OTHER_KEY = ChainKey(b"the key of another one, 32 bytes")
# What is changed: it reads like what is there, and says something else.
DOCUMENT = '{"what":"submitted","by":"bank","at":1764000000000,"facts":{"answer":"%s"}}'


@frozen
class Chain:
    """What stands in a database: the rows in the order of their numbers, and the head."""

    entries: tuple[SealedEntry, ...]
    head: ChainHead | None

    def faults(
        self, key: ChainKey = KEY, kept: KeptHead | None = None, *, page: int = 1000
    ) -> tuple[Fault, ...]:
        return self.walked(key, kept, page=page).faults

    def walked(self, key: ChainKey = KEY, kept: KeptHead | None = None, *, page: int = 1000) -> Walked:
        newest = max((one.number for one in self.entries), default=0)
        walked = Walked(key, kept)
        while not walked.is_over:
            later = [one for one in self.entries if one.number > walked.number]
            later.sort(key=lambda one: one.number)
            walked = walked.over(ChainPage(later[:page], newest, self.head))
        return walked


def head_of(entries: Sequence[SealedEntry], key: ChainKey = KEY) -> ChainHead:
    number, newest = (entries[-1].number, entries[-1].hash) if entries else (0, FIRST_HASH)
    return ChainHead(number, newest, key.fingerprint, key.seal_of(number, newest))


def sealed(count: int, key: ChainKey = KEY, before: Sequence[SealedEntry] = ()) -> tuple[SealedEntry, ...]:
    """Return so many entries behind others, of three payments in turn."""
    entries = list(before)
    for number in range(len(entries) + 1, len(entries) + count + 1):
        previous = entries[-1].hash if entries else FIRST_HASH
        of = (f"pay_{'abc'[number % 3]}", f"job_{'abc'[number % 3]}", DOCUMENT % f"answer {number}")
        newest = key.hash_of(previous, number, *of)
        entries.append(SealedEntry(number, *of, key.fingerprint, newest))
    return tuple(entries)


def a_chain(count: int) -> Chain:
    entries = sealed(count)
    return Chain(entries, head_of(entries))
