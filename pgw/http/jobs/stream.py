"""`WS /jobs/stream` and `/jobs/{id}/stream`: from storage, then live, none missing and none twice."""

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import trio
from attrs import frozen
from quart import Response
from quart.wrappers import Websocket

from pgw.actors.event_stream import SubscriberTooSlow
from pgw.domain.errors import Invalid, InvalidCode, Refusal
from pgw.domain.event import Event
from pgw.domain.job import JobEvent
from pgw.domain.result import Err, Ok, Result
from pgw.http import answers
from pgw.http.call import Call, Parts
from pgw.http.jobs.representation import job_document
from pgw.http.webhooks.representation import endpoint_document

HEARTBEAT_SECONDS = 15
PAGE = 500
NORMAL_CLOSURE, POLICY_VIOLATION, SERVICE_RESTART, TRY_AGAIN_LATER = 1000, 1008, 1012, 1013
KEY_IS_OVER = "The key is not good any more."
_SEQ = re.compile(r"[0-9]{1,15}", re.ASCII)


@frozen
class _Position:
    """Whose events are wanted, of all jobs or of one, and after which `seq`."""

    merchant_id: str
    job_id: str | None
    after: int

    @property
    def topic(self) -> str:
        return self.job_id or self.merchant_id


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
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_discard_incoming, websocket)
        with trio.CancelScope() as sending, parts.keys.cancelling(call.credential, sending):
            nursery.start_soon(_cancel_at_shutdown, parts, sending)
            code = await _send_frames(parts, position, websocket)
        if call.credential.is_over:
            code, reason = POLICY_VIOLATION, KEY_IS_OVER
        await websocket.close(code, reason)
        nursery.cancel_scope.cancel()
    return None


async def _start(parts: Parts, call: Call, job_id: str | None) -> Result[_Position, Response]:
    """Judge the request: without `after` a merchant's stream starts at now, a job's at its first event."""
    if parts.stopping.is_set():
        return Err(answers.problem(parts, call, Refusal.SHUTTING_DOWN))
    newest = await parts.storage.last_seq(call.merchant_id)
    if job_id is not None and await parts.storage.job(call.merchant_id, job_id) is None:
        return Err(answers.problem(parts, call, "UnknownJob"))
    asked = call.request.args.get("after")
    if asked is None:
        return Ok(_Position(call.merchant_id, job_id, newest if job_id is None else 0))
    if not _SEQ.fullmatch(asked) or int(asked) > newest:
        detail = "The query parameter `after` must be the `seq` of an event that was sent, or 0."
        return Err(answers.invalid_request(parts, call, [Invalid(InvalidCode.INVALID_PARAMETER, detail)]))
    return Ok(_Position(call.merchant_id, job_id, int(asked)))


async def _send_frames(parts: Parts, position: _Position, websocket: Websocket) -> int:
    """Send one frame an event; return the code to close with."""
    seq = position.after
    await websocket.send(answers.encode({"type": "stream.ready", "seq": seq}))
    try:
        async with aclosing(_events(parts, position)) as events:
            async for event in events:
                if event is None:
                    await websocket.send(answers.encode({"type": "stream.heartbeat", "seq": seq}))
                    continue
                seq = event.seq
                await websocket.send(answers.encode(event_document(event)))
                if position.job_id is not None and isinstance(event, JobEvent) and event.is_last:
                    return NORMAL_CLOSURE
    except SubscriberTooSlow:
        return TRY_AGAIN_LATER
    return NORMAL_CLOSURE


async def _events(parts: Parts, position: _Position) -> AsyncGenerator[Event | None, None]:
    """Yield each event once, in order, and None after every 15 s of silence."""
    seq = position.after
    # A long past is read before subscribing, so that the present does not overflow the buffer meanwhile.
    async with aclosing(_stored(parts, position, seq)) as past:
        async for event in past:
            seq = event.seq
            yield event
    with parts.stream.subscribe(position.topic) as live:
        # What was committed before the subscription and after the last page.
        async with aclosing(_stored(parts, position, seq)) as past:
            async for event in past:
                seq = event.seq
                yield event
        if await _has_ended(parts, position):
            return
        while True:
            next_event = None
            with trio.move_on_after(HEARTBEAT_SECONDS):
                next_event = await live.receive()
            if next_event is None:
                yield None
            elif next_event.seq > seq:
                seq = next_event.seq
                yield next_event


async def _stored(parts: Parts, position: _Position, after: int) -> AsyncGenerator[Event, None]:
    while True:
        page = await parts.storage.events_after(
            position.merchant_id, after, job_id=position.job_id, limit=PAGE
        )
        for event in page:
            after = event.seq
            yield event
        if len(page) < PAGE:
            return


async def _has_ended(parts: Parts, position: _Position) -> bool:
    """Tell whether this is the stream of a job whose last change was before the position."""
    if position.job_id is None:
        return False
    job = await parts.storage.job(position.merchant_id, position.job_id)
    return (
        job is not None
        and not job.is_open
        and not await parts.storage.events_after(
            position.merchant_id, position.after, job_id=position.job_id, limit=1
        )
    )


async def _discard_incoming(websocket: Websocket) -> None:
    """Read what the client sends, so that its departure is seen; nothing is expected of it."""
    while True:
        await websocket.receive()


async def _cancel_at_shutdown(parts: Parts, sending: trio.CancelScope) -> None:
    await parts.stopping.wait()
    sending.cancel()


def event_document(event: Event) -> dict[str, Any]:
    """Return the public JSON of an event, one frame of the stream."""
    document = {"type": event.type, "seq": event.seq, "occurredAt": answers.timestamp(event.occurred_at)}
    if isinstance(event, JobEvent):
        return document | {"job": job_document(event.job)}
    return document | {"endpoint": endpoint_document(event.endpoint)}
