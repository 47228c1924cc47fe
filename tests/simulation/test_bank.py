"""The simulated bank as the real connector meets it: each fate of a request, and what is booked of it."""

from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import pytest
import trio
from attrs import frozen

from pgw.bank.http import HttpBank
from pgw.bank.port import (
    Answer,
    Authorize,
    Authorized,
    BankConnection,
    BankFeature,
    Call,
    Declined,
    Doubtful,
    LookUp,
    NeverSeen,
    NotProcessed,
    NotReversible,
    NotSent,
    Pending,
    Rejected,
    Reverse,
    Reversed,
)
from pgw.domain.money import Currency, Money
from tests.simulation.bank import SimulatedBank
from tests.simulation.bank_faults import LATEST_SECONDS, NO_FAULT, Arrival, BankFaults, Fate, Said
from tests.simulation.bank_ledger import most_at_once, standing
from tests.simulation.bank_network import SimulatedNetwork
from tests.simulation.bank_teller import IMPATIENCE_SECONDS
from tests.simulation.life import Life, ProcessDied
from tests.simulation.orders import CARD
from tests.simulation.seeded import Simulation, run_seed

PAY = Authorize("ref_1", Money(1050, Currency("EUR", 2)), CARD, capture=True)
SEEDS = range(20)


@frozen
class World:
    bank: SimulatedBank
    life: Life
    connection: BankConnection

    async def perform(self, *calls: Call) -> list[Answer]:
        return [await self.connection.perform(call) for call in calls]


Scenario = Callable[[World], Awaitable[object]]
ALL_SAY_YES = BankFaults(decline=0.0)


def with_a_bank(scenario: Scenario, *fates: Fate, faults: BankFaults = ALL_SAY_YES) -> list[Any]:
    """Return what the scenario does for each seed; its first requests have these fates."""

    async def open_bank(simulation: Simulation) -> object:
        async with trio.open_nursery() as nursery:
            bank, life = SimulatedBank(simulation.random, nursery), Life()
            bank.faults, bank.fates = faults, list(fates)
            connector = HttpBank("bank", "http://bank", frozenset(BankFeature), SimulatedNetwork(bank, life))
            async with connector.connection() as connection:
                result = await scenario(World(bank, life, connection))
            nursery.cancel_scope.cancel()
        return result

    return [run_seed(open_bank, seed).answer for seed in SEEDS]


def test_without_a_fault_each_call_has_its_answer() -> None:
    async def scenario(world: World) -> object:
        return await world.perform(LookUp("ref_1"), PAY, LookUp("ref_1"), Reverse("ref_1"), LookUp("ref_1"))

    for answers in with_a_bank(scenario):
        never_seen, paid, *rest = answers
        assert NeverSeen() == never_seen
        assert isinstance(paid, Authorized)
        assert [paid, Reversed(), Reversed()] == rest


def test_it_dedupes_nothing() -> None:
    async def scenario(world: World) -> object:
        await world.perform(PAY, PAY)
        await world.perform(Reverse("ref_1"))
        bookings = world.bank.ledger.bookings
        return len(bookings), most_at_once(bookings), standing(bookings)

    assert [(2, 2, 0)] * len(SEEDS) == with_a_bank(scenario)


def test_a_decline_and_a_refusal_charge_nothing() -> None:
    async def scenario(world: World) -> object:
        (answer,) = await world.perform(PAY)
        return answer, standing(world.bank.ledger.bookings)

    for answer, charges in with_a_bank(scenario, faults=BankFaults(decline=1.0)):
        assert isinstance(answer, Declined)
        assert charges == 0
    assert [(Rejected(), 0)] * len(SEEDS) == with_a_bank(scenario, faults=BankFaults(malformed=1.0))


# How many charges stand when the caller has been told, and in the end.
AT_ONCE, LATER, NONE = (1, 1), (0, 1), (0, 0)
TOLD: list[tuple[Fate, set[type[Answer]], set[tuple[int, int]]]] = [
    (NO_FAULT, {Authorized}, {AT_ONCE}),
    (Fate(Arrival.NOW, Said.TWICE), {Authorized}, {AT_ONCE}),
    (Fate(Arrival.NOW, Said.HALF), {Doubtful}, {AT_ONCE}),
    (Fate(Arrival.NOW, Said.GARBAGE), {Doubtful}, {AT_ONCE, LATER}),
    (Fate(Arrival.NOW, Said.ERROR), {Doubtful}, {AT_ONCE, LATER}),
    (Fate(Arrival.NOW, Said.NOTHING), {Doubtful}, {AT_ONCE}),
    (Fate(Arrival.NOW, Said.CLOSE), {Doubtful}, {AT_ONCE, LATER}),
    (Fate(Arrival.LATE, Said.ANSWER), {Authorized, Doubtful}, {AT_ONCE, LATER}),
    (Fate(Arrival.LATE, Said.GARBAGE), {Doubtful}, {LATER}),
    (Fate(Arrival.LATE, Said.ERROR), {Doubtful}, {LATER}),
    (Fate(Arrival.LATE, Said.UNAVAILABLE), {NotProcessed}, {LATER}),
    (Fate(Arrival.LATE, Said.NOTHING), {Doubtful}, {AT_ONCE, LATER}),
    (Fate(Arrival.LATE, Said.CLOSE), {Doubtful}, {LATER}),
    (Fate(Arrival.NEVER, Said.GARBAGE), {Doubtful}, {NONE}),
    (Fate(Arrival.NEVER, Said.ERROR), {Doubtful}, {NONE}),
    (Fate(Arrival.NEVER, Said.UNAVAILABLE), {NotProcessed}, {NONE}),
    (Fate(Arrival.NEVER, Said.NOTHING), {Doubtful}, {NONE}),
    (Fate(Arrival.NEVER, Said.CLOSE), {Doubtful}, {NONE}),
]


