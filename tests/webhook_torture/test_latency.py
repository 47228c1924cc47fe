"""A healthy endpoint that feels the trouble beside it is told; what a busy machine adds is not."""

from tests.webhook_torture.latency import Latency, faults_of_latency, latency_of


def test_the_middle_and_the_last_hundredth_are_told() -> None:
    assert Latency(200, 101, 199) == latency_of(range(200, 0, -1))


def test_unchanged_latency_is_no_fault() -> None:
    assert [] == list(faults_of_latency({"calm": Latency(500, 10, 80), "beside": Latency(500, 60, 500)}))


def test_latency_of_a_hanging_neighbour_is_a_fault() -> None:
    found = {"calm": Latency(500, 10, 40), "beside": Latency(500, 100, 600)}
    assert [
        "p50 at the healthy endpoint is 100 ms beside trouble, else 10 ms",
        "p99 at the healthy endpoint is 600 ms beside trouble, else 40 ms",
    ] == list(faults_of_latency(found))


def test_the_worst_of_a_few_is_not_judged() -> None:
    assert [] == list(faults_of_latency({"calm": Latency(9, 10, 40), "beside": Latency(9, 10, 600)}))


def test_latency_that_was_not_measured_is_a_fault() -> None:
    (fault,) = faults_of_latency({"calm": Latency(9, 10, 40)})
    assert fault.startswith("latency was not measured")
