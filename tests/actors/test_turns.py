"""One at a time changes a payment, first come, first served, whatever becomes of the one before."""

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from pgw.actors.turns import Turns


async def test_turns_are_had_one_after_the_other_as_they_came(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    turns, had = Turns(), list[tuple[int, float]]()

    async def have(number: int) -> None:
        async with turns.of("pay_a"):
            await trio.sleep(1)
            had.append((number, trio.current_time()))

    for number in range(5):
        nursery.start_soon(have, number)
        await wait_all_tasks_blocked()
    await trio.sleep(10)
    assert [(number, number + 1.0) for number in range(5)] == had
    assert {} == turns._turns
    assert 10 == autojump_clock.current_time()


async def test_another_payments_turn_is_not_waited_for() -> None:
    turns = Turns()
    async with turns.of("pay_a"), turns.of("pay_b"):
        assert ["pay_a", "pay_b"] == list(turns._turns)
    assert {} == turns._turns


async def test_who_is_cancelled_while_it_waits_never_has_its_turn(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    turns, had = Turns(), []

    async def have(number: int, patience: float) -> None:
        with trio.move_on_after(patience):
            async with turns.of("pay_a"):
                had.append(number)
                await trio.sleep(3)

    for number, patience in enumerate((10.0, 1.0, 10.0)):
        nursery.start_soon(have, number, patience)
        await wait_all_tasks_blocked()
    await trio.sleep(10)
    assert ([0, 2], {}) == (had, turns._turns)
    assert 10 == autojump_clock.current_time()


@pytest.mark.parametrize("others", [0, 2])
async def test_a_crash_gives_the_turn_on(others: int, nursery: trio.Nursery) -> None:
    turns, had = Turns(), []

    async def have(number: int) -> None:
        async with turns.of("pay_a"):
            had.append(number)

    async def crash() -> None:
        async with turns.of("pay_a"):
            for number in range(others):
                nursery.start_soon(have, number)
            await wait_all_tasks_blocked()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await crash()
    await wait_all_tasks_blocked()
    assert (others, {}) == (len(had), turns._turns)
