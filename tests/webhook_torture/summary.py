"""What a run came to, in some lines."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from tests.webhook_torture.evidence import Evidence
from tests.webhook_torture.judge import ENDS
from tests.webhook_torture.latency import Latency
from tests.webhook_torture.plan import BESIDE_TROUBLE, CALM, KILLED
from tests.webhook_torture.receiver import TROUBLED
from tests.webhook_torture.run import Span
from tests.webhook_torture.told import is_success
from tests.webhook_torture.tries import is_cut_off


def lines_of(evidence: Evidence, spans: Sequence[Span], found: Mapping[str, Latency]) -> Iterator[str]:
    troubled = [request for request in evidence.requests if request.path == TROUBLED]
    answers = Counter("none" if one.status is None else str(one.status) for one in troubled)
    said = ", ".join(f"{count} {status}" for status, count in answers.most_common())
    webhooks = {one.id for one in troubled}
    yield f"troubled    {len(webhooks)} webhooks, {len(troubled)} tries, answered {said}"
    yield f"both        {len(evidence.deliveries)} webhooks, {len(evidence.kills)} kills"
    yield f"twice       {_told_twice(evidence)}"
    yield from _speed(evidence, spans)
    for phase in (CALM, BESIDE_TROUBLE, KILLED):
        yield f"latency     {phase:<8}{found.get(phase)}"
    calm, beside = found.get(CALM), found.get(BESIDE_TROUBLE)
    if calm is not None and beside is not None:
        ratios = beside.p50 / max(calm.p50, 1), beside.p99 / max(calm.p99, 1)
        yield f"ratio       p50 {ratios[0]:.2f}, p99 {ratios[1]:.2f} of what it is without trouble"


def _told_twice(evidence: Evidence) -> str:
    """Say how many were answered 2xx more than once; each of the others has an answer that came too late."""
    well = [one for one in evidence.requests if is_success(one.status)]
    counts = Counter((one.path, one.id) for one in well)
    firsts = {(one.path, one.id): one for one in reversed(well)}
    again = [name for name, count in counts.items() if count > 1]
    by_kills = sum(is_cut_off(firsts[name], evidence.kills) for name in again)
    return f"{len(again)} were answered 2xx more than once, {by_kills} of them at a kill"


def _speed(evidence: Evidence, spans: Sequence[Span]) -> Iterator[str]:
    for span in spans:
        within = [one for one in evidence.requests if span.began <= one.at < span.ended]
        seconds, tries = max(1, span.ended - span.began) / 1000, len(within)
        well, paid = sum(is_success(one.status) for one in within), _paid(evidence, span)
        yield f"{span.name:<12}{paid} payments, {tries} tries, {well} webhooks delivered in {seconds:.1f} s"
        cpu = f"{span.cpu * 1000 / max(1, tries):.2f} ms of CPU a try"
        yield f"            {well / seconds:.0f} webhooks/s, {cpu}, the machine {span.busy:.0%} busy"


def _paid(evidence: Evidence, span: Span) -> int:
    ends = [event for event in evidence.events.values() if event.type in ENDS]
    return sum(span.began <= event.at < span.ended for event in ends)
