"""What must be true of events: one log in one order, and streams that tell just that."""

from collections.abc import Iterator, Mapping, Sequence

from attrs import define, field, frozen

from tests.simulation.books import Booked, Books, Told
from tests.simulation.event_log import EventLog

ENDS = {"Completed": "job.completed", "Failed": "job.failed"}


@define(eq=False)
class Stream:
    """What a follower was told, of all the merchant's jobs or of one; and what not, as it was told too.

    `skipped` are the events that were forgotten before it came to them.
    """

    merchant_id: str
    job_id: str | None = None
    told: list[Told] = field(factory=list)
    skipped: list[range] = field(factory=list)
    has_ended: bool = False

    @property
    def seq(self) -> int:
        """Where it goes on: after what it was told, or that it is not told any more."""
        return max([0, *(one.seq for one in self.told[-1:]), *(one.stop - 1 for one in self.skipped[-1:])])

    def skip(self, until: int) -> None:
        """Go on behind what is forgotten."""
        self.skipped.append(range(self.seq + 1, until + 1))

    def wanted(self, log: Sequence[Told]) -> list[Told]:
        """Return what it is to be told of a merchant's events."""
        return [
            one
            for one in log
            if self.job_id in (None, one.subject_id) and not any(one.seq in gone for gone in self.skipped)
        ]

    def __str__(self) -> str:
        return f"the stream of {self.job_id or self.merchant_id}"


@frozen
class Polled:
    """A job as a poll was answered it."""

    merchant_id: str
    job_id: str
    says: str
    updated_at: int


def events_at_start(
    books: Books, log: EventLog, streams: Sequence[Stream], polls: Sequence[Polled]
) -> Iterator[str]:
    """Yield what was told and is not in the log: it may lack what is still to be told."""
    for stream in streams:
        yield from _skipped(stream, books)
        wanted = stream.wanted(log.of(stream.merchant_id))[: len(stream.told)]
        if stream.told != wanted:
            yield f"events: {stream} told {_difference(stream.told, wanted)}"
    for poll in polls:
        if not any(
            (poll.job_id, poll.says, poll.updated_at) == (one.subject_id, one.says, one.occurred_at)
            for one in log.of(poll.merchant_id)
        ):
            yield f"events: {poll} is not in the log"


def events_at_the_end(
    books: Books, log: EventLog, streams: Sequence[Stream], polls: Sequence[Polled]
) -> Iterator[str]:
    """Yield what is not as it was told, and what was not told."""
    for merchant_id, last_seq in books.last_seqs.items():
        if last_seq != len(log.of(merchant_id)):
            yield f"events: the last seq of {merchant_id} is not that of its last event"
    for stream in streams:
        yield from _skipped(stream, books)
        wanted = stream.wanted(log.of(stream.merchant_id))
        if stream.told != wanted:
            yield f"events: {stream} told {_difference(stream.told, wanted)}"
    yield from events_at_start(books, log, (), polls)
    yield from _lives_of_jobs(books.jobs, {one: log.of(one) for one in books.last_seqs})


def _skipped(stream: Stream, books: Books) -> Iterator[str]:
    forgotten = books.forgotten_seqs.get(stream.merchant_id, 0)
    for gone in stream.skipped:
        if not gone or gone[-1] > forgotten:
            yield f"events: {stream} says that {gone} are forgotten, and only those up to {forgotten} are"


def _difference(told: Sequence[Told], stored: Sequence[Told]) -> str:
    for number, (one, another) in enumerate(zip(told, stored, strict=False)):
        if one != another:
            return f"{one} as event no. {number + 1}, and {another} is stored"
    return f"{len(told)} events, and {len(stored)} are stored"


def _lives_of_jobs(jobs: Sequence[Booked], events: Mapping[str, Sequence[Told]]) -> Iterator[str]:
    """Each job begins, is updated where it is a payment's, and ends once."""
    of_jobs: dict[str, list[str]] = {one.job_id: [] for one in jobs}
    for events_of_one in events.values():
        for event in events_of_one:
            if event.type.startswith("job."):
                of_jobs.setdefault(event.subject_id, []).append(event.type)
    for job in jobs:
        types = of_jobs[job.job_id]
        end = [ENDS[job.job_status]] if job.job_status in ENDS else []
        between = {"job.updated"} if job.is_payment else set()
        updates = types[1:-1] if end else types[1:]
        if types[:1] != ["job.created"] or types[-1:] != (end or types[-1:]) or set(updates) - between:
            yield f"events: those of {job.job_id} are {types}"
