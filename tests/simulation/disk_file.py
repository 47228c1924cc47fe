"""What one file holds: as programs see it, and as it would be after a power cut."""

from random import Random

from attrs import define, field, frozen

SECTOR_BYTES = 512
PAGE_BYTES = 4096
# How likely it is that an unsynced change is on the platters anyhow: one of these for each file at each cut.
LIKELIHOODS = (0.0, 0.1, 0.5, 0.9, 1.0)


@frozen
class Write:
    offset: int
    data: bytes

    def apply(self, content: bytearray) -> None:
        content.extend(bytes(max(0, self.offset - len(content))))
        content[self.offset : self.offset + len(self.data)] = self.data

    def sectors(self) -> list["Write"]:
        """Return the pieces that a disk writes whole or not at all."""
        pieces, at, end = [], self.offset, self.offset + len(self.data)
        while at < end:
            until = min(end, (at // SECTOR_BYTES + 1) * SECTOR_BYTES)
            pieces.append(Write(at, self.data[at - self.offset : until - self.offset]))
            at = until
        return pieces


@frozen
class Truncation:
    size: int

    def apply(self, content: bytearray) -> None:
        if len(content) > self.size:
            del content[self.size :]
        else:
            content.extend(bytes(self.size - len(content)))


@define(eq=False)
class DiskFile:
    """`seen` survives a kill; `durable` survives a power cut, and of what is `unsynced` some or none."""

    seen: bytearray = field(factory=bytearray)
    durable: bytearray = field(factory=bytearray)
    unsynced: list[Write | Truncation] = field(factory=list)

    def change(self, change: Write | Truncation) -> None:
        change.apply(self.seen)
        self.unsynced.append(change)

    def sync(self) -> None:
        for change in self.unsynced:
            change.apply(self.durable)
        self.unsynced.clear()

    def fail_to_sync(self, random: Random) -> None:
        """Lose at random what was to be synced, for good, though it is still seen.

        Linux marks pages clean after a failed fsync, so that the next one succeeds without them.
        """
        self._write_some(random)

    def lose_power(self, random: Random) -> None:
        self._write_some(random)
        self.seen = bytearray(self.durable)

    def evict(self, random: Random) -> None:
        """Read pages that a failed fsync left clean and unwritten from the platters again, some of them."""
        if self.unsynced or self.seen == self.durable or random.random() < 0.5:
            return
        for at in range(0, min(len(self.seen), len(self.durable)), PAGE_BYTES):
            if random.random() < 0.5:
                end = min(at + PAGE_BYTES, len(self.seen), len(self.durable))
                self.seen[at:end] = self.durable[at:end]

    def _write_some(self, random: Random) -> None:
        likelihood = random.choice(LIKELIHOODS)
        for change in self.unsynced:
            is_torn = isinstance(change, Write) and random.random() < 0.5
            for part in change.sectors() if is_torn and isinstance(change, Write) else [change]:
                if random.random() < likelihood:
                    part.apply(self.durable)
        self.unsynced.clear()
