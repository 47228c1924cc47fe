"""Which payments are refused unread while more come than can be taken."""

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pgw.http.door import MOST_AT_WORK, is_whole_payment
from tests.end_to_end.sockets import BODY, WHOLE, post
from tests.http.hand_clock import HandClock, a_door

LENGTH = b"Content-Length: %d" % len(BODY)


def test_it_is_closed_while_as_many_are_at_work_as_can_be() -> None:
    door = a_door(HandClock())
    for caller in range(MOST_AT_WORK):
        assert not door.is_closed
        door.enter(caller)
    assert door.is_closed
    door.leave(7)
    door.leave(7)
    assert (MOST_AT_WORK - 1, False) == (door.at_work, door.is_closed)


@pytest.mark.parametrize(
    "received",
    [WHOLE, WHOLE.replace(b"Content-Length", b"content-length"), post(b"Content-Length:0")],
)
def test_a_whole_payment_is_told(received: bytes) -> None:
    assert is_whole_payment(received)


@pytest.mark.parametrize(
    "received",
    [
        b"",
        WHOLE[:-1],
        WHOLE + b"x",
        WHOLE * 2,
        b"\r\n" + WHOLE,
        post() + BODY,
        WHOLE.replace(b"/payments", b"/webhook-endpoints"),
        post(LENGTH),
        post(LENGTH, LENGTH) + BODY,
        post(LENGTH, b"Transfer-Encoding: chunked") + BODY,
        post(LENGTH, b"Expect: 100-continue") + BODY,
        post(LENGTH, b"Connection: close") + BODY,
        post(LENGTH, b"Upgrade: h2c") + BODY,
        post(b"Content-Length: %d, %d" % (len(BODY), len(BODY))) + BODY,
        post(b"Content-Length: +%d" % len(BODY)) + BODY,
        post(b"X: y\n\nContent-Length: 0", LENGTH) + BODY,
        post(b"X: y\n", LENGTH) + BODY,
        post(LENGTH, version=b"1.0") + BODY,
        WHOLE.replace(b"POST /payments", b"POST /payments/pay_x/captures"),
        WHOLE.replace(b"POST", b"PUT"),
    ],
)
def test_what_is_unusual_is_not_judged(received: bytes) -> None:
    assert not is_whole_payment(received)


lines = st.lists(
    st.sampled_from(
        [
            LENGTH,
            b"Content-Length: 3",
            b" folded",
            b"X: y",
            b"X: y\n",
            b"Content-Length : 5",
            b"\tContent-Length: 5",
        ]
    ),
    max_size=4,
)


@given(lines, st.sampled_from([BODY, BODY + b"x", BODY[:3], b"\r\n\r\n", b""]))
@settings(max_examples=500, deadline=None)
def test_it_never_takes_for_one_request_what_a_parser_reads_otherwise(
    headers: list[bytes], body: bytes
) -> None:
    """A request that ends elsewhere than it was thought to has its rest taken for the next one."""
    received = post(*headers) + body
    if not is_whole_payment(received):
        return
    parser = h11.Connection(h11.SERVER)
    parser.receive_data(received)
    events = []
    while (event := parser.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
        events.append(event)
    assert 2 <= len(events)
    assert isinstance(events[0], h11.Request)
    assert isinstance(events[-1], h11.EndOfMessage)
    assert (b"", False) == parser.trailing_data
