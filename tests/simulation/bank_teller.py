"""The bank's end of one connection: HTTP in, the request's fate, and what is said of it."""

import json
from contextlib import suppress
from random import Random
from urllib.parse import unquote

import h11
import trio
from attrs import frozen

from tests.simulation.bank import BankAnswer, SimulatedBank
from tests.simulation.bank_faults import LATEST_SECONDS, Arrival, Fate, Said
from tests.simulation.bank_ledger import Kind, Operation

GARBAGE = (
    b"\x00\xff\x13garbage\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<html/>\r\n",
    b'HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n{"authorized": "true"}',
    b'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"accepted": "true"}',
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
)
ANSWERS = (Said.ANSWER, Said.TWICE, Said.HALF)
ON_ITS_WAY_SECONDS = 0.1
PATIENCE_SECONDS = 60.0
IMPATIENCE_SECONDS = 4.0
LONGEST_HANG_SECONDS = 300.0


@frozen
class BankRequest:
    method: str
    path: tuple[str, ...]
    key: str
    body: bytes

    @property
    def operation(self) -> Operation | None:
        """The capture, void or refund that it asks for, if it does."""
        match self.method, self.path:
            case "POST", ("payments", reference, "captures" | "voids" | "refunds" as kind):
                document = json.loads(self.body) if self.body else {}
                return Operation(
                    reference=self.key,
                    amount=document.get("amount", 0),
                    at=trio.current_time(),
                    kind=Kind(kind),
                    payment_reference=reference,
                    is_final=document.get("final", False),
                )
        return None


class Teller:
    """Serves one connection until either end closes it; what has arrived goes on all the same."""

    def __init__(self, bank: SimulatedBank, stream: trio.abc.Stream) -> None:
        self._bank = bank
        self._random: Random = bank.random
        self._stream = stream
        self._reader = h11.Connection(h11.SERVER)

    async def serve(self) -> None:
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            while (request := await self._next_request()) is not None:
                if not await self._answer(request, self._bank.next_fate()):
                    break
        await trio.aclose_forcefully(self._stream)

    async def _next_request(self) -> BankRequest | None:
        is_impatient = self._random.random() < self._bank.faults.impatient
        patience = self._random.random() * IMPATIENCE_SECONDS if is_impatient else PATIENCE_SECONDS
        head, body = None, b""
        with trio.move_on_after(patience):
            head = await self._next_event()
            while isinstance(data := await self._next_event(), h11.Data):
                body += data.data
            if isinstance(head, h11.Request) and isinstance(data, h11.EndOfMessage):
                key = dict(head.headers).get(b"idempotency-key", b"").decode()
                path = tuple(unquote(part) for part in head.target.decode().strip("/").split("/"))
                return BankRequest(head.method.decode(), path, key, body)
        return None

    async def _next_event(self) -> object:
        try:
            while (event := self._reader.next_event()) is h11.NEED_DATA:
                self._reader.receive_data(bytes(await self._stream.receive_some()))
        except h11.RemoteProtocolError:  # half of a request, and its end
            return None
        return event

    async def _answer(self, request: BankRequest, fate: Fate) -> bool:
        """Let the request have its fate; tell whether the connection goes on."""
        if request.operation is not None:
            self._bank.conduct.sent(request.operation)
        if fate.arrival is Arrival.NEVER:
            return await self._say(fate.said, None)
        send, receive = trio.open_memory_channel[BankAnswer](1)
        self._bank.nursery.start_soon(self._arrive, request, fate, send)
        if fate.said in ANSWERS or (fate.arrival is Arrival.NOW and self._random.random() < 0.5):
            return await self._say(fate.said, await receive.receive())
        # What is no answer may as well be said before there is one.
        return await self._say(fate.said, None)

    async def _arrive(
        self, request: BankRequest, fate: Fate, done: trio.MemorySendChannel[BankAnswer]
    ) -> None:
        """Process the request, now or later; by whom it was sent makes no difference."""
        self._bank.on_its_way += 1
        if fate.arrival is Arrival.LATE:
            if fate.said is Said.UNAVAILABLE:
                self._bank.deduped.add(request.key)
            await trio.sleep(self._random.random() * LATEST_SECONDS)
        await trio.sleep(self._random.random() * ON_ITS_WAY_SECONDS)
        done.send_nowait(await self._process(request))
        self._bank.on_its_way -= 1

    async def _process(self, request: BankRequest) -> BankAnswer:
        bank = self._bank
        if request.operation is not None:
            return await bank.operate(request.operation)
        match request.method, request.path:
            case "POST", ("payments",):
                return await bank.pay(request.key, json.loads(request.body))
            case "GET", ("payments", reference):
                return await bank.look_up(reference)
            case "POST", ("payments", reference, "reversals"):
                return await bank.reverse(reference)
            case _:
                return BankAnswer(404, b"{}")

    async def _say(self, said: Said, answer: BankAnswer | None) -> bool:
        match said:
            case Said.ERROR | Said.UNAVAILABLE:
                status = 500 if said is Said.ERROR else 503
                await self._stream.send_all(self._encoded(BankAnswer(status, b"{}")))
                return True
            case Said.GARBAGE:
                await self._stream.send_all(self._random.choice(GARBAGE))
                return False
            case Said.NOTHING:
                await self._hang()
                return False
            case Said.CLOSE:
                return False
        assert answer is not None
        encoded = self._encoded(answer)
        if said is Said.HALF:
            await self._stream.send_all(encoded[: self._random.randrange(1, len(encoded))])
            return False
        if said is not Said.TWICE:
            await self._stream.send_all(encoded)
        elif b'"reference"' in answer.body or self._random.random() < self._bank.faults.anonymous_twins:
            await self._stream.send_all(encoded)
            await trio.sleep(self._random.choice((0.0, self._random.random())))
            await self._stream.send_all(encoded)
        else:
            await self._stream.send_all(encoded * 2)
        return True

    async def _hang(self) -> None:
        with trio.move_on_after(LONGEST_HANG_SECONDS):
            while await self._stream.receive_some():
                pass

    def _encoded(self, answer: BankAnswer) -> bytes:
        length = str(len(answer.body)).encode()
        response = h11.Response(status_code=answer.status, headers=[(b"Content-Length", length)])
        parts = [response, h11.Data(data=answer.body), h11.EndOfMessage()]
        encoded = b"".join(self._reader.send(part) or b"" for part in parts)
        self._reader.start_next_cycle()
        return encoded
