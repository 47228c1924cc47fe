"""`WS /jobs/stream` and `/jobs/{id}/stream`: from storage, then live, none missing and none twice."""

import re
from contextlib import aclosing

import trio
from quart import Response
from quart.wrappers import Websocket

from pgw.actors.event_stream import SubscriberTooSlow
from pgw.domain.errors import Invalid, InvalidCode, Refusal
from pgw.domain.job import JobEvent
from pgw.domain.result import Err, Ok, Result
from pgw.http import answers
from pgw.http.call import Call, Parts
from pgw.http.jobs.events import Position, events_from
from pgw.http.jobs.frames import heartbeat_frame, ready_frame

NORMAL_CLOSURE, POLICY_VIOLATION, SERVICE_RESTART, TRY_AGAIN_LATER = 1000, 1008, 1012, 1013
KEY_IS_OVER = "The key is not good any more."
_SEQ = re.compile(r"[0-9]{1,15}", re.ASCII)


async def stream(
    parts: Parts, call: Call, websocket: Websocket, job_id: str | None = None
) -> Response | None:
    """Accept the WebSocket and send frames until either side leaves; or refuse it before the upgrade."""
    match await _start(parts, call, job_id):
        case Err(refused):
            return refused
        case Ok(position):
            pass
    await websocket.accept()
    code, reason = SERVICE_RESTART, ""
    with (
        trio.CancelScope() as sending,
        parts.keys.cancelling(call.credential, sending),
        parts.stopping.ending(sending),
    ):
        code = await _send_frames(parts, position, websocket)
    if call.credential.is_over:
        code, reason = POLICY_VIOLATION, KEY_IS_OVER
    await websocket.close(code, reason)
    return None


async def _start(parts: Parts, call: Call, job_id: str | None) -> Result[Position, Response]:
    """Judge the request: without `after` a merchant's stream starts at now, a job's at its first event."""
    if parts.stopping.is_set():
        return Err(answers.problem(parts, call, Refusal.SHUTTING_DOWN))
    newest = await parts.storage.last_seq(call.merchant_id)
    if job_id is not None and await parts.storage.job(call.merchant_id, job_id) is None:
        return Err(answers.problem(parts, call, "UnknownJob"))
    asked = call.request.args.get("after")
    if asked is None:
        return Ok(Position(call.merchant_id, job_id, newest if job_id is None else 0))
    if not _SEQ.fullmatch(asked) or int(asked) > newest:
        detail = "The query parameter `after` must be the `seq` of an event that was sent, or 0."
        return Err(answers.invalid_request(parts, call, [Invalid(InvalidCode.INVALID_PARAMETER, detail)]))
    return Ok(Position(call.merchant_id, job_id, int(asked)))


async def _send_frames(parts: Parts, position: Position, websocket: Websocket) -> int:
    """Send one frame an event; return the code to close with."""
    seq = position.after
    await websocket.send(ready_frame(seq))
    try:
        async with aclosing(events_from(parts, position)) as events:
            async for published in events:
                if published is None:
                    await websocket.send(heartbeat_frame(seq))
                    continue
                event = published.event
                seq = event.seq
                await websocket.send(published.text)
                if position.job_id is not None and isinstance(event, JobEvent) and event.is_last:
                    return NORMAL_CLOSURE
    except SubscriberTooSlow:
        return TRY_AGAIN_LATER
    return NORMAL_CLOSURE
