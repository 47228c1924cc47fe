"""What the oracle must notice, told it one by one: it would let no such thing pass in a seed."""

from collections.abc import Callable

import pytest
from attrs import evolve

from pgw.domain.delivery import DeliveryKey
from tests.simulation.books import Books, Told
from tests.simulation.endpoint_history import EndpointHistory, Kept, Seen, State
from tests.simulation.event_log import EventLog
from tests.simulation.oracle_of_events import Polled, Stream, events_at_start, events_at_the_end
from tests.simulation.oracle_of_webhooks import webhooks_at_the_end
from tests.simulation.receiver import Receiver, Redelivery, Telling
from tests.simulation.webhook_books import BookedDelivery

MERCHANT, ENDPOINT = "mer_a", "whe_a"
EVENTS = (
    Told(1, "job.created", "job_a", "Created Created", 1),
    Told(2, "job.created", "job_b", "Created Created", 2),
    Told(3, "job.completed", "job_a", "Completed Approved", 3),
)
ENABLED = State("Enabled", "", None, 1)


def _log(*events: Told, forgotten: int = 0) -> EventLog:
    log = EventLog()
    assert [] == list(log.take({MERCHANT: events}, {MERCHANT: forgotten}))
    return log


def _books(forgotten: int = 0) -> Books:
    return Books((), {}, {MERCHANT: EVENTS}, {MERCHANT: 3}, {MERCHANT: forgotten})


def _findings(*told: Told, job_id: str | None = None) -> list[str]:
    stream = Stream(MERCHANT, job_id, list(told))
    return list(events_at_the_end(_books(), _log(*EVENTS), [stream], []))


def test_a_stream_that_told_just_what_is_stored_is_right() -> None:
    assert [] == _findings(*EVENTS)
    assert [] == _findings(EVENTS[0], EVENTS[2], job_id="job_a")


@pytest.mark.parametrize(
    "told",
    [
        EVENTS[:2],
        (EVENTS[0], EVENTS[0], *EVENTS[1:]),
        (EVENTS[1], EVENTS[0], EVENTS[2]),
        (*EVENTS, Told(4, "job.failed", "job_b", "Failed Failed", 4)),
        (*EVENTS[:2], evolve(EVENTS[2], says="Completed Declined")),
    ],
    ids=["one is missing", "one comes twice", "out of order", "one is not stored", "another content"],
)
def test_a_stream_that_told_anything_else_is_found(told: tuple[Told, ...]) -> None:
    assert _findings(*told)


def test_a_stream_of_a_job_that_left_one_out_is_found() -> None:
    assert _findings(EVENTS[0], job_id="job_a")


def test_what_was_told_and_is_lost_at_a_crash_is_found_at_the_next_start() -> None:
    log, told = _log(*EVENTS[:2]), Stream(MERCHANT, told=list(EVENTS))
    assert list(events_at_start(_books(), log, [told], []))
    assert [] == list(events_at_start(_books(), log, [Stream(MERCHANT, told=[EVENTS[0]])], []))


def test_what_was_found_in_the_log_once_must_stay_there() -> None:
    assert list(_log(*EVENTS).take({MERCHANT: EVENTS[:2]}, {MERCHANT: 0}))
    assert list(_log(*EVENTS).take({MERCHANT: (*EVENTS[:2], evolve(EVENTS[2], says="?"))}, {MERCHANT: 0}))
    assert list(_log(*EVENTS).take({MERCHANT: EVENTS[1:]}, {MERCHANT: 0}))
    assert [] == list(_log(*EVENTS).take({MERCHANT: EVENTS[1:]}, {MERCHANT: 1}))


def test_only_what_is_forgotten_may_be_skipped() -> None:
    stream = Stream(MERCHANT, told=[EVENTS[2]], skipped=[range(1, 3)])
    assert [] == list(events_at_start(_books(forgotten=2), _log(*EVENTS), [stream], []))
    assert list(events_at_start(_books(forgotten=1), _log(*EVENTS), [stream], []))


def test_a_poll_that_was_answered_what_never_was_is_found() -> None:
    polls = [Polled(MERCHANT, "job_a", "Completed Approved", 3), Polled(MERCHANT, "job_a", "Failed", 3)]
    assert [] == list(events_at_start(_books(), _log(*EVENTS), [], polls[:1]))
    assert 1 == len(list(events_at_start(_books(), _log(*EVENTS), [], polls)))


def _told_of_all() -> tuple[Kept, list[BookedDelivery]]:
    """An endpoint that was enabled all the time, and that acknowledged each event once."""
    keys = [DeliveryKey(event.seq, ENDPOINT) for event in EVENTS]
    receiver = Receiver(MERCHANT, "https://a.example")
    receiver.tellings = [
        Telling(key, event.subject_id, event, b"", heard=200) for key, event in zip(keys, EVENTS, strict=True)
    ]
    receiver.sent.update(keys)
    history = EndpointHistory(MERCHANT, ENDPOINT, 0, Seen(ENABLED, 0))
    history.close(Seen(ENABLED, 3))
    return Kept(receiver, history), [BookedDelivery(MERCHANT, key, "Delivered", 1) for key in keys]


def _lose_an_answer(kept: Kept, _booked: list[BookedDelivery]) -> None:
    kept.receiver.tellings[1].heard = 500


def _lose_a_telling(kept: Kept, booked: list[BookedDelivery]) -> None:
    del kept.receiver.tellings[1], booked[1]


def _leave_one_pending(_kept: Kept, booked: list[BookedDelivery]) -> None:
    booked[1] = evolve(booked[1], status="Pending")


def _tell_what_is_not_stored(kept: Kept, _booked: list[BookedDelivery]) -> None:
    kept.receiver.tellings[1].event = evolve(EVENTS[1], says="?")


def _want_only_ends(kept: Kept, _booked: list[BookedDelivery]) -> None:
    assert kept.history is not None
    seen = Seen(evolve(ENABLED, event_types=("job.completed",)), 0)
    kept.history.spans = [evolve(kept.history.spans[0], since=seen, until=evolve(seen, seq=3))]


def _disable_without_an_event(kept: Kept, _booked: list[BookedDelivery]) -> None:
    assert kept.history is not None
    kept.history.close(Seen(State("Disabled", "Gone", None, 1), 3))


def _forget_a_redelivery(kept: Kept, _booked: list[BookedDelivery]) -> None:
    kept.receiver.redeliveries.append(Redelivery(DeliveryKey(1, ENDPOINT), tries_before=1))


def _judged(spoil: Callable[[Kept, list[BookedDelivery]], None]) -> list[str]:
    kept, booked = _told_of_all()
    spoil(kept, booked)
    return list(webhooks_at_the_end(booked, _log(*EVENTS), [kept], {MERCHANT: 0}, tries=3))


def test_webhooks_that_were_all_acknowledged_are_right() -> None:
    assert [] == _judged(lambda _kept, _booked: None)


@pytest.mark.parametrize(
    "spoil",
    [
        _lose_an_answer,
        _lose_a_telling,
        _leave_one_pending,
        _tell_what_is_not_stored,
        _want_only_ends,
        _disable_without_an_event,
        _forget_a_redelivery,
    ],
)
def test_webhooks_that_are_not_as_they_should_be_are_found(
    spoil: Callable[[Kept, list[BookedDelivery]], None],
) -> None:
    assert _judged(spoil)
