"""One round: who dies when, while clients pay."""

import trio

from tests.torture.plan import BankDeath, RoundPlan
from tests.torture.tally import Tally
from tests.torture.verifier import Verifier
from tests.torture.world import World


async def run_round(world: World, plan: RoundPlan, tally: Tally, verifier: Verifier) -> None:
    """Kill the gateway at some starts and then under load, and the bank beside; the gateway is dead then.

    What each kill left is kept, for its timeline to be verified; sometimes that of the running one is.
    """
    async with trio.open_nursery() as nursery:
        if plan.bank_death is not None:
            nursery.start_soon(_kill_bank, world, plan, plan.bank_death, tally)
        for share in plan.starts:
            gateway = await world.start_gateway()
            await gateway.killed_after(share * world.seconds_to_ready)
            tally.gateway_kills_at_start += 1
            _after_kill(world, tally, verifier)
        gateway = await world.gateway_ready()
        if plan.verifies_beside:
            await verifier.verify()
        await gateway.killed_after(plan.under_load)
        _after_kill(world, tally, verifier)


def _after_kill(world: World, tally: Tally, verifier: Verifier) -> None:
    tally.gateway_kills += 1
    if world.has_been_ready:
        verifier.keep()


async def _kill_bank(world: World, plan: RoundPlan, death: BankDeath, tally: Tally) -> None:
    assert world.bank is not None
    await world.bank.killed_after(death.after)
    tally.bank_kills += 1
    await trio.sleep(death.away)
    await world.start_bank(plan.faults)
