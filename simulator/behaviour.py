"""What the operator chose of how the bank behaves."""

import attrs

from simulator.profiles import Profile
from simulator.rates import NO_FAULTS, FaultRates


@attrs.frozen
class Behaviour:
    """All times are in seconds."""

    profile: Profile = Profile.MAGIC
    dedupe: bool = True
    latency: float = 0
    jitter: float = 0
    late_seconds: float = 15
    faults: FaultRates = NO_FAULTS
    operation_faults: FaultRates = NO_FAULTS
    lookup_faults: FaultRates = NO_FAULTS
    reversal_faults: FaultRates = NO_FAULTS
    refuse_reversals: float = 0
    """The share of references, from 0 to 1, that it does not reverse."""
    authorization_seconds: float | None = None
    """How long after its authorization a payment can be captured or voided; None is for ever."""
