"""Thousands of subscribers in one loop of epoll, which costs as little as it can."""

import select
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection

from attrs import define, field

from benchmarks.subscription import EVENT, Heard, Wanted
from benchmarks.websocket import CLOSE, PING, PONG, TEXT, Frames, NotAsAgreed, control_frame, handshake

AT_A_TIME = 100
OPENED_WITHIN_SECONDS = 60.0
RECEIVED_AT_A_TIME = 65_536
LITTLE_BYTES = 4096
RESET = 1006  # what RFC 6455, section 7.1.5, calls an end without a close frame


@define(eq=False)
class _Subscriber:
    number: int
    socket: socket.socket
    is_read: bool
    frames: Frames = field(factory=Frames)
    is_ready: bool = False
    closed: int | None = None


class SubscriberLoop:
    def __init__(self, pipe: Connection, address: tuple[str, int]) -> None:
        self._pipe = pipe
        self._address = address
        self._epoll = select.epoll()
        self._epoll.register(pipe.fileno(), select.EPOLLIN)
        self._subscribers: list[_Subscriber] = []
        self._by_descriptor: dict[int, _Subscriber] = {}
        self._heard: list[tuple[int, float, bytes]] = []

    def run(self) -> None:
        """Do what is asked for through the pipe, and read, until the other end is closed."""
        while True:
            self._receive(None)
            with suppress(EOFError):
                while self._pipe.poll():
                    name, *arguments = self._pipe.recv()
                    self._pipe.send(getattr(self, name)(*arguments))
                continue
            return

    def open(self, wanted: Sequence[Wanted]) -> Sequence[int]:
        """Open streams, a hundred at a time; return their numbers once all are ready."""
        first, until = len(self._subscribers), time.monotonic() + OPENED_WITHIN_SECONDS
        for begin in range(0, len(wanted), AT_A_TIME):
            batch = [self._opened(one) for one in wanted[begin : begin + AT_A_TIME]]
            while not all(one.is_ready for one in batch):
                self._receive(0.1)
                if time.monotonic() > until or any(one.closed for one in batch):
                    return []
        return range(first, len(self._subscribers))

    def stop_reading(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            connection = self._subscribers[number].socket
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LITTLE_BYTES)
            self._epoll.modify(connection.fileno(), select.EPOLLRDHUP)

    def count(self) -> int:
        """Return how many events were heard and not yet told."""
        return len(self._heard)

    def heard(self) -> Sequence[Heard]:
        """Return the events since this was last asked."""
        heard, self._heard = self._heard, []
        found = ((number, at, EVENT.search(payload)) for number, at, payload in heard)
        return [Heard.of(number, at, event) for number, at, event in found if event is not None]

    def closed(self, numbers: Sequence[int]) -> Sequence[int]:
        """Return by what codes those of them that are closed were."""
        codes = (self._subscribers[number].closed for number in numbers)
        return [code for code in codes if code is not None]

    def close(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            if self._subscribers[number].closed is None:
                self._end(self._subscribers[number], RESET)

    def _opened(self, wanted: Wanted) -> _Subscriber:
        connection = socket.socket()
        if not wanted.is_read:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LITTLE_BYTES)
        connection.settimeout(10)
        connection.connect(self._address)
        connection.sendall(handshake(wanted.path, wanted.api_key))
        connection.setblocking(False)
        subscriber = _Subscriber(len(self._subscribers), connection, wanted.is_read)
        self._subscribers.append(subscriber)
        self._by_descriptor[connection.fileno()] = subscriber
        self._epoll.register(connection.fileno(), select.EPOLLIN)
        return subscriber

    def _receive(self, seconds: float | None) -> None:
        for descriptor, event in self._epoll.poll(seconds):
            if (subscriber := self._by_descriptor.get(descriptor)) is None:
                continue
            if not event & select.EPOLLIN:
                self._end(subscriber, RESET)
                continue
            data = b""
            with suppress(OSError):
                data = subscriber.socket.recv(RECEIVED_AT_A_TIME)
            self._take(subscriber, data)

    def _take(self, subscriber: _Subscriber, data: bytes) -> None:
        now = time.time()
        try:
            frames = subscriber.frames.feed(data)
        except NotAsAgreed as refused:
            print(refused, file=sys.stderr)
            frames, data = [], b""
        for opcode, payload in frames:
            if opcode == TEXT:
                if subscriber.is_ready:
                    self._heard.append((subscriber.number, now, payload))
                elif not subscriber.is_read:
                    self._epoll.modify(subscriber.socket.fileno(), select.EPOLLRDHUP)
                subscriber.is_ready = True
            elif opcode == PING:
                subscriber.socket.send(control_frame(PONG, payload))
            elif opcode == CLOSE:
                self._end(subscriber, int.from_bytes(payload[:2], "big"))
                return
        if not data:
            self._end(subscriber, RESET)

    def _end(self, subscriber: _Subscriber, code: int) -> None:
        subscriber.closed = code
        del self._by_descriptor[subscriber.socket.fileno()]
        subscriber.socket.close()
