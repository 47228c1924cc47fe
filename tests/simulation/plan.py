"""What a seed has in store: how much is paid, what fails, and how each life ends."""

from enum import StrEnum
from random import Random

from attrs import field, frozen

from tests.simulation.bank_faults import NO_BANK_FAULTS, STORMY, BankFaults
from tests.simulation.disk_faults import NO_DISK_FAULTS, DiskFaults
from tests.simulation.plan_of_webhooks import WebhookPlan, webhook_plan

LONGEST_LIFE_SECONDS = 45.0
WEEK_SECONDS = 7 * 86400.0
HTTP_EVERY = 10
FAILING = DiskFaults(fills_up=0.01, full_seconds=8.0, write_fails=0.005, sync_fails=0.003, commit_lies=0.04)
FULL_OFTEN = DiskFaults(fills_up=0.02, full_seconds=15.0)
LYING = DiskFaults(commit_lies=0.2)
FAILING_TO_SYNC = DiskFaults(sync_fails=0.03)
HASTY = BankFaults(request=0.3, slow=0.3, slow_seconds=20.0, decline=0.1, impatient=0.3)
LATE = BankFaults(late=0.4, slow=0.2, slow_seconds=20.0, decline=0.1)
UNREACHABLE = BankFaults(refuse=0.9, never_connect=0.05)


class Kind(StrEnum):
    KILL = "kill"
    POWER_CUT = "power-cut"
    STOP = "stop"
    """SIGTERM: what is in flight may end, and nothing more is admitted."""


class Unit(StrEnum):
    SECONDS = "seconds"
    OPERATIONS = "operations"
    """Of the disk."""
    STEPS = "steps"
    """Of the scheduler."""


@frozen
class Ending:
    """How a life ends, so many seconds, operations or steps after it began, unless it ends before."""

    kind: Kind
    unit: Unit
    after: float = field(converter=float)

    def __str__(self) -> str:
        return f"{self.kind}:{self.unit}:{self.after:g}"

    @staticmethod
    def parse(text: str) -> "Ending":
        kind, unit, after = text.split(":")
        return Ending(Kind(kind), Unit(unit), float(after))


@frozen
class Plan:
    """`endings` are of the lives in the first phase; `heals_alive` lets the last life see the faults end.

    `forgets` the oldest events now and then. Times are in seconds. `operated` is the share of payments on
    which there are operations, `capture_later` of those that are only authorized at first.
    """

    endings: tuple[Ending, ...]
    heals_alive: bool
    merchants: int
    clients: int
    orders_of_each: int
    keyless: float
    bank: BankFaults
    disk: DiskFaults
    storms: bool
    kills: bool
    bugs: bool
    jumps: bool
    operator: bool
    speaks_http: bool = field(kw_only=True)
    concurrency: int
    answer_timeout: float
    submission_window: float
    inquiry_longest: float
    longest_pause: float
    changes_a_checkpoint: int
    forgets: bool
    webhooks: WebhookPlan
    operated: float
    capture_later: float
    authorized_for: float


def plan_of(seed: int) -> Plan:
    random = Random(f"plan of {seed}")
    speaks_http = seed % HTTP_EVERY == 0
    return Plan(
        endings=tuple(_ending(random) for _ in range(random.randint(1, 4))),
        heals_alive=random.random() < 0.5,
        merchants=1 if speaks_http else random.randint(1, 2),
        clients=random.randint(2, 4),
        orders_of_each=random.randint(1, 3),
        keyless=random.choice((0.0, 0.2)),
        bank=random.choice((NO_BANK_FAULTS, HASTY, STORMY, STORMY, LATE, LATE, UNREACHABLE)),
        disk=random.choice((NO_DISK_FAULTS, NO_DISK_FAULTS, FAILING, FULL_OFTEN, LYING, FAILING_TO_SYNC)),
        storms=random.random() < 0.3,
        kills=random.random() < 0.3,
        bugs=random.random() < 0.2,
        jumps=random.random() < 0.3,
        operator=random.random() < 0.3,
        concurrency=random.choice((1, 2, 4, 8)),
        answer_timeout=random.choice((5.0, 15.0, 60.0)),
        submission_window=random.choice((10.0, 60.0)),
        inquiry_longest=random.choice((8.0, 30.0, 120.0)),
        longest_pause=random.choice((0.001, 0.01, 0.01, 0.3)),
        changes_a_checkpoint=random.choice((3, 15, 2000)),
        speaks_http=speaks_http,
        forgets=random.random() < 0.2,
        webhooks=webhook_plan(random),
        operated=random.choice((0.3, 0.7, 0.7, 1.0)),
        capture_later=random.choice((0.0, 0.4, 0.6, 1.0)),
        authorized_for=random.choice((WEEK_SECONDS, WEEK_SECONDS, 60.0)),
    )


def _ending(random: Random) -> Ending:
    kind = random.choice((Kind.KILL, Kind.KILL, Kind.POWER_CUT, Kind.POWER_CUT, Kind.STOP))
    match random.choice(list(Unit)):
        case Unit.SECONDS:
            return Ending(kind, Unit.SECONDS, round(random.random() * LONGEST_LIFE_SECONDS, 3))
        case Unit.OPERATIONS:
            return Ending(kind, Unit.OPERATIONS, random.randint(1, random.choice((30, 200))))
        case Unit.STEPS:
            return Ending(kind, Unit.STEPS, random.randint(1, random.choice((300, 5000))))
