"""Follows a gateway's stream across lost connections: nothing missing, nothing twice."""

from typing import Protocol
from urllib.parse import quote

import trio
from attrs import field, frozen
from trio_websocket import ConnectionClosed, ConnectionRejected, WebSocketConnection, wrap_client_stream

from pgw.actors.backoff import Backoff
from pgw.client.address import GatewayAddress, Unreachable
from pgw.client.endings import (
    ABNORMAL_CLOSURE,
    Ending,
    JobHasEnded,
    Lost,
    of_closing,
    of_refusal,
)
from pgw.client.frames import READY, Frame, NoFrame, Position
from pgw.client.handshake import HandshakeBroken, HandshakeStream
from pgw.client.refusals import CannotGoOn, unreachable

HANDSHAKE_SECONDS = 10.0
SILENCE_SECONDS = 45.0
"""Three heartbeats; a connection that is silent for longer is dead."""

NO_WEBSOCKET = "it ended the connection before it was a WebSocket"


class Listener(Protocol):
    """Whoever is told. Once `happened` returns, the event is never told again."""

    def connected(self, seq: int) -> None:
        """Hear that everything after `seq` follows."""

    def happened(self, frame: Frame) -> None:
        """Take an event."""

    def missed(self, first: int, last: int) -> None:
        """Hear that these numbers were left out, which the gateway promises never to do."""

    def lost(self, why: str, seconds: float) -> None:
        """Hear that the connection is over, and that another one is tried after so many seconds."""


@frozen
class Stream:
    """What is followed: all events of the key's merchant, or those of one job."""

    address: GatewayAddress
    key: str = field(repr=False)
    job_id: str | None = None

    def resource(self, after: int | None) -> str:
        path = "/jobs/stream" if self.job_id is None else f"/jobs/{quote(self.job_id, safe='')}/stream"
        return f"{self.address.base}{path}" + ("" if after is None else f"?after={after}")


class Follower:
    """Follows a stream, from after `after` where it is given, until its job has ended or it is cancelled."""

    def __init__(
        self, stream: Stream, listener: Listener, backoff: Backoff, after: int | None = None
    ) -> None:
        self._stream = stream
        self._listener = listener
        self._backoff = backoff
        self._position = Position(after, is_of_a_job=stream.job_id is not None)
        self._has_connected = False
        self._tries = 0

    @property
    def after(self) -> int | None:
        """The number of the last event that was told, after which it goes on; None until connected."""
        return self._position.after if self._has_connected else None

    async def run(self) -> None:
        """Return once the job has ended. Raises `CannotGoOn`, and what the listener raises, in groups."""
        while True:
            ending = await self._follow_once()
            if isinstance(ending, JobHasEnded):
                return
            self._tries += 1
            seconds = max(ending.seconds, self._backoff.delay(self._tries))
            self._listener.lost(ending.why, seconds)
            await trio.sleep(seconds)

    async def _follow_once(self) -> Ending:
        address = self._stream.address
        try:
            stream = await address.connect()
        except Unreachable as error:
            if not self._has_connected:
                raise CannotGoOn(unreachable(address.url, str(error))) from error
            return Lost(f"it is not reachable: {error}")
        try:
            return await self._converse(stream)
        finally:
            # Not by trio-websocket's own closing, which waits without end for a peer that does not answer.
            with trio.CancelScope(shield=True):
                await trio.aclose_forcefully(stream)

    async def _converse(self, stream: trio.SocketStream | trio.SSLStream[trio.SocketStream]) -> Ending:
        """Read until either side is done. The library reads in a task of its own, and is refused there."""
        ending: Ending = Lost(f"it did not answer within {HANDSHAKE_SECONDS:g} s")
        try:
            async with trio.open_nursery() as nursery:
                connection = None
                with trio.move_on_after(HANDSHAKE_SECONDS):
                    connection = await wrap_client_stream(
                        nursery,
                        HandshakeStream(stream),  # type: ignore[arg-type] # any stream will do
                        self._stream.address.authority,
                        self._stream.resource(self._position.after),
                        extra_headers=[(b"Authorization", b"Bearer " + self._stream.key.encode())],
                    )
                if connection is not None:
                    ending = await self._read(connection)
                nursery.cancel_scope.cancel()
        except* ConnectionRejected as refusals:
            (refused,) = refusals.exceptions
            assert isinstance(refused, ConnectionRejected)
            ending = of_refusal(refused.status_code, refused.headers, refused.body)
        except* HandshakeBroken:
            ending = Lost(NO_WEBSOCKET)
        return ending

    async def _read(self, connection: WebSocketConnection) -> Ending:
        while True:
            message = None
            with trio.move_on_after(SILENCE_SECONDS):
                try:
                    message = await connection.get_message()
                except ConnectionClosed as closed:
                    code = ABNORMAL_CLOSURE if closed.reason is None else closed.reason.code
                    reason = None if closed.reason is None else closed.reason.reason
                    return of_closing(code, reason, is_of_a_job=self._position.is_of_a_job)
            if message is None:
                return Lost(f"nothing was heard for {SILENCE_SECONDS:g} s")
            self._take(message)

    def _take(self, message: str | bytes) -> None:
        try:
            frame = Frame.read(message)
        except NoFrame as error:
            raise CannotGoOn("What answers there sends no frames as a gateway's stream does.") from error
        if missing := self._position.missing_before(frame):
            self._listener.missed(*missing)
        if frame.type == READY:
            self._has_connected = True
            self._listener.connected(frame.seq)
        else:
            self._tries = 0
        if frame.is_event and not self._position.is_known(frame):
            self._listener.happened(frame)
        self._position.advance(frame)
