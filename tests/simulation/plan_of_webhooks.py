"""What a seed has in store for webhooks."""

from random import Random

from attrs import frozen

from tests.simulation.receiver_faults import (
    AWAY,
    FLAKY,
    FORGETFUL,
    NO_RECEIVER_FAULTS,
    WITHDRAWN,
    ReceiverFaults,
)

PATIENT = (0.0, 1.0, 2.0, *(4.0,) * 3, *(8.0,) * 20)
SOON_OVER = (0.0, 0.5, 2.0)


@frozen
class WebhookPlan:
    """`endpoints` are of each merchant; one that `is_restless` changes them. Times are in seconds."""

    endpoints: int
    faults: ReceiverFaults
    schedule: tuple[float, ...]
    timeout: float
    disable_after: float
    of_endpoint: int
    in_all: int
    is_restless: bool


NO_WEBHOOKS = WebhookPlan(0, NO_RECEIVER_FAULTS, PATIENT, 15.0, 432_000.0, 16, 512, is_restless=False)


def webhook_plan(random: Random) -> WebhookPlan:
    return WebhookPlan(
        endpoints=random.choice((0, 0, 1, 2)),
        faults=random.choice((NO_RECEIVER_FAULTS, FLAKY, FLAKY, WITHDRAWN, AWAY, FORGETFUL)),
        schedule=random.choice((PATIENT, SOON_OVER)),
        timeout=random.choice((3.0, 15.0)),
        disable_after=random.choice((15.0, 432_000.0, 432_000.0)),
        of_endpoint=random.choice((1, 2, 16)),
        in_all=random.choice((2, 512)),
        is_restless=random.random() < 0.4,
    )
