"""A merchant's server behind one URL, and all that it was ever told there."""

from collections import Counter

from attrs import define, field, frozen

from pgw.domain.delivery import DeliveryKey
from tests.simulation.books import Told
from tests.simulation.receiver_faults import NO_RECEIVER_FAULTS, ReceiverFaults

GONE = 410


@define(eq=False)
class Telling:
    """One try, from when its first byte may have left. `heard` is the status that the gateway was told."""

    key: DeliveryKey
    payment_id: str | None
    event: Told
    body: bytes
    heard: int | None = None

    @property
    def was_acknowledged(self) -> bool:
        return self.heard is not None and 200 <= self.heard < 300


@frozen
class Redelivery:
    """A merchant asked for a delivery anew when so many tries had been made of it; the answer was yes."""

    key: DeliveryKey
    tries_before: int


@define(eq=False)
class Receiver:
    """Outlives each life of the gateway.

    `sent` counts the tries of each delivery, also those of which nothing was told. A merchant who was told
    that its endpoint is disabled `wants_nothing`.
    """

    merchant_id: str
    url: str
    faults: ReceiverFaults = NO_RECEIVER_FAULTS
    down_until: float = 0.0
    tellings: list[Telling] = field(factory=list)
    under_way: list[DeliveryKey] = field(factory=list)
    sent: Counter[DeliveryKey] = field(factory=Counter)
    redeliveries: list[Redelivery] = field(factory=list)
    wants_nothing: bool = False
    secret_version: int = 1

    def of(self, key: DeliveryKey) -> list[Telling]:
        return [one for one in self.tellings if one.key == key]

    @property
    def has_said_gone(self) -> bool:
        return any(one.heard == GONE for one in self.tellings)

    def has_acknowledged(self, key: DeliveryKey) -> bool:
        return any(one.was_acknowledged for one in self.of(key))
