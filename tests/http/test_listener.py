"""A stream that fails after it was accepted, and a client that speaks before it is listened to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trio
from trio_websocket import ConnectionClosed, open_websocket_url

from pgw.actors.gateway import Gateway, GatewayLimits
from pgw.http.app import make_app
from pgw.http.listener import WENT_WRONG, Incoming
from tests.http.parts import KEY, parts_over, ports_over
from tests.http.serving import ours
from tests.http.test_stream_silence import QuietStorage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pgw.domain.job import JobEvent


class Buggy(QuietStorage):
    async def events_after(self, *_asked: Any, **_more: Any) -> Sequence[JobEvent]:
        raise ZeroDivisionError


async def test_a_bug_closes_its_stream_with_1011_and_what_to_do_never_as_one_that_ended_well() -> None:
    storage = Buggy()
    ports = ports_over(storage)
    parts = parts_over(storage, Gateway(ports, GatewayLimits(1, 1, taken_up=1)), ports)
    async with ours(make_app(parts)) as served:
        url = f"ws://127.0.0.1:{served.address[1]}/jobs/stream"
        headers = [(b"Authorization", f"Bearer {KEY}".encode())]
        async with open_websocket_url(url, extra_headers=headers) as stream:
            assert "stream.ready" in await stream.get_message()
            with pytest.raises(ConnectionClosed) as closed:
                await stream.get_message()
            await trio.aclose_forcefully(stream._stream)  # which it leaves open where the server closes first
    assert closed.value.reason is not None
    assert (1011, WENT_WRONG) == (closed.value.reason.code, closed.value.reason.reason)


async def test_a_message_before_the_endpoint_listens_is_not_forgotten() -> None:
    heard = Incoming()
    heard.take()
    with trio.CancelScope() as scope, heard.cancelling(scope):
        await trio.sleep_forever()
    assert scope.cancelled_caught
    heard.take()  # nobody listens any more
    assert heard.has_spoken
