"""`WS /jobs/stream` and `/jobs/{id}/stream`: from storage, then live, none missing and none twice."""

from contextlib import aclosing

import trio
from quart import Response
from quart.wrappers import Websocket

from pgw.actors.event_stream import PublishedEvent, SubscriberTooSlow
from pgw.domain.errors import Refusal
from pgw.domain.job import JobEvent
from pgw.domain.result import Err, Ok
from pgw.http import answers
from pgw.http.call import Call, Parts
from pgw.http.jobs import closing
from pgw.http.jobs.closing import Closing
from pgw.http.jobs.events import EventsForgotten, check_kept, events_from
from pgw.http.jobs.frames import heartbeat_frame, ready_frame
from pgw.http.jobs.position import Position, read_position
from pgw.http.listener import incoming
from pgw.storage.port import StorageUnavailable


async def stream(
    parts: Parts, call: Call, websocket: Websocket, job_id: str | None = None
) -> Response | None:
    """Accept the WebSocket and send frames until either side leaves; or refuse it before the upgrade."""
    if parts.stopping.is_set():
        return answers.problem(parts, call, Refusal.SHUTTING_DOWN)
    match await read_position(parts, call, job_id):
        case Err(refused):
            return refused
        case Ok(position):
            pass
    await websocket.accept()
    frames, heard, ended = _Frames(websocket, position), incoming(websocket), None
    with (
        trio.CancelScope() as sending,
        parts.keys.cancelling(call.credential, sending),
        parts.stopping.ending(sending),
        heard.cancelling(sending),
    ):
        ended = await _send_all(parts, position, frames)
    if call.credential.is_over:
        ended = closing.key_is_over()
    elif ended is None:
        why = closing.client_has_spoken if heard.has_spoken else closing.gateway_stops
        ended = why(frames.seq)
    await websocket.close(ended.code, ended.reason)
    return None


class _Frames:
    """Sends a stream's frames, and knows the `seq` of the last event that went out."""

    def __init__(self, websocket: Websocket, position: Position) -> None:
        self._websocket = websocket
        self.seq = position.after

    async def ready(self) -> None:
        await self._websocket.send(ready_frame(self.seq))

    async def send(self, published: PublishedEvent | None) -> None:
        """Send an event, or a heartbeat. Once it began it goes out whole, also where it is cancelled."""
        if published is None:
            await self._websocket.send(heartbeat_frame(self.seq))
            return
        await self._websocket.send(published.text)
        self.seq = published.event.seq


async def _send_all(parts: Parts, position: Position, frames: _Frames) -> Closing:
    """Send one frame an event, until there is a reason to close."""
    try:
        await check_kept(parts, position)
        await frames.ready()
        async with aclosing(events_from(parts, position)) as events:
            async for published in events:
                await frames.send(published)
                if position.job_id is not None and published is not None and _is_last(published):
                    break
    except EventsForgotten as gap:
        return closing.events_are_forgotten(gap.seq)
    except SubscriberTooSlow:
        return closing.reader_is_slow(frames.seq)
    except StorageUnavailable:
        return closing.storage_is_unavailable(frames.seq)
    return closing.job_has_ended()


def _is_last(published: PublishedEvent) -> bool:
    return isinstance(published.event, JobEvent) and published.event.is_last
