"""Requests at a steady rate, whether or not those before were answered: many independent clients.

A closed loop, in which each client waits for its answer, asks less of a server the slower it is, and so never
overloads it.
"""

import json
import math
import selectors
import socket
import statistics
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence

from attrs import define, field

BODY = json.dumps(
    {
        "amount": "10.50",
        "currency": "EUR",
        "card": {"number": "4242424242424242", "cvv": "123", "expiryMonth": 11, "expiryYear": 2034},
    }
).encode()
PAY = (
    b"POST /payments HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%s"
)
RECEIVED_AT_A_TIME = 65_536
ANSWERED_WITHIN_SECONDS = 10.0
NO_ANSWER, NOT_SENT = 0, -1


@define(eq=False)
class Load:
    """What became of the requests, by status: how many milliseconds each took, from when it was due."""

    seconds: float
    milliseconds: dict[int, list[float]] = field(factory=lambda: defaultdict(list))
    locations: list[str] = field(factory=list)
    without_retry_after: int = 0
    counted_from: float = 0.0

    @property
    def counts(self) -> Counter[int]:
        return Counter({status: len(taken) for status, taken in self.milliseconds.items()})

    @property
    def accepted_a_second(self) -> float:
        return self.counts[202] / self.seconds

    def percentile(self, percent: int, *statuses: int) -> float:
        taken = [one for status in statuses for one in self.milliseconds.get(status, ())]
        return statistics.quantiles(taken, n=100)[percent - 1] if len(taken) > 1 else sum(taken)


@define(eq=False)
class _Connection:
    socket: socket.socket
    due: float = 0.0
    received: bytes = b""


class _Clients:
    def __init__(
        self,
        address: tuple[str, int],
        most: int,
        load: Load,
        keys: tuple[str, ...],
        bodies: Sequence[bytes] = (BODY,),
    ) -> None:
        self._address = address
        self._most = most
        self._load = load
        self._requests = [PAY % (key.encode(), len(body), body) for body in bodies for key in keys]
        self._sent = 0
        self._selector = selectors.DefaultSelector()
        self._free: deque[_Connection] = deque()
        self.at_work = 0

    def send(self, due: float) -> None:
        connection = self._free.popleft() if self._free else self._connected()
        if connection is None:
            if due >= self._load.counted_from:
                self._load.milliseconds[NOT_SENT].append(0.0)
            return
        connection.due, connection.received = due, b""
        self.at_work += 1
        self._sent += 1
        try:
            connection.socket.sendall(self._requests[self._sent % len(self._requests)])
        except OSError:
            self._end(connection, NO_ANSWER)

    def receive(self, seconds: float) -> None:
        for key, _ in self._selector.select(max(0.0, seconds)):
            connection = key.data
            try:
                data = connection.socket.recv(RECEIVED_AT_A_TIME)
            except OSError:
                data = b""
            connection.received += data
            if not data:
                self._end(connection, NO_ANSWER)
            elif (answer := _whole(connection.received)) is not None:
                self._take(connection, *answer)

    def close(self) -> None:
        for key in list(self._selector.get_map().values()):
            self._end(key.data, NO_ANSWER if key.data not in self._free else None)
        self._selector.close()

    def _connected(self) -> _Connection | None:
        if len(self._selector.get_map()) >= self._most:
            return None
        connection = _Connection(socket.create_connection(self._address, timeout=5))
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(connection.socket, selectors.EVENT_READ, connection)
        return connection

    def _take(self, connection: _Connection, head: bytes) -> None:
        status = int(head[9:12])
        if status == 202:
            self._load.locations.append(head.partition(b"location: ")[2].partition(b"\r\n")[0].decode())
        elif b"\r\nretry-after: " not in head:
            self._load.without_retry_after += 1
        if b"\r\nconnection: close" in head:
            self._end(connection, status)
        else:
            self._count(connection, status)
            self._free.append(connection)

    def _end(self, connection: _Connection, status: int | None) -> None:
        self._selector.unregister(connection.socket)
        connection.socket.close()
        if status is not None:
            self._count(connection, status)

    def _count(self, connection: _Connection, status: int) -> None:
        self.at_work -= 1
        if connection.due >= self._load.counted_from:
            self._load.milliseconds[status].append((time.perf_counter() - connection.due) * 1000)


def _whole(received: bytes) -> tuple[bytes] | None:
    """Return the head, in lower case, of an answer that is there to its end."""
    head, end, body = received.partition(b"\r\n\r\n")
    head = head.lower()
    length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0) if end else 0
    return (head,) if end and len(body) >= length else None


def steadily(
    address: tuple[str, int],
    a_second: float,
    seconds: float,
    keys: tuple[str, ...],
    *,
    most: int = 1000,
    until_connected: float = 0.0,
) -> Load:
    """Pay at a rate for some seconds, over at most so many connections, and wait for the last answers.

    What is sent in the seconds `until_connected` before that, in which most connections are made, does not
    count.
    """
    load = Load(seconds, counted_from=math.inf)
    clients = _Clients(address, most, load, keys)
    _send_steadily(clients, a_second, until_connected)
    load.counted_from = time.perf_counter()
    _send_steadily(clients, a_second, seconds)
    _wait_for_the_last(clients)
    return load


def _send_steadily(clients: _Clients, a_second: float, seconds: float) -> None:
    for sent, due in enumerate(_dues(time.perf_counter(), a_second, seconds)):
        while (left := due - time.perf_counter()) > 0:
            clients.receive(left)
        clients.send(due)
        if sent % 8 == 0:  # a client that is late to send must not be late to hear
            clients.receive(0)


def closed_loop(
    address: tuple[str, int],
    clients: int,
    seconds: float,
    keys: tuple[str, ...],
    bodies: Sequence[bytes] = (BODY,),
) -> Load:
    """Pay with so many clients, each waiting for its answer; what that gives is the capacity."""
    load = Load(seconds)
    paying = _Clients(address, clients, load, keys, bodies)
    until = time.perf_counter() + seconds
    while (now := time.perf_counter()) < until:
        while paying.at_work < clients:
            paying.send(now)
        paying.receive(0.1)
    _wait_for_the_last(paying)
    return load


def _dues(began: float, a_second: float, seconds: float) -> Iterator[float]:
    return (began + number / a_second for number in range(int(a_second * seconds)))


def _wait_for_the_last(clients: _Clients) -> None:
    until = time.perf_counter() + ANSWERED_WITHIN_SECONDS
    while clients.at_work and time.perf_counter() < until:
        clients.receive(0.05)
    clients.close()
