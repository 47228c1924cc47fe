"""An operation misbehaves in every way that a payment does, by its own rates or its payment's card."""

import attrs
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from simulator.answers import Delivery
from simulator.behaviour import Behaviour
from simulator.booking import Kind, Misbehaviour
from simulator.faults import Fault
from simulator.operation import Operation
from simulator.operation_cards import CARDS, DECLINED, FAULTS
from simulator.payment import Payment
from simulator.profiles import Profile
from simulator.rates import FaultRates
from tests.simulator.a_bank import ANYBODY, WaitingCaller, a_bank, fields
from tests.simulator.an_operation import CAPTURE, REFUND, VOID, money, operate


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.REFUSE, (0, Delivery.NOTHING, None)),
        (Fault.UNAVAILABLE_503, (0, Delivery.WHOLE, 503)),
        (Fault.LATE, (700, Delivery.WHOLE, 200)),
        (Fault.DROP_AFTER_BOOKING, (700, Delivery.NOTHING, None)),
        (Fault.ERROR_500, (700, Delivery.WHOLE, 500)),
        (Fault.TWICE, (700, Delivery.TWICE, 200)),
        (Fault.HALF, (700, Delivery.HALF, 200)),
        (Fault.GARBAGE, (700, Delivery.WHOLE, 200)),
        (Fault.DELAYED, (700, Delivery.NOTHING, None)),
    ],
)
async def test_a_fault_by_rate_books_or_does_not(
    fault: Fault,
    expected: tuple[int, Delivery, int | None],
    authorization: Payment,
    autojump_clock: MockClock,
) -> None:
    bank, ledger = a_bank(Behaviour(operation_faults=FaultRates(((fault, 1.0),))))
    assert (await bank.pay(authorization, "pay", ANYBODY)).answer.status == 200
    reply = await bank.operate(Operation(CAPTURE, "pay", 700), "c1", ANYBODY)
    assert (15 if fault in (Fault.LATE, Fault.DELAYED) else 0) == autojump_clock.current_time()
    status = None if reply.delivery is Delivery.NOTHING else reply.answer.status
    assert expected == (money(ledger), reply.delivery, status)
    looked_up = fields(await bank.look_up("c1", ANYBODY))
    assert ({"accepted": True, "reference": "c1"} if expected[0] else {"found": False}) == looked_up


async def test_a_hanging_operation_is_pending_until_its_caller_leaves_and_books_nothing(
    authorization: Payment,
) -> None:
    bank, ledger = a_bank(Behaviour(operation_faults=FaultRates(((Fault.HANG, 1.0),))))
    await bank.pay(authorization, "pay", ANYBODY)
    caller = WaitingCaller()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(bank.operate, Operation(VOID, "pay"), "v1", caller)
        await wait_all_tasks_blocked()
        assert {"pending": True} == fields(await bank.look_up("v1", ANYBODY))
        caller.left.set()
    assert {"found": False} == fields(await bank.look_up("v1", ANYBODY))
    assert 1 == ledger.count


async def test_payments_and_operations_misbehave_by_rates_of_their_own(authorization: Payment) -> None:
    bank, ledger = a_bank(Behaviour(faults=FaultRates(((Fault.ERROR_500, 1.0),))))
    assert (await bank.pay(authorization, "pay", ANYBODY)).answer.status == 500
    assert await operate(bank, CAPTURE, "c1") is True
    assert 1050 == money(ledger)


async def test_an_operation_takes_the_banks_latency(
    authorization: Payment, autojump_clock: MockClock
) -> None:
    bank, _ = a_bank(Behaviour(latency=2, jitter=1))
    await bank.pay(authorization, "pay", ANYBODY)
    begun = autojump_clock.current_time()
    for _ in range(20):
        await operate(bank, CAPTURE, None, 1)
    assert 40 < autojump_clock.current_time() - begun < 60


def test_every_misbehaviour_has_one_card_and_one_meaning() -> None:
    assert set(Misbehaviour) == set(CARDS.values())
    assert len(CARDS) == len(set(CARDS.values()))
    assert set(Misbehaviour) == set(DECLINED) ^ set(FAULTS)


@pytest.mark.parametrize("card", [card for card, misbehaviour in CARDS.items() if misbehaviour in DECLINED])
async def test_a_card_declines_one_kind_of_operation(card: str, payment: Payment) -> None:
    declined = DECLINED[CARDS[card]]
    for kind, capture in ((CAPTURE, False), (VOID, False), (REFUND, True)):
        bank, ledger = a_bank()
        await bank.pay(attrs.evolve(payment, card_number=card, capture=capture), "pay", ANYBODY)
        before = money(ledger)
        answer = await operate(bank, kind, "o1", None if kind is VOID else 5)
        assert ("processing_error" if kind is declined else True) == answer
        assert before + _moved(kind, declined) == money(ledger)


def _moved(kind: Kind, declined: Kind) -> int:
    return 0 if kind is declined else {CAPTURE: 5, VOID: 0, REFUND: -5}[kind]


async def test_a_rule_comes_before_a_card(payment: Payment) -> None:
    bank, _ = a_bank()
    [card] = [card for card, misbehaviour in CARDS.items() if misbehaviour is Misbehaviour.CAPTURE_DECLINED]
    await bank.pay(attrs.evolve(payment, card_number=card), "pay", ANYBODY)
    assert await operate(bank, CAPTURE, "c1") == "already_captured"


@pytest.mark.parametrize("profile", [Profile.THRESHOLD, Profile.PARITY])
@pytest.mark.parametrize("card", [card for card in CARDS if int(card[-1]) % 2])
async def test_cards_misbehave_in_the_profile_magic_alone(
    profile: Profile, card: str, authorization: Payment
) -> None:
    bank, _ = a_bank(Behaviour(profile=profile))
    await bank.pay(attrs.evolve(authorization, card_number=card), "pay", ANYBODY)
    for kind in (CAPTURE, REFUND):
        assert await operate(bank, kind, kind.value) is True
