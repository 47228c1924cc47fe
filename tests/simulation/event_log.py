"""All events that were ever found in the database, from which a merchant forgets the oldest ones."""

from collections.abc import Iterator, Mapping, Sequence

from attrs import define, field

from tests.simulation.books import Told


@define
class EventLog:
    """What was found once is found again, unless it is forgotten, and stays as it was."""

    _found: dict[str, list[Told]] = field(factory=dict)

    def of(self, merchant_id: str) -> Sequence[Told]:
        """Return the merchant's events from its first one on."""
        return self._found.get(merchant_id, ())

    def take(self, events: Mapping[str, Sequence[Told]], forgotten_seqs: Mapping[str, int]) -> Iterator[str]:
        """Take in what is kept now; yield what is missing or another one than before."""
        for merchant_id, forgotten in forgotten_seqs.items():
            yield from self._take(merchant_id, events.get(merchant_id, ()), forgotten)

    def _take(self, merchant_id: str, kept: Sequence[Told], forgotten: int) -> Iterator[str]:
        found = self._found.setdefault(merchant_id, [])
        if forgotten > len(found):
            yield f"events: {merchant_id} forgot events up to {forgotten}, and only {len(found)} were there"
        if [one.seq for one in kept] != list(range(forgotten + 1, forgotten + len(kept) + 1)):
            yield f"events: those of {merchant_id} have gaps"
        for before, now in zip(found[forgotten:], kept, strict=False):
            if before != now:
                yield f"events: {before} has become {now}"
        if forgotten + len(kept) < len(found):
            yield f"events: of {len(found)} events of {merchant_id} {forgotten + len(kept)} are left"
        found[forgotten:] = kept
