"""How many payments each phase of a run has. Each is two webhooks, or more where a kill interrupts it."""

from attrs import frozen

CALM, BESIDE_TROUBLE, KILLED = "calm", "beside", "killed"
WEBHOOKS_A_PAYMENT = 2
MOST_A_SLICE, SHARE_OF_A_SLICE = 250, 0.4
PAYMENTS_A_SECOND = 50.0


@frozen
class Plan:
    """`measured` payments are paid in each slice, the rest while the gateway is killed `kills` times."""

    webhooks: int
    kills: int
    seed: int

    @property
    def measured(self) -> int:
        return min(MOST_A_SLICE, round(self.webhooks / WEBHOOKS_A_PAYMENT * SHARE_OF_A_SLICE))

    @property
    def slices(self) -> int:
        """How many each way, alternating, so that what else the machine does is felt by both."""
        return 2 if self.measured == MOST_A_SLICE else 1

    @property
    def rest(self) -> int:
        """The calm ones are beyond what was asked for."""
        return -(-self.webhooks // WEBHOOKS_A_PAYMENT) - self.slices * self.measured

    def kills_at(self) -> list[int]:
        """Return after how many payments of the rest the gateway is killed."""
        return [self.rest * number // (self.kills + 1) for number in range(1, self.kills + 1)]
