"""The shutdown, as those meet it that have lent it their scopes."""

import math

import trio
from trio.testing import MockClock

from pgw.http.stopping import Stopping


async def test_whatever_lent_its_scope_has_its_time_from_the_shutdown_on_and_nothing_else_ends(
    autojump_clock: MockClock,
) -> None:
    stopping, now, soon, other = Stopping(), trio.CancelScope(), trio.CancelScope(), trio.CancelScope()
    with stopping.ending(other):
        pass
    with stopping.ending(now), stopping.ending(soon, within=3):
        assert (False, math.inf) == (now.cancel_called, soon.deadline)
        await trio.sleep(10)
        assert not stopping.is_set()
        stopping.set()
        await stopping.wait()
        assert (True, 13) == (now.cancel_called, soon.deadline)
    assert (False, math.inf) == (other.cancel_called, other.deadline)
    assert {} == stopping._lent
    assert 10 == autojump_clock.current_time()


async def test_what_is_lent_during_the_shutdown_has_its_time_from_then_on_and_never_more_than_it_had(
    autojump_clock: MockClock,
) -> None:
    stopping, now, soon, sooner = Stopping(), trio.CancelScope(), trio.CancelScope(), trio.CancelScope()
    sooner.deadline = 6
    stopping.set()
    await trio.sleep(5)
    with stopping.ending(now), stopping.ending(soon, within=3), stopping.ending(sooner, within=3):
        assert (True, 8, 6) == (now.cancel_called, soon.deadline, sooner.deadline)
    assert 5 == autojump_clock.current_time()
