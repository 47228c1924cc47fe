"""Paying through the real front door, over several lives; then all is well, and what was said is compared.

`python -m tests.simulation.front_door_scenario 1 2 3` prints a line for each seed.
"""

import logging
import sys
from collections import Counter
from collections.abc import Sequence

import structlog
import trio
from attrs import evolve, frozen

from tests.simulation.bank import SimulatedBank
from tests.simulation.bank_faults import NO_BANK_FAULTS, STORMY
from tests.simulation.bank_ledger import most_at_once, standing
from tests.simulation.disk import Disk
from tests.simulation.disk_faults import DiskFaults
from tests.simulation.front_door_lives import Lives
from tests.simulation.front_door_merchants import MerchantPrograms, Order
from tests.simulation.life import Life
from tests.simulation.log_lines import log_lines
from tests.simulation.seeded import Simulation, run_seed

LIVES = 3
PAYERS = 4
ORDERS_OF_EACH = 3
LONGEST_PAUSE_SECONDS = 4.0
SETTLED_WITHIN_SECONDS = 3600.0
STREAMED_WITHIN_SECONDS = 120.0
FAULTS = DiskFaults(fills_up=0.001, write_fails=0.001, sync_fails=0.002, commit_lies=0.01)
# One that the bank can never reverse stays unknown until a person settles it.
BANK_FAULTS = evolve(STORMY, irreversible=0.0)


@frozen
class Outcome:
    """`findings` is what was wrong. All answers to payments are counted by status, payments by theirs."""

    findings: list[str]
    answers: Counter[int]
    statuses: Counter[str]


async def pay_through_lives(simulation: Simulation) -> Outcome:
    """Pay while all goes wrong, then let all be well."""
    async with trio.open_nursery() as nursery:
        bank = SimulatedBank(simulation.random, nursery, simulation.trace.event)
        lives = Lives(simulation, Disk(simulation.random, trio.current_time), bank)
        programs = MerchantPrograms(simulation, lambda: lives.client)
        orders = [Order(f"key-{number}", number) for number in range(1, PAYERS * ORDERS_OF_EACH + 1)]
        nursery.start_soon(programs.watch)
        with log_lines(lives.hear):
            statuses = await _pay_all(lives, programs, orders)
        nursery.cancel_scope.cancel()
    return _compare(lives, programs, orders, statuses)


async def _pay_all(lives: Lives, programs: MerchantPrograms, orders: Sequence[Order]) -> list[str]:
    """Return each payment's last status."""
    stopping = trio.Event()
    async with trio.open_nursery() as well:
        async with trio.open_nursery() as paying:
            for payer in range(PAYERS):
                paying.start_soon(_pay, programs, orders[payer::PAYERS])
            lives.bank.faults, lives.disk.faults = BANK_FAULTS, FAULTS
            for number in range(LIVES):
                await lives.live_badly(Life(number))
            lives.disk.heal()
            lives.bank.faults = NO_BANK_FAULTS
            well.start_soon(lives.live_well, stopping)
        with trio.fail_after(SETTLED_WITHIN_SECONDS):
            statuses = [await programs.poll(order) for order in orders]
        with trio.move_on_after(STREAMED_WITHIN_SECONDS):
            await programs.saw_the_end_of(len(orders))
        stopping.set()
    return statuses


async def _pay(programs: MerchantPrograms, orders: Sequence[Order]) -> None:
    for order in orders:
        await trio.sleep(programs.simulation.random.random() * LONGEST_PAUSE_SECONDS)
        await programs.pay(order)


def _compare(
    lives: Lives, programs: MerchantPrograms, orders: Sequence[Order], statuses: Sequence[str]
) -> Outcome:
    findings = lives.findings + programs.findings
    if len(orders) != lives.stored_payments:
        findings.append(f"{len(orders)} keys and {lives.stored_payments} payments")
    findings += [f"{order} has several jobs" for order in orders if len(set(order.job_ids)) > 1]
    if sorted(programs.ended) != sorted(order.job_ids[0] for order in orders):
        findings.append("there is not one last event for each job")
    for order, status in zip(orders, statuses, strict=True):
        bookings = [one for one in lives.bank.ledger.bookings if one.amount == order.minor_units]
        if standing(bookings) != (status == "Approved") or most_at_once(bookings) > 1:
            findings.append(f"{order} is {status} and was booked as {bookings}")
    answers = Counter(status for order in orders for status in order.answers)
    return Outcome(findings, answers, Counter(statuses))


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    for seed in map(int, sys.argv[1:]):
        run = run_seed(pay_through_lives, seed)
        print(seed, run.steps, run.digest, run.answer)  # noqa: T201 - what the test reads


if __name__ == "__main__":
    main()
