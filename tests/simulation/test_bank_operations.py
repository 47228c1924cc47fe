"""The simulated bank as the real connector meets it: captures, voids, refunds, and what it notes of them."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio

from pgw.bank.port import (
    Accepted,
    Answer,
    Authorize,
    Capture,
    Declined,
    LookUp,
    NeverSeen,
    NotReversible,
    Pending,
    Refund,
    Rejected,
    Reverse,
    Reversed,
    Void,
)
from pgw.domain.money import Currency, Money
from tests.simulation.bank_faults import LATEST_SECONDS, Arrival, BankFaults, Fate, Said
from tests.simulation.bank_ledger import Account
from tests.simulation.orders import CARD
from tests.simulation.test_bank import SEEDS, World, with_a_bank

Scenario = Callable[[World], Awaitable[object]]
WILLING = BankFaults(decline=0.0, forgetful=0.0)
LOST = Fate(Arrival.NEVER, Said.CLOSE)
LATE = Fate(Arrival.LATE, Said.CLOSE)


def _eur(amount: int) -> Money:
    return Money(amount, Currency("EUR", 2))


RESERVE = Authorize("ref_1", _eur(1000), CARD, capture=False)
CHARGE = Authorize("ref_1", _eur(1000), CARD, capture=True)
VOID = Void("ref_v", "ref_1")


def _capture(reference: str, amount: int, *, is_final: bool = False) -> Capture:
    return Capture(reference, "ref_1", _eur(amount), is_final)


def _refund(reference: str, amount: int) -> Refund:
    return Refund(reference, "ref_1", _eur(amount))


def _done(scenario: Scenario, *fates: Fate, faults: BankFaults = WILLING) -> list[Any]:
    return with_a_bank(scenario, *fates, faults=faults)


def _account(world: World) -> Account:
    return world.bank.ledger.account("ref_1")


def _sums(world: World) -> tuple[int, int, int]:
    account = _account(world)
    return account.authorized, account.captured, account.refunded


def test_operations_are_answered_and_looked_up_under_their_own_reference() -> None:
    async def scenario(world: World) -> object:
        _, *answers = await world.perform(
            RESERVE,
            _capture("ref_c", 600),
            _capture("ref_d", 400),
            _refund("ref_r", 250),
            LookUp("ref_c", is_operation=True),
            LookUp("ref_r", is_operation=True),
        )
        return answers, _sums(world), world.bank.conduct.seen

    assert [([Accepted()] * 5, (1000, 1000, 250), [])] * len(SEEDS) == _done(scenario)


@pytest.mark.parametrize(
    "before",
    [
        (CHARGE, _capture("ref_c", 1)),
        (RESERVE, _capture("ref_c", 1001)),
        (RESERVE, _capture("ref_a", 600), _capture("ref_c", 401)),
        (RESERVE, _capture("ref_a", 600, is_final=True), _capture("ref_c", 1)),
        (RESERVE, VOID, _capture("ref_c", 1)),
        (RESERVE, _capture("ref_a", 600), _refund("ref_b", 1), _capture("ref_c", 1)),
        (RESERVE, VOID, Void("ref_w", "ref_1")),
        (RESERVE, _capture("ref_a", 1), VOID),
        (CHARGE, VOID),
        (RESERVE, _refund("ref_r", 1)),
        (CHARGE, _refund("ref_a", 600), _refund("ref_r", 401)),
        (RESERVE, Reverse("ref_1"), VOID),
    ],
)
def test_what_is_impossible_is_declined_and_noted(before: tuple[Any, ...]) -> None:
    async def scenario(world: World) -> object:
        *_, answer = await world.perform(*before)
        return type(answer), len(world.bank.conduct.seen)

    assert [(Declined, 1)] * len(SEEDS) == _done(scenario)


def test_it_declines_by_chance_and_finds_some_malformed() -> None:
    async def scenario(world: World) -> object:
        await world.perform(RESERVE)
        world.bank.faults = BankFaults(decline=0.5, malformed=0.3)
        return (await world.perform(_capture("ref_c", 600)))[0]

    assert {Accepted, Declined, Rejected} == {type(one) for one in _done(scenario)}


@pytest.mark.parametrize("repeated", [_capture("ref_o", 100), _refund("ref_o", 100)])
def test_it_dedupes_neither_captures_nor_refunds(repeated: Capture | Refund) -> None:
    async def scenario(world: World) -> object:
        paid = RESERVE if isinstance(repeated, Capture) else CHARGE
        await world.perform(paid, repeated, repeated)
        return len(world.bank.ledger.operations)

    assert [2] * len(SEEDS) == _done(scenario)


def test_an_operation_behind_a_503_of_an_intermediary_is_booked_once() -> None:
    async def scenario(world: World) -> object:
        await world.perform(CHARGE)
        world.bank.fates = [Fate(Arrival.LATE, Said.UNAVAILABLE)]
        await world.perform(_refund("ref_r", 100), _refund("ref_r", 100))
        await trio.sleep(LATEST_SECONDS + 2)
        return _sums(world)

    assert [(1000, 1000, 100)] * len(SEEDS) == _done(scenario)


def test_a_void_is_answered_as_it_was_or_that_it_was_done() -> None:
    async def scenario(world: World) -> object:
        _, *answers = await world.perform(RESERVE, VOID, VOID)
        return answers, len(world.bank.ledger.operations), world.bank.conduct.seen

    assert [([Accepted(), Accepted()], 1, [])] * len(SEEDS) == _done(scenario)
    done = [Accepted(), Declined("already_voided")]
    assert [(done, 1, [])] * len(SEEDS) == _done(scenario, faults=BankFaults(decline=0.0, forgetful=1.0))


def test_what_is_reversed_does_not_count_before_or_after_it_arrives() -> None:
    async def scenario(world: World) -> object:
        await world.perform(CHARGE, _refund("ref_a", 100), Reverse("ref_a"))
        world.bank.fates = [LATE]
        _, *answers = await world.perform(
            _refund("ref_b", 1000), LookUp("ref_b", is_operation=True), Reverse("ref_b")
        )
        await trio.sleep(LATEST_SECONDS + 2)
        answers += await world.perform(LookUp("ref_a", is_operation=True), LookUp("ref_b", is_operation=True))
        most = max(account.refunded for account in _account(world).over_time())
        return answers, _sums(world), most, len(world.bank.ledger.operations), world.bank.conduct.seen

    answers: list[Answer] = [NeverSeen(), Reversed(), Reversed(), Reversed()]
    assert [(answers, (1000, 1000, 0), 100, 2, [])] * len(SEEDS) == _done(scenario)


def test_what_is_in_process_is_pending() -> None:
    async def scenario(world: World) -> object:
        await world.perform(CHARGE)
        world.bank.faults, world.bank.fates = BankFaults(decline=0.0, slow=1.0), [LATE]
        await world.perform(_refund("ref_r", 1))
        found: list[Answer] = []
        while found[-1:] != [Accepted()]:
            found += await world.perform(LookUp("ref_r", is_operation=True))
            await trio.sleep(0.5)
        return Pending() in found

    assert True in _done(scenario)


def test_a_void_is_never_reversed_and_its_reversal_noted() -> None:
    async def scenario(world: World) -> object:
        _, *answers = await world.perform(RESERVE, VOID, Reverse("ref_v"))
        return answers, _account(world).is_voided, len(world.bank.conduct.seen)

    assert [([Accepted(), NotReversible()], True, 1)] * len(SEEDS) == _done(scenario)


def test_the_reversal_of_a_payment_with_operations_is_noted() -> None:
    async def scenario(world: World) -> object:
        await world.perform(CHARGE, _refund("ref_r", 1), Reverse("ref_1"))
        return len(world.bank.conduct.seen), [account.is_sound for account in _account(world).over_time()]

    assert [(1, [True, True, False])] * len(SEEDS) == _done(scenario)


@pytest.mark.parametrize("fate", [LOST, LATE])
@pytest.mark.parametrize(
    ("paid", "unknown", "other"),
    [
        (RESERVE, VOID, _capture("ref_o", 1)),
        (RESERVE, _capture("ref_c", 1), VOID),
        (RESERVE, _capture("ref_c", 1), _capture("ref_o", 1)),
        (CHARGE, _refund("ref_r", 600), _refund("ref_o", 401)),
    ],
)
def test_what_is_sent_while_another_may_still_take_effect_is_noted(
    paid: Authorize, unknown: Any, other: Any, fate: Fate
) -> None:
    async def scenario(world: World) -> object:
        await world.perform(paid)
        world.bank.fates = [fate]
        await world.perform(unknown, other)
        return len(world.bank.conduct.seen)

    assert [1] * len(SEEDS) == _done(scenario)


def test_after_its_reversal_nothing_stands_in_the_way() -> None:
    async def scenario(world: World) -> object:
        await world.perform(RESERVE)
        world.bank.fates = [LATE]
        await world.perform(_capture("ref_c", 1000), Reverse("ref_c"), _capture("ref_d", 1000))
        await trio.sleep(LATEST_SECONDS + 2)
        return world.bank.conduct.seen, _sums(world)

    assert [([], (1000, 1000, 0))] * len(SEEDS) == _done(scenario)


def test_two_refunds_go_on_beside_each_other() -> None:
    async def scenario(world: World) -> object:
        await world.perform(CHARGE)
        world.bank.fates = [LATE]
        await world.perform(_refund("ref_r", 600), _refund("ref_s", 400))
        await trio.sleep(LATEST_SECONDS + 2)
        return world.bank.conduct.seen, _sums(world)

    assert [([], (1000, 1000, 1000))] * len(SEEDS) == _done(scenario)
