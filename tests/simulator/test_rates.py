from collections import Counter
from random import Random

import pytest

from simulator.faults import Fault
from simulator.rates import NO_FAULTS, FaultRates, read_fault_rates


def test_rates_are_read() -> None:
    expected = FaultRates(((Fault.HANG, 0.1), (Fault.TWICE, 0.25)))
    assert expected == read_fault_rates(("hang=0.1", "twice=0.25"))
    assert read_fault_rates(()) == NO_FAULTS


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        (["explode=0.1"], "'explode' is no fault"),
        (["hang"], "the rate of hang must be from 0 to 1, as in hang=0.05"),
        (["hang=often"], "the rate of hang must be from 0 to 1"),
        (["hang=1.1"], "the rate of hang must be from 0 to 1"),
        (["hang=-0.1"], "the rate of hang must be from 0 to 1"),
        (["hang=nan"], "the rate of hang must be from 0 to 1"),
        (["hang=0.1", "hang=0.2"], "hang is given twice"),
        (["hang=0.6", "late=0.6"], "the rates add up to more than 1"),
    ],
)
def test_a_wrong_rate_is_explained(texts: list[str], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        read_fault_rates(tuple(texts))


def test_faults_are_drawn_as_often_as_their_rates_say_and_the_same_for_the_same_seed() -> None:
    rates = read_fault_rates(("hang=0.1", "twice=0.3"))
    random = Random(7)
    drawn = [rates.draw(random) for _ in range(10_000)]
    counted = Counter(drawn)
    assert 900 < counted[Fault.HANG] < 1_100
    assert 2_850 < counted[Fault.TWICE] < 3_150
    random = Random(7)
    assert drawn == [rates.draw(random) for _ in range(10_000)]


def test_a_rate_of_1_befalls_every_call() -> None:
    rates = read_fault_rates(("refuse=1",))
    random = Random(7)
    assert {Fault.REFUSE} == {rates.draw(random) for _ in range(1_000)}
