from pgw.actors.in_flight import InFlight


def test_no_more_are_admitted_than_the_limit_and_a_release_makes_room() -> None:
    in_flight = InFlight(2)
    assert [in_flight.admit() for _ in range(3)] == [True, True, False]
    in_flight.release()
    assert in_flight.admit()
    assert in_flight.is_full


def test_a_part_is_full_where_the_whole_is() -> None:
    whole = InFlight(3)
    one, other = InFlight(2, whole), InFlight(2, whole)
    assert [one.admit(), one.admit(), one.admit()] == [True, True, False]
    assert [other.admit(), other.admit()] == [True, False]
    assert [one.count, other.count, whole.count] == [2, 1, 3]


def test_a_refusal_counts_nowhere() -> None:
    whole = InFlight(10)
    part = InFlight(1, whole)
    part.admit()
    part.admit()
    assert [part.count, whole.count] == [1, 1]


def test_a_release_makes_room_in_part_and_whole() -> None:
    whole = InFlight(1)
    one, other = InFlight(1, whole), InFlight(1, whole)
    one.admit()
    one.release()
    assert other.admit()
    assert [one.count, other.count, whole.count] == [0, 1, 1]
