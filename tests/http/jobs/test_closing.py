"""The reason of a close frame has 123 bytes at most (RFC 6455, section 5.5): it is two less than 125."""

import pytest

from pgw.http.jobs import closing
from pgw.http.jobs.closing import LONGEST_REASON_BYTES, Closing
from pgw.http.listener import WENT_WRONG
from pgw.http.websocket import TOO_BIG

LARGEST_SEQ = 10**15 - 1
CLOSINGS = [
    (closing.job_has_ended(), 1000),
    (closing.client_has_spoken(LARGEST_SEQ), 1003),
    (closing.key_is_over(), 1008),
    (closing.gateway_stops(LARGEST_SEQ), 1012),
    (closing.reader_is_slow(LARGEST_SEQ), 1013),
    (closing.storage_is_unavailable(LARGEST_SEQ), 1013),
    (closing.events_are_forgotten(LARGEST_SEQ), 4410),
]


@pytest.mark.parametrize(("closed", "code"), CLOSINGS)
def test_a_reason_has_room_in_a_close_frame_and_says_from_where_to_go_on(closed: Closing, code: int) -> None:
    assert code == closed.code
    assert 0 < len(closed.reason.encode()) <= LONGEST_REASON_BYTES
    assert (code not in {1000, 1008}) == (f"after={LARGEST_SEQ}." in closed.reason)


@pytest.mark.parametrize("reason", [TOO_BIG, WENT_WRONG])
def test_a_reason_without_a_seq_has_room_too(reason: str) -> None:
    assert 0 < len(reason.encode()) <= LONGEST_REASON_BYTES
