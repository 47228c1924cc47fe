"""What each round does, drawn from the seed before it begins: who dies when, and how the bank misbehaves."""

from collections.abc import Mapping, Sequence
from random import Random

from attrs import frozen

# Longer than a look-up takes to come, which is at most a second after it is due.
SLOW_SECONDS = 1.6
MONEY_FAULTS = (
    *("refuse", "hang", "unavailable_503", "late", "drop_after_booking"),
    *("error_500", "twice", "half", "garbage"),
)
# A look-up or a reversal that is late is a hang to a gateway that waits less.
OTHER_FAULTS = ("refuse", "hang", "unavailable_503", "drop_after_booking", "error_500", "half", "garbage")
SICKNESSES = ("unavailable_503", "hang", "error_500")
CHANCE_OF_A_SICK_BANK = 0.1
CHANCE_TO_VERIFY_BESIDE = 0.3


@frozen
class BankFaults:
    """Shares of calls, from 0 to 1, by kind of fault; times are in seconds."""

    payments: Mapping[str, float]
    operations: Mapping[str, float]
    look_ups: Mapping[str, float]
    reversals: Mapping[str, float]
    latency: float
    jitter: float
    seed: int

    @property
    def options(self) -> Sequence[str]:
        return (
            *(f"--fault={kind}={rate:.3f}" for kind, rate in self.payments.items()),
            *(f"--operation-fault={kind}={rate:.3f}" for kind, rate in self.operations.items()),
            *(f"--lookup-fault={kind}={rate:.3f}" for kind, rate in self.look_ups.items()),
            *(f"--reversal-fault={kind}={rate:.3f}" for kind, rate in self.reversals.items()),
            *(f"--latency={self.latency:.3f}", f"--jitter={self.jitter:.3f}", f"--seed={self.seed}"),
        )


@frozen
class BankDeath:
    """The bank is killed so many seconds into the round, and away for so many."""

    after: float
    away: float


@frozen
class RoundPlan:
    """The gateway dies at each of `starts`, as shares of the time that a start takes, then under load."""

    number: int
    starts: Sequence[float]
    under_load: float
    bank_death: BankDeath | None
    verifies_beside: bool
    """Whether the timeline is verified beside the running gateway too."""
    faults: BankFaults
    """Of the bank that this round starts."""


def plan_of(seed: int, number: int) -> RoundPlan:
    random = Random(f"round {number} of {seed}")
    starts = random.choices((0, 1, 2), weights=(5, 3, 2))[0]
    bank_dies = random.random() < 0.5
    return RoundPlan(
        number=number,
        # Of the first half of a start the interpreter's imports are most.
        starts=[random.uniform(0.4, 1.3) for _ in range(starts)],
        under_load=random.uniform(0.1, 1.6),
        bank_death=BankDeath(random.uniform(0, 1.8), random.uniform(0, 0.5)) if bank_dies else None,
        verifies_beside=random.random() < CHANCE_TO_VERIFY_BESIDE,
        faults=_faults(random),
    )


def _faults(random: Random) -> BankFaults:
    return BankFaults(
        payments=_rates_of_money(random),
        operations=_rates_of_money(random),
        look_ups=_rates(random, OTHER_FAULTS, kinds=3, most=0.08),
        reversals=_rates(random, OTHER_FAULTS, kinds=3, most=0.12),
        latency=random.choice((0, 0.01, 0.05)),
        jitter=random.choice((0, 0.05, 0.2)),
        seed=random.getrandbits(31),
    )


def _rates_of_money(random: Random) -> Mapping[str, float]:
    """Draw what befalls payments, or operations."""
    if random.random() < CHANCE_OF_A_SICK_BANK:
        return {random.choice(SICKNESSES): 0.8}
    # What comes after it was never seen is what retries and reversals go wrong on.
    delayed = {"delayed": random.uniform(0.05, 0.12)}
    return _rates(random, MONEY_FAULTS, kinds=5, most=0.07) | delayed


def _rates(random: Random, faults: Sequence[str], *, kinds: int, most: float) -> dict[str, float]:
    return {kind: random.uniform(0.01, most) for kind in random.sample(faults, kinds)}
