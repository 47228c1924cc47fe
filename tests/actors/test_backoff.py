import pytest

from pgw.actors.backoff import Backoff
from pgw.ports import SystemRandomness
from tests.actors.fake_bank import FixedRandomness


@pytest.mark.parametrize(("fraction", "share"), [(0.0, 0.5), (0.5, 0.75), (1.0, 1.0)])
def test_waits_double_up_to_the_cap_from_half_the_step_to_the_whole(fraction: float, share: float) -> None:
    backoff = Backoff(first=0.1, longest=5.0, randomness=FixedRandomness(fraction))
    steps = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    waits = [backoff.delay(tries) for tries in range(1, 9)]
    assert waits == pytest.approx([step * share for step in steps])


def test_a_million_tries_wait_no_longer_than_the_cap() -> None:
    assert Backoff(0.1, 5.0, FixedRandomness(1.0)).delay(1_000_000) == 5.0


def test_two_who_failed_together_do_not_come_back_together() -> None:
    backoff = Backoff(0.1, 5.0, SystemRandomness())
    assert len({backoff.delay(7) for _ in range(100)}) > 90
