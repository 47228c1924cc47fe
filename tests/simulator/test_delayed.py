"""The trap "never seen is not not-charged": a request that is stuck on its way, and arrives."""

import attrs
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from simulator.bank import Bank
from simulator.behaviour import Behaviour
from simulator.payment import Payment
from tests.simulator.a_bank import ANYBODY, WaitingCaller, a_bank, fields

DELAYED = "4000009900000103"
NEVER_SEEN = {"found": False}


async def a_delayed_payment(nursery: trio.Nursery, bank: Bank, payment: Payment) -> None:
    caller = WaitingCaller()
    nursery.start_soon(bank.pay, attrs.evolve(payment, card_number=DELAYED), "a", caller)
    await wait_all_tasks_blocked()
    assert caller.was_hung_up_on


async def test_its_caller_is_left_in_doubt_at_once_and_it_is_booked_long_after_it_was_never_seen(
    payment: Payment, autojump_clock: MockClock
) -> None:
    bank, ledger = a_bank(Behaviour(late_seconds=20, latency=5))
    async with trio.open_nursery() as nursery:
        await a_delayed_payment(nursery, bank, payment)
        assert autojump_clock.current_time() == 0
        await trio.sleep(19.9)
        assert (NEVER_SEEN, 0) == (fields(await bank.look_up("a", ANYBODY)), ledger.count)
        await trio.sleep(0.2)
        assert fields(await bank.look_up("a", ANYBODY))["authorized"] is True
    assert ledger.count == 1


async def test_it_is_not_booked_when_it_was_reversed_meanwhile(
    payment: Payment, autojump_clock: MockClock
) -> None:
    bank, ledger = a_bank()
    async with trio.open_nursery() as nursery:
        await a_delayed_payment(nursery, bank, payment)
        assert fields(await bank.reverse("a", ANYBODY)) == {"reversed": True}
    assert autojump_clock.current_time() >= 15
    assert NEVER_SEEN == fields(await bank.look_up("a", ANYBODY))
    assert (0, 1) == (ledger.count, ledger.tombstones)


async def booked_of_two_under_one_reference(payment: Payment, *, dedupe: bool) -> int:
    bank, ledger = a_bank(Behaviour(dedupe=dedupe))
    async with trio.open_nursery() as nursery:
        await a_delayed_payment(nursery, bank, payment)
        await a_delayed_payment(nursery, bank, payment)
    return ledger.count


async def test_two_that_are_stuck_under_one_reference_are_booked_once(
    payment: Payment, autojump_clock: MockClock
) -> None:
    assert await booked_of_two_under_one_reference(payment, dedupe=True) == 1
    assert autojump_clock.current_time() == 15


async def test_a_bank_without_dedupe_books_both(payment: Payment, autojump_clock: MockClock) -> None:
    assert await booked_of_two_under_one_reference(payment, dedupe=False) == 2
    assert autojump_clock.current_time() == 15