@pytest.mark.parametrize(("fate", "told", "charges"), TOLD)
def test_what_a_caller_is_told_and_what_is_booked_of_it(
    fate: Fate, told: set[type[Answer]], charges: set[tuple[int, int]]
) -> None:
    async def scenario(world: World) -> object:
        (answer,) = await world.perform(PAY)
        at_once = standing(world.bank.ledger.bookings)
        await trio.sleep(LATEST_SECONDS + 2)
        return type(answer), (at_once, standing(world.bank.ledger.bookings))

    found = with_a_bank(scenario, fate)
    assert told == {answer for answer, _ in found}
    assert charges == {booked for _, booked in found}


def test_every_fate_is_among_those_that_chance_decides() -> None:
    random, faults = Random(17), BankFaults(request=0.9)
    assert {fate for fate, _, _ in TOLD} == {faults.fate(random) for _ in range(2000)}
    assert {NO_FAULT} == {BankFaults().fate(random) for _ in range(100)}


def test_what_is_on_its_way_is_never_seen_then_pending_then_decided() -> None:
    async def scenario(world: World) -> object:
        await world.perform(PAY)
        found: list[type[Answer]] = []
        while found[-1:] != [Authorized]:
            (finding,) = await world.perform(LookUp("ref_1"))
            found += [type(finding)] if found[-1:] != [type(finding)] else []
            await trio.sleep(1)
        return tuple(found)

    slow = BankFaults(decline=0.0, slow=1.0)
    found = with_a_bank(scenario, Fate(Arrival.LATE, Said.CLOSE), faults=slow)
    assert (
        {(NeverSeen, Pending, Authorized)}
        <= set(found)
        <= {
            (NeverSeen, Pending, Authorized),
            (NeverSeen, Authorized),  # between two look-ups
        }
    )


def test_what_arrives_after_its_reversal_never_counts() -> None:
    async def scenario(world: World) -> object:
        _, *answers = await world.perform(PAY, Reverse("ref_1"), LookUp("ref_1"))
        await trio.sleep(LATEST_SECONDS + 2)
        bookings = world.bank.ledger.bookings
        return answers, await world.perform(LookUp("ref_1")), len(bookings), most_at_once(bookings)

    found = with_a_bank(scenario, Fate(Arrival.LATE, Said.CLOSE))
    assert [([Reversed(), NeverSeen()], [Reversed()], 1, 0)] * len(SEEDS) == found


def test_a_bank_that_cannot_reverse_says_so_each_time() -> None:
    async def scenario(world: World) -> object:
        return await world.perform(Reverse("ref_1"), Reverse("ref_1"))

    found = with_a_bank(scenario, faults=BankFaults(irreversible=0.5))
    assert [NotReversible(), NotReversible()] in found
    assert [NotReversible(), Reversed()] not in found


def test_a_request_that_an_intermediary_answered_with_503_is_booked_once() -> None:
    async def scenario(world: World) -> object:
        answers = await world.perform(PAY, PAY)
        await trio.sleep(LATEST_SECONDS + 2)
        return [type(one) for one in answers], len(world.bank.ledger.bookings)

    found = with_a_bank(scenario, Fate(Arrival.LATE, Said.UNAVAILABLE))
    assert [([NotProcessed, Authorized], 1)] * len(SEEDS) == found


@pytest.mark.parametrize("faults", [BankFaults(refuse=1.0), BankFaults(never_connect=1.0)])
def test_a_bank_that_cannot_be_reached_sees_nothing(faults: BankFaults) -> None:
    async def scenario(world: World) -> object:
        (answer,) = await world.perform(PAY)
        return type(answer), world.bank.ledger.arrivals

    assert [(NotSent, {})] * len(SEEDS) == with_a_bank(scenario, faults=faults)


def test_an_impatient_bank_is_met_on_a_new_connection() -> None:
    async def scenario(world: World) -> object:
        first = await world.perform(PAY)
        await trio.sleep(IMPATIENCE_SECONDS)
        return [type(one) for one in first + await world.perform(LookUp("ref_1"))]

    impatient = BankFaults(decline=0.0, impatient=1.0)
    assert [Authorized, Authorized] in with_a_bank(scenario, faults=impatient)


def test_a_second_answer_is_seen_on_the_idle_connection() -> None:
    """Else it would be the answer to the next call."""

    async def scenario(world: World) -> object:
        first = await world.perform(PAY)
        await trio.sleep(2)
        assert not world.connection._link or not world.connection._link.is_usable  # type: ignore[attr-defined]
        return first + await world.perform(LookUp("ref_2"))

    for paid, finding in with_a_bank(scenario, Fate(Arrival.NOW, Said.TWICE)):
        assert isinstance(paid, Authorized)
        assert NeverSeen() == finding


def test_a_dead_process_sends_nothing_and_hears_nothing() -> None:
    async def scenario(world: World) -> object:
        with pytest.RaisesGroup(ProcessDied):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(world.perform, PAY)
                await trio.sleep(0.05 + 0.1 * world.bank.random.random())
                world.life.kill()
        with pytest.raises(ProcessDied):
            await world.perform(LookUp("ref_1"))
        await trio.sleep(LATEST_SECONDS)
        return standing(world.bank.ledger.bookings)

    assert [1] * len(SEEDS) == with_a_bank(scenario)
