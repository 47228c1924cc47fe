import attrs
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from simulator.answers import Delivery, Reply
from simulator.behaviour import Behaviour
from simulator.faults import Fault
from simulator.fields import MalformedError
from simulator.payment import Payment
from simulator.profiles import Profile
from simulator.rates import FaultRates
from simulator.submission import LedgerFullError
from tests.simulator.a_bank import ANYBODY, WaitingCaller, a_bank, fields

SLOW = "4000009900000012"
HANGS = "4000009900000020"
UNAVAILABLE_TWICE = "4000009900000061"


async def test_a_repeated_reference_gets_the_first_answer_and_books_nothing(payment: Payment) -> None:
    bank, ledger = a_bank()
    first = await bank.pay(payment, "a", ANYBODY)
    assert first == await bank.pay(payment, "a", ANYBODY)
    assert fields(first)["reference"] == "a"
    assert ledger.count == 1
    submission = ledger.submission("a")
    assert submission
    assert submission.count == 2


async def test_a_repeated_reference_with_another_body_is_malformed(payment: Payment) -> None:
    bank, ledger = a_bank()
    await bank.pay(payment, "a", ANYBODY)
    with pytest.raises(MalformedError, match="Idempotency-Key: was used before for another request"):
        await bank.pay(attrs.evolve(payment, amount=1051), "a", ANYBODY)
    assert ledger.count == 1


async def test_without_dedupe_a_repeated_reference_books_again(payment: Payment) -> None:
    bank, ledger = a_bank(Behaviour(dedupe=False))
    first = await bank.pay(payment, "a", ANYBODY)
    second = await bank.pay(attrs.evolve(payment, amount=1051), "a", ANYBODY)
    assert fields(first)["authorization_code"] != fields(second)["authorization_code"]
    assert [(booking.reference, booking.amount) for booking in ledger.bookings()] == [
        ("a", 1050),
        ("a", 1051),
    ]
    assert second == await bank.look_up("a", ANYBODY)


async def test_payments_without_a_reference_book_each_time_and_echo_none(payment: Payment) -> None:
    bank, ledger = a_bank()
    assert "reference" not in fields(await bank.pay(payment, None, ANYBODY))
    await bank.pay(payment, None, ANYBODY)
    assert ledger.count == 2


async def test_two_at_once_under_one_reference_book_once(payment: Payment, autojump_clock: MockClock) -> None:
    bank, ledger = a_bank(Behaviour(latency=5, jitter=5))
    replies: list[Reply] = []

    async def pay() -> None:
        replies.append(await bank.pay(payment, "a", ANYBODY))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(pay)
        nursery.start_soon(pay)
    assert replies[0] == replies[1]
    assert ledger.count == 1
    assert autojump_clock.current_time() < 20


async def test_a_payment_takes_its_latency_and_at_most_its_jitter_more(
    payment: Payment, autojump_clock: MockClock
) -> None:
    bank, _ = a_bank(Behaviour(latency=2, jitter=1))
    start = autojump_clock.current_time()
    for _ in range(20):
        await bank.pay(payment, None, ANYBODY)
    assert 40 < autojump_clock.current_time() - start < 60


async def test_the_slow_card_is_pending_and_is_then_approved(
    payment: Payment, autojump_clock: MockClock
) -> None:
    bank, ledger = a_bank()
    start = autojump_clock.current_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(bank.pay, attrs.evolve(payment, card_number=SLOW), "a", ANYBODY)
        await wait_all_tasks_blocked()
        assert fields(await bank.look_up("a", ANYBODY)) == {"pending": True}
        assert ledger.count == 0
    assert autojump_clock.current_time() - start == pytest.approx(15)
    assert fields(await bank.look_up("a", ANYBODY))["authorized"] is True


async def test_a_hanging_payment_is_pending_until_its_caller_leaves_and_books_nothing(
    payment: Payment,
) -> None:
    bank, ledger = a_bank()
    caller = WaitingCaller()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(bank.pay, attrs.evolve(payment, card_number=HANGS), "a", caller)
        await wait_all_tasks_blocked()
        assert fields(await bank.look_up("a", ANYBODY)) == {"pending": True}
        caller.left.set()
    assert fields(await bank.look_up("a", ANYBODY)) == {"found": False}
    assert ledger.count == 0


