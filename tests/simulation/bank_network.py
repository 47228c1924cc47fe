"""The way to the simulated bank, as httpcore's network port: refuses, hangs, and cuts into pieces.

A network belongs to one life: once that is over, no byte of it reaches the bank, and nothing of the bank's is
read. What the bank has received by then it goes on with.
"""

from collections.abc import Iterable
from random import Random

import httpcore
import trio
import trio.testing

from tests.simulation.bank import SimulatedBank
from tests.simulation.bank_teller import Teller
from tests.simulation.life import Life

LONGEST_CONNECT_SECONDS = 75.0


class SimulatedNetwork(httpcore.AsyncNetworkBackend):
    def __init__(self, bank: SimulatedBank, life: Life) -> None:
        self._bank = bank
        self._life = life

    async def connect_tcp(
        self,
        host: str,  # noqa: ARG002 - there is one bank
        port: int,  # noqa: ARG002
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        self._life.go_on()
        random, faults = self._bank.random, self._bank.faults
        if random.random() < faults.never_connect:
            await trio.sleep(LONGEST_CONNECT_SECONDS if timeout is None else timeout)
            raise httpcore.ConnectTimeout("simulated")
        await trio.sleep(random.random() * 0.05)
        if random.random() < faults.refuse:
            raise httpcore.ConnectError("simulated")
        self._life.go_on()
        ours, theirs = trio.testing.memory_stream_pair()
        end = BankEnd(theirs, random)
        self._bank.nursery.start_soon(Teller(self._bank, end).serve)
        return SimulatedStream(ours, end, self._life, random)

    async def sleep(self, seconds: float) -> None:
        await trio.sleep(seconds)


class BankEnd(trio.abc.Stream):
    """Knows how much it has sent, so that the other end can tell whether there is something to be read."""

    def __init__(self, stream: trio.abc.Stream, random: Random) -> None:
        self._stream = stream
        self._random = random
        self.sent = 0
        self.is_closed = False

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        await self._stream.send_all(data)
        self.sent += len(data)

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        return await self._stream.receive_some(self._random.randint(1, max_bytes or 400))

    async def aclose(self) -> None:
        self.is_closed = True
        await self._stream.aclose()


class SimulatedStream(httpcore.AsyncNetworkStream):
    def __init__(self, stream: trio.abc.Stream, bank_end: BankEnd, life: Life, random: Random) -> None:
        self._stream = stream
        self._bank_end = bank_end
        self._life = life
        self._random = random
        self._received = 0

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        self._life.go_on()
        try:
            data = bytes(await self._stream.receive_some(self._random.randint(1, min(max_bytes, 400))))
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise httpcore.ReadError("simulated") from error
        self._life.go_on()
        self._received += len(data)
        if not data and self._random.random() < 0.5:
            raise httpcore.ReadError("simulated reset")
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        cut = self._random.randrange(len(buffer) + 1)
        for part in (buffer[:cut], buffer[cut:]):
            self._life.go_on()
            try:
                await self._stream.send_all(part)
            except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
                raise httpcore.WriteError("simulated") from error

    async def aclose(self) -> None:
        await trio.aclose_forcefully(self._stream)

    def get_extra_info(self, info: str) -> object:
        if info == "is_readable":
            return self._bank_end.is_closed or self._bank_end.sent > self._received
        return None
