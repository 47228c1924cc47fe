"""Faults by rate: `--fault hang=0.1` as the operator writes it."""

from hashlib import blake2b
from random import Random

import attrs

from simulator.faults import Fault


@attrs.frozen
class FaultRates:
    """How often each fault befalls a call, from 0 to 1; the rest of the calls go well."""

    rates: tuple[tuple[Fault, float], ...] = ()

    def draw(self, random: Random) -> Fault | None:
        if not self.rates:
            return None
        left = random.random()
        for fault, rate in self.rates:
            left -= rate
            if left < 0:
                return fault
        return None


NO_FAULTS = FaultRates()


def read_fault_rates(texts: tuple[str, ...]) -> FaultRates:
    """Read `("hang=0.1", "twice=0.05")`; raises ValueError with a sentence for the operator."""
    rates: dict[Fault, float] = {}
    for text in texts:
        kind, _, number = text.partition("=")
        fault = _fault(kind)
        if fault in rates:
            raise ValueError(f"{kind} is given twice.")
        rates[fault] = _rate(kind, number)
    if sum(rates.values()) > 1:
        raise ValueError("the rates add up to more than 1.")
    return FaultRates(tuple(rates.items()))


def share_of(reference: str) -> float:
    """Give a reference its place between 0 and 1 (excluded): the same each time, and after a restart too."""
    return int.from_bytes(blake2b(reference.encode(), digest_size=6).digest()) / 2**48


def _fault(kind: str) -> Fault:
    try:
        return Fault(kind)
    except ValueError:
        kinds = ", ".join(fault.value for fault in Fault)
        raise ValueError(f"{kind!r} is no fault; there are {kinds}.") from None


def _rate(kind: str, number: str) -> float:
    try:
        rate = float(number)
    except ValueError:
        rate = -1.0
    if not 0 <= rate <= 1:
        raise ValueError(f"the rate of {kind} must be from 0 to 1, as in {kind}=0.05.")
    return rate