async def test_503_twice_is_counted_by_reference(payment: Payment) -> None:
    bank, ledger = a_bank()
    asked = attrs.evolve(payment, card_number=UNAVAILABLE_TWICE)
    statuses = [(await bank.pay(asked, "a", ANYBODY)).answer.status for _ in range(4)]
    assert statuses == [503, 503, 200, 200]
    assert (await bank.pay(asked, "b", ANYBODY)).answer.status == 503
    assert ledger.count == 1


async def test_what_was_not_processed_was_never_seen(payment: Payment) -> None:
    bank, _ = a_bank(Behaviour(profile=Profile.PARITY))
    await bank.pay(attrs.evolve(payment, card_number="2222405343248870"), "a", ANYBODY)
    reply = await bank.look_up("a", ANYBODY)
    assert (reply.answer.status, fields(reply)) == (404, {"found": False})


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.REFUSE, (0, Delivery.NOTHING, None)),
        (Fault.UNAVAILABLE_503, (0, Delivery.WHOLE, 503)),
        (Fault.DROP_AFTER_BOOKING, (1, Delivery.NOTHING, None)),
        (Fault.ERROR_500, (1, Delivery.WHOLE, 500)),
        (Fault.TWICE, (1, Delivery.TWICE, 200)),
        (Fault.HALF, (1, Delivery.HALF, 200)),
        (Fault.GARBAGE, (1, Delivery.WHOLE, 200)),
        (Fault.DELAYED, (1, Delivery.NOTHING, None)),
    ],
)
async def test_a_fault_by_rate_books_or_does_not(
    fault: Fault, expected: tuple[int, Delivery, int | None], payment: Payment, autojump_clock: MockClock
) -> None:
    bank, ledger = a_bank(Behaviour(faults=FaultRates(((fault, 1.0),))))
    reply = await bank.pay(payment, "a", ANYBODY)
    assert (15 if fault is Fault.DELAYED else 0) == autojump_clock.current_time()
    status = None if reply.delivery is Delivery.NOTHING else reply.answer.status
    assert expected == (ledger.count, reply.delivery, status)
    assert (200 if ledger.count else 404) == (await bank.look_up("a", ANYBODY)).answer.status


async def test_a_repeat_of_a_lost_answer_is_answered_unless_faults_come_by_rate(payment: Payment) -> None:
    bank, ledger = a_bank()
    lost = attrs.evolve(payment, card_number="4000009900000038")
    assert (await bank.pay(lost, "a", ANYBODY)).delivery is Delivery.NOTHING
    assert fields(await bank.pay(lost, "a", ANYBODY))["authorized"] is True
    assert ledger.count == 1


async def test_a_look_up_misbehaves_by_its_own_rate(payment: Payment) -> None:
    bank, _ = a_bank(Behaviour(lookup_faults=FaultRates(((Fault.ERROR_500, 1.0),))))
    assert (await bank.pay(payment, "a", ANYBODY)).answer.status == 200
    assert (await bank.look_up("a", ANYBODY)).answer.status == 500


async def test_a_full_ledger_says_so_but_still_answers_what_it_knows(payment: Payment) -> None:
    bank, _ = a_bank(limit=1)
    first = await bank.pay(payment, "a", ANYBODY)
    with pytest.raises(LedgerFullError, match="not processed: the ledger is full at 1"):
        await bank.pay(payment, "b", ANYBODY)
    with pytest.raises(LedgerFullError):
        await bank.pay(payment, None, ANYBODY)
    assert first == await bank.pay(payment, "a", ANYBODY)


async def test_the_same_seed_gives_the_same_authorization_codes(payment: Payment) -> None:
    banks = [a_bank()[0], a_bank()[0]]
    first, second = [await bank.pay(payment, "a", ANYBODY) for bank in banks]
    assert first == second
