"""How long an event took to the healthy endpoint, with the troubled one beside it and without."""

from collections.abc import Iterator, Mapping, Sequence

from attrs import frozen

from tests.webhook_torture.evidence import Evidence
from tests.webhook_torture.plan import BESIDE_TROUBLE, CALM
from tests.webhook_torture.receiver import HEALTHY
from tests.webhook_torture.told import told_at

# What a machine that does other work too may add, in milliseconds. Where webhooks wait for others that hang
# the middle one is later as well, and the last ones by all of `world.TIMEOUT`.
NOISE_OF_P50, NOISE_OF_P99 = 50.0, 400.0
MOST_TIMES = 2.0
LEAST_SAMPLES_FOR_P99 = 200


@frozen
class Latency:
    """In milliseconds, from the event to its webhook's arrival."""

    samples: int
    p50: float
    p99: float

    def __str__(self) -> str:
        return f"p50 {self.p50:.0f} ms, p99 {self.p99:.0f} ms of {self.samples}"


def latency_of(times: Sequence[float]) -> Latency:
    ordered = sorted(times)
    return Latency(len(ordered), ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100])


def latencies(evidence: Evidence) -> Mapping[str, Latency]:
    """Return that of the healthy endpoint for each phase, with which payments' references begin."""
    (endpoint,) = (endpoint for endpoint in evidence.endpoints if endpoint.path == HEALTHY)
    found: dict[str, list[float]] = {}
    for seq, tries in told_at(endpoint, evidence.events, evidence.requests).tries.items():
        event = evidence.events[seq]
        found.setdefault(event.reference.partition(" ")[0], []).append(tries[0].at - event.at)
    return {phase: latency_of(times) for phase, times in found.items()}


def faults_of_latency(found: Mapping[str, Latency]) -> Iterator[str]:
    """Yield a sentence where the trouble of one endpoint is felt at the other."""
    calm, beside = found.get(CALM), found.get(BESIDE_TROUBLE)
    if calm is None or beside is None:
        yield f"latency was not measured: {found}"
        return
    judged = [("p50", calm.p50, beside.p50, NOISE_OF_P50)]
    if beside.samples >= LEAST_SAMPLES_FOR_P99:
        judged.append(("p99", calm.p99, beside.p99, NOISE_OF_P99))
    for name, before, after, noise in judged:
        if after > MOST_TIMES * before + noise:
            yield f"{name} at the healthy endpoint is {after:.0f} ms beside trouble, else {before:.0f} ms"
