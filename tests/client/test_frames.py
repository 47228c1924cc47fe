"""Where a reader of a stream is, and what is missing there."""

from __future__ import annotations

import json

import pytest

from pgw.client.frames import Frame, NoFrame, Position


def frame(kind: str, seq: int) -> Frame:
    return Frame.read(json.dumps({"type": kind, "seq": seq}))


@pytest.mark.parametrize(
    ("after", "kind", "seq", "missing"),
    [
        (None, "stream.ready", 7, None),
        (None, "job.created", 7, None),
        (5, "stream.ready", 5, None),
        (5, "stream.ready", 7, (6, 7)),
        (5, "stream.heartbeat", 6, (6, 6)),
        (5, "job.created", 6, None),
        (5, "job.created", 7, (6, 6)),
        (5, "job.created", 9, (6, 8)),
        (5, "of.a.type.to.come", 9, (6, 8)),
        (5, "job.created", 5, None),
        (5, "job.created", 1, None),
    ],
)
def test_what_was_left_out_before_a_frame_is_told(
    after: int | None, kind: str, seq: int, missing: tuple[int, int] | None
) -> None:
    assert missing == Position(after, is_of_a_job=False).missing_before(frame(kind, seq))


def test_one_jobs_events_have_only_some_of_the_numbers() -> None:
    assert Position(5, is_of_a_job=True).missing_before(frame("job.completed", 99)) is None


def test_a_position_never_goes_back_and_knows_what_was_before_it() -> None:
    position = Position(None, is_of_a_job=False)
    for seq, known, after in ((3, False, 3), (2, True, 3), (3, True, 3), (4, False, 4)):
        assert known == position.is_known(frame("job.created", seq))
        position.advance(frame("job.created", seq))
        assert after == position.after


@pytest.mark.parametrize(
    "message",
    [
        *("", "{", "[]", "1", "{}", '{"type":1,"seq":1}', '{"type":"a"}', '{"type":"a","seq":"1"}'),
        *('{"type":"a","seq":true}', '{"type":"a","seq":1.0}', b"\xff", "[" * 100_000),
    ],
)
def test_what_is_no_frame_is_told(message: str | bytes) -> None:
    with pytest.raises(NoFrame):
        Frame.read(message)
