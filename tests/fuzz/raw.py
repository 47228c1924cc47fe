"""Raw bytes at the socket: batches of inputs, each judged by itself, and what each batch left."""

from collections.abc import Sequence

import trio

from tests.fuzz.inputs import Input, input_of, numbers_named
from tests.fuzz.oracle import Finding, findings_of
from tests.fuzz.sender import exchange
from tests.fuzz.tally import Tally
from tests.fuzz.wire import read
from tests.fuzz.world import World

AT_A_TIME = 48
BATCH = 250


async def send_raw(world: World, seed: int, numbers: Sequence[int], tally: Tally) -> None:
    """Send the inputs of these numbers; stop where the gateway does not live on."""
    for begin in range(0, len(numbers), BATCH):
        batch = numbers[begin : begin + BATCH]
        at_a_time = trio.Semaphore(AT_A_TIME)
        async with trio.open_nursery() as nursery:
            for number in batch:
                await at_a_time.acquire()
                nursery.start_soon(_send_one, world, input_of(seed, number), tally, at_a_time)
        for finding in await world.look():
            tally.add([finding], _replay(finding, batch))
        if not world.gateway.is_alive:
            return


async def _send_one(world: World, sent: Input, tally: Tally, at_a_time: trio.Semaphore) -> None:
    # As many clients as there are addresses, so that a limit for one of them does not hide the rest.
    source = f"127.0.0.{sent.number % 250 + 2}"
    try:
        data = await exchange(world.gateway.address, source, sent, world.ids)
        received = read(data)
        tally.count(sent.kind, received)
        tally.add(findings_of(received, data), f"--replay {sent.number}")
    except OSError as error:
        tally.kinds[sent.kind] += 1
        tally.notes[f"not connected: {error.strerror}"] += 1
    finally:
        at_a_time.release()
    tally.tell()


def _replay(finding: Finding, batch: Sequence[int]) -> str:
    """Name the input that a line of the log names, or else the batch."""
    for number in numbers_named(finding.what):
        if number in batch:
            return f"--replay {number}"
    return f"--replay {batch[0]}-{batch[-1]}"
