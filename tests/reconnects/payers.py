"""Clients that pay over one connection each, and repeat under the same key until they are told 202."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from random import Random

import trio
from attrs import define, field

from tests.end_to_end.programs import order
from tests.torture.orders import APPROVED, DECLINED

PAYERS = 12
CHANCE_OF_DECLINE, CHANCE_OF_IMPATIENCE = 0.1, 0.02
PATIENCE, IMPATIENCE, LONGEST_WAIT_TO_REPEAT = 5.0, 0.005, 0.2
REPEAT = frozenset({409, 429, 500, 503})
ACCEPTED = 202
_POST = (
    "POST /payments HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n"
    "Idempotency-Key: {}\r\nContent-Length: {}\r\n\r\n{}"
)


@define(eq=False)
class Payers:
    """Pay so many orders, each merchant's in turn. `accepted` are their jobs, by the number of the order."""

    port: int
    keys: Sequence[str]
    payments: int
    random: Random
    on_accepted: Callable[[int, str], None]
    """Told the number of the merchant, and the job."""
    accepted: dict[int, str] = field(factory=dict)
    answers: Counter[str] = field(factory=Counter)
    findings: list[str] = field(factory=list)

    async def run(self) -> None:
        numbers = iter(range(self.payments))
        async with trio.open_nursery() as nursery:
            for _ in range(PAYERS):
                nursery.start_soon(_Payer(self, Random(self.random.getrandbits(64))).run, numbers)

    def take(self, number: int, answer: tuple[int, bytes]) -> None:
        status, body = answer
        if status != ACCEPTED:
            self.findings.append(f"order {number} was answered {status}: {body!r}")
            return
        job_id = json.loads(body)["jobId"]
        before = self.accepted.setdefault(number, job_id)
        if before != job_id:
            self.findings.append(f"order {number} was accepted as {before}, and again as {job_id}")
        else:
            self.on_accepted(number % len(self.keys), job_id)


@define(eq=False)
class _Payer:
    payers: Payers
    random: Random
    _stream: trio.SocketStream | None = None

    async def run(self, numbers: Iterator[int]) -> None:
        for number in numbers:
            await self._pay(number)
        await self._leave()

    async def _pay(self, number: int) -> None:
        payers = self.payers
        request = self._request(number)
        while True:
            is_impatient = self.random.random() < CHANCE_OF_IMPATIENCE
            try:
                with trio.fail_after(IMPATIENCE if is_impatient else PATIENCE):
                    answer = await self._answer_to(request)
            except (OSError, trio.BrokenResourceError, trio.TooSlowError) as error:
                payers.answers[type(error).__name__] += 1
                await self._leave()
            else:
                payers.answers[str(answer[0])] += 1
                if answer[0] not in REPEAT:
                    payers.take(number, answer)
                    return
            await trio.sleep(self.random.random() * LONGEST_WAIT_TO_REPEAT)

    def _request(self, number: int) -> bytes:
        is_declined = self.random.random() < CHANCE_OF_DECLINE
        card = self.random.choice(tuple(DECLINED) if is_declined else APPROVED)
        key = self.payers.keys[number % len(self.payers.keys)]
        body = json.dumps(order(card))
        return _POST.format(key, f"order {number}", len(body), body).encode()

    async def _answer_to(self, request: bytes) -> tuple[int, bytes]:
        if self._stream is None:
            self._stream = await trio.open_tcp_stream("127.0.0.1", self.payers.port)
        await self._stream.send_all(request)
        head, body = await _received(self._stream, b"")
        lines = head.lower().split(b"\r\n")
        (length,) = [int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:")]
        while len(body) < length:
            body += await _more(self._stream)
        if b"connection: close" in lines:
            await self._leave()
        return int(head[9:12]), body

    async def _leave(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            with trio.CancelScope(shield=True):
                await trio.aclose_forcefully(stream)


async def _received(stream: trio.SocketStream, received: bytes) -> tuple[bytes, bytes]:
    while b"\r\n\r\n" not in received:
        received += await _more(stream)
    head, _, body = received.partition(b"\r\n\r\n")
    return head, body


async def _more(stream: trio.SocketStream) -> bytes:
    data = await stream.receive_some(65_536)
    if not data:
        raise trio.BrokenResourceError
    return bytes(data)
