"""While the bank fails, what is due waits in storage: asking in vain would only put it off for longer."""

import trio
from trio.testing import MockClock

from pgw.domain.attempt import AttemptOutcome
from tests.actors.fake_bank import YES
from tests.actors.knowing_bank import REFUSED_PORT, KnowingBank, says
from tests.actors.scene import start_scene


async def test_a_bank_that_is_away_is_probed_and_asked_about_all_soon_after_it_is_back(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    scene = await start_scene(nursery, KnowingBank(look_up=says(REFUSED_PORT)))
    for _ in range(40):
        scene.rests(AttemptOutcome.DOUBTFUL)
    await trio.sleep(600)
    # Those that opened the circuit, and then one every 15 seconds.
    assert 10 + 600 / 15 < len(scene.bank.asked) < 10 + 600 / 15 + 10
    assert len(scene.storage.written) == len(scene.bank.asked), "nothing is written of what is not asked"
    scene.bank.look_up = says(YES)
    await trio.sleep(60)
    assert ["Approved"] * 40 == scene.storage.statuses()
    assert 660 == autojump_clock.current_time()
