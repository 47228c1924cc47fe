"""What each fault by rate does to an operation's answer on the wire, with a clock that jumps."""

import json
import re

import pytest
import trio
from trio.testing import MockClock, memory_stream_pair

from simulator.behaviour import Behaviour
from simulator.connection import Connection, Patience
from simulator.faults import Fault
from simulator.payment import Payment
from simulator.rates import FaultRates
from simulator.routes import Offers, Routes
from tests.simulator.a_bank import ANYBODY, a_bank
from tests.simulator.an_operation import money

REFUND = b"\r\n".join(
    (
        b"POST /payments/pay/refunds HTTP/1.1",
        b"Host: bank",
        b"Idempotency-Key: r1",
        b"Content-Length: 13",
        b"",
        b'{"amount": 5}',
    )
)


@pytest.mark.parametrize(
    ("fault", "statuses", "is_whole", "moved"),
    [
        (Fault.REFUSE, [], True, 0),
        (Fault.HANG, [], True, 0),
        (Fault.UNAVAILABLE_503, [503], True, 0),
        (Fault.LATE, [200], True, 5),
        (Fault.DELAYED, [], True, 5),
        (Fault.DROP_AFTER_BOOKING, [], True, 5),
        (Fault.ERROR_500, [500], True, 5),
        (Fault.TWICE, [200, 200], True, 5),
        (Fault.HALF, [200], False, 5),
        (Fault.GARBAGE, [200], False, 5),
    ],
)
async def test_a_refund_misbehaves_by_rate(
    *,
    fault: Fault,
    statuses: list[int],
    is_whole: bool,
    moved: int,
    payment: Payment,
    autojump_clock: MockClock,
) -> None:
    bank, ledger = a_bank(Behaviour(operation_faults=FaultRates(((fault, 1.0),))))
    await bank.pay(payment, "pay", ANYBODY)
    near, far = memory_stream_pair()
    connection = Connection(far, Routes(bank, ledger, Offers()).answer, Patience(idle=5, hang=300))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(connection.serve)
        await near.send_all(REFUND)
        received = await everything(near)
    responses = received.split(b"HTTP/1.1 ")[1:]
    assert statuses == [int(response[:3]) for response in responses]
    assert is_whole == all(map(is_an_answer, responses))
    assert 1050 - moved == money(ledger)
    assert (300 if fault is Fault.HANG else 0) <= autojump_clock.current_time()


async def everything(caller: trio.abc.ReceiveStream) -> bytes:
    received = bytearray()
    while part := await caller.receive_some():
        received += part
    return bytes(received)


def is_an_answer(response: bytes) -> bool:
    head, _, body = response.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head)
    assert length
    try:
        return len(body) == int(length[1]) and isinstance(json.loads(body), dict)
    except ValueError:
        return False
