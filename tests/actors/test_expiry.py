"""What nobody captured in time is voided by the gateway, once, whatever happens meanwhile."""

import pytest
import trio
from trio.testing import MockClock

from pgw.bank.port import Accepted, BankFeature, Capture, Declined, OperationAnswer, Rejected, Void
from pgw.domain.operation import CaptureOrder, OperationRefusal, VoidOrder
from pgw.domain.payment import VoidReason
from pgw.domain.result import Err, Ok
from pgw.domain.timeline import By, Happening
from tests.actors.expiry_scene import AUTHORIZED_FOR, DAY, HOUR, LONG_ENOUGH, SOON, ExpiryScene, until
from tests.actors.fake_bank import says_after
from tests.actors.knowing_bank import DOUBT, PENDING, REFUSED_PORT, UNAVAILABLE, KnowingBank, says


@pytest.fixture(autouse=True)
def recovery_looks_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hours of virtual time go by."""
    monkeypatch.setattr("pgw.actors.recovery.LOOK_EVERY_SECONDS", 20.0)


@pytest.fixture
def all_look_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    """Days of virtual time go by."""
    monkeypatch.setattr("pgw.actors.recovery.LOOK_EVERY_SECONDS", 600.0)
    monkeypatch.setattr("pgw.actors.expiry.LOOK_EVERY_SECONDS", 60.0)
    monkeypatch.setattr("tests.actors.fake_bank.MOST_CALLS", 10_000)


async def test_it_is_voided_at_its_time_by_a_job_that_is_told_as_any_other(autojump_clock: MockClock) -> None:
    scene = ExpiryScene()
    async with scene.life():
        payment_id = await scene.authorize()
        await until(AUTHORIZED_FOR)
        assert ("Authorized", []) == (scene.status(payment_id), scene.voids)
        await trio.sleep(SOON)
    (void,) = scene.voids
    assert ("Voided", VoidReason.EXPIRED) == (scene.status(payment_id), scene.payment(payment_id).void_reason)
    assert ("Completed", VoidReason.EXPIRED, "Voided") == (
        void.job.status,
        void.job.void_reason,
        void.job.payment_status,
    )
    begun, ended = [one for one in scene.storage.written if one.job.id == void.job.id]
    requested = begun.entries[0]
    assert (True, True, Happening.REQUESTED, By.GATEWAY) == (
        *(begun.is_told, ended.is_told),
        *(requested.what, requested.by),
    )
    assert void.job.request_id.startswith("req_")
    assert [True] == [AUTHORIZED_FOR <= at < AUTHORIZED_FOR + SOON for at in scene.times]
    assert AUTHORIZED_FOR + SOON == autojump_clock.current_time()


@pytest.mark.parametrize("order", [CaptureOrder(), CaptureOrder(1), VoidOrder()])
async def test_what_was_captured_even_in_part_or_voided_before_is_left_alone(
    order: CaptureOrder | VoidOrder, autojump_clock: MockClock
) -> None:
    scene = ExpiryScene()
    async with scene.life():
        payment_id = await scene.authorize()
        await until(AUTHORIZED_FOR - 1)
        assert isinstance(await scene.operate(payment_id, order), Ok)
        await until(AUTHORIZED_FOR + HOUR)
    assert VoidReason.EXPIRED not in {one.job.void_reason for one in scene.voids}
    assert AUTHORIZED_FOR + HOUR == autojump_clock.current_time()


@pytest.mark.parametrize(
    ("found", "becomes"), [(Accepted(), "Approved"), (PENDING, "Authorized"), (Declined("x"), "Voided")]
)
async def test_behind_a_capture_whose_outcome_is_unknown_it_waits_and_is_voided_only_if_nothing_was_taken(
    found: Accepted | Declined, becomes: str, autojump_clock: MockClock
) -> None:
    scene = ExpiryScene(KnowingBank(look_up=says(PENDING), operate=says(DOUBT, Accepted())))
    async with scene.life():
        payment_id = await scene.authorize()
        await until(AUTHORIZED_FOR - 1)
        await scene.operate(payment_id)
        await until(AUTHORIZED_FOR + 5 * HOUR)
        assert ("Authorized", []) == (scene.status(payment_id), scene.voids)
        scene.bank.look_up = says(found)
        await trio.sleep(2 * HOUR)
        assert becomes == scene.status(payment_id)
    assert ([Capture, Void] if becomes == "Voided" else [Capture]) == [
        kind for kind in scene.bank.calls if kind in {Capture, Void}
    ]
    assert AUTHORIZED_FOR + 7 * HOUR == autojump_clock.current_time()


async def test_a_capture_behind_the_void_is_refused_and_one_before_it_wins(autojump_clock: MockClock) -> None:
    scene = ExpiryScene(KnowingBank(operate=says_after(30.0, Accepted())))
    async with scene.life():
        late, early = await scene.authorize(), await scene.authorize()
        await until(AUTHORIZED_FOR - 1)
        # Its turn comes first, though storage writes it only when it has expired and was found to have.
        scene.storage.may_write = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(scene.operate, early)
            await until(AUTHORIZED_FOR + SOON / 2)
            scene.storage.may_write.set()
        await trio.sleep(SOON)
        assert Err(OperationRefusal.OPERATION_IN_PROGRESS) == await scene.operate(late)
        await trio.sleep(60)
    assert ["Voided", "Approved"] == [scene.status(late), scene.status(early)]
    assert 1 == len(scene.voids)
    assert AUTHORIZED_FOR + 1.5 * SOON + 60 == autojump_clock.current_time()


async def test_where_the_gateway_was_down_then_it_is_voided_once_the_clock_is_believed(
    autojump_clock: MockClock,
) -> None:
    scene = ExpiryScene()
    async with scene.life():
        payment_id = await scene.authorize()
    await until(AUTHORIZED_FOR + HOUR)
    async with scene.life():
        await trio.sleep(LONG_ENOUGH)
        assert [] == scene.voids
        await trio.sleep(SOON)
    assert ("Voided", 1) == (scene.status(payment_id), len(scene.voids))
    assert AUTHORIZED_FOR + HOUR + LONG_ENOUGH + SOON == autojump_clock.current_time()


async def test_a_crash_of_the_process_in_the_middle_leaves_one_job_that_is_taken_up(
    autojump_clock: MockClock,
) -> None:
    scene = ExpiryScene(KnowingBank(operate=says_after(30.0, Accepted())))
    async with scene.life():
        payment_id = await scene.authorize()
        await until(AUTHORIZED_FOR + SOON)
        assert [("Created", "Intended")] == [(one.job.status, one.attempt.outcome) for one in scene.voids]
    async with scene.life():
        await trio.sleep(60)
    (void,) = scene.voids
    assert ("Voided", "Completed") == (scene.status(payment_id), void.job.status)
    asked = [one.call.reference for one in scene.bank.asked if isinstance(one.call, Void)]
    assert [void.attempt.reference] * 2 == asked
    assert AUTHORIZED_FOR + SOON + 60 == autojump_clock.current_time()


@pytest.mark.usefixtures("all_look_rarely")
@pytest.mark.parametrize("trouble", [REFUSED_PORT, UNAVAILABLE, DOUBT])
async def test_a_bank_that_is_down_for_days_has_one_job_in_the_end(
    trouble: OperationAnswer, autojump_clock: MockClock
) -> None:
    scene = ExpiryScene()
    async with scene.life():
        payment_id = await scene.authorize()
        scene.bank.operate = says(trouble)
        await until(AUTHORIZED_FOR + 2 * DAY)
        assert ("Authorized", 1) == (scene.status(payment_id), len(scene.voids))
        scene.bank.operate = says(Accepted())
        await trio.sleep(3 * HOUR)
    (void,) = scene.voids
    assert ("Voided", "Completed") == (scene.status(payment_id), void.job.status)
    asked = {one.call.reference for one in scene.bank.asked if isinstance(one.call, Void)}
    assert {void.attempt.reference} == asked
    assert AUTHORIZED_FOR + 2 * DAY + 3 * HOUR == autojump_clock.current_time()


@pytest.mark.usefixtures("all_look_rarely")
async def test_while_the_circuit_is_open_nothing_is_begun_and_a_capture_may_still_come(
    autojump_clock: MockClock,
) -> None:
    scene = ExpiryScene()
    async with scene.life() as gateway:
        payments = [await scene.authorize() for _ in range(60)]
        scene.bank.operate = scene.bank.authorize = scene.bank.look_up = says(REFUSED_PORT)
        await until(AUTHORIZED_FOR + 10 * HOUR)
        assert "closed" != gateway.bank.circuit_state
        assert 10 <= len(scene.voids) < 30
        scene.bank.operate = says(Accepted())
        free = next(one for one in payments if not scene.payment(one).is_voiding)
        assert isinstance(await scene.operate(free, VoidOrder()), Ok)
        await trio.sleep(4 * HOUR)
    assert {"Voided"} == {scene.status(one) for one in payments}
    assert 60 == len(scene.voids)
    assert AUTHORIZED_FOR + 14 * HOUR == autojump_clock.current_time()


@pytest.mark.parametrize(
    ("order", "becomes"), [(CaptureOrder(1), "PartiallyCaptured"), (VoidOrder(), "Voided")]
)
async def test_what_the_bank_declines_is_flagged_and_never_tried_again_and_the_merchant_still_may(
    order: CaptureOrder | VoidOrder, becomes: str, autojump_clock: MockClock
) -> None:
    scene = ExpiryScene(KnowingBank(operate=says(Declined("authorization_expired"), Accepted())))
    async with scene.life():
        payment_id = await scene.authorize()
        await until(AUTHORIZED_FOR + 5 * HOUR)
        (void,) = scene.voids
        assert void.job.failure is not None
        assert ("Failed", "VoidDeclined", "authorization_expired") == (
            void.job.status,
            void.job.failure.code,
            void.job.failure.decline_code,
        )
        assert ["ExpiryRefused"] == list(scene.flags)
        assert ("Authorized", None) == (scene.status(payment_id), scene.payment(payment_id).expires_at)
        assert isinstance(await scene.operate(payment_id, order), Ok)
        await trio.sleep(SOON)
    assert becomes == scene.status(payment_id)
    assert AUTHORIZED_FOR + 5 * HOUR + SOON == autojump_clock.current_time()


async def test_what_the_bank_refuses_as_malformed_is_flagged_and_never_tried_again(
    autojump_clock: MockClock,
) -> None:
    scene = ExpiryScene(KnowingBank(operate=says(Rejected())))
    async with scene.life():
        payment_id = await scene.authorize()
        await until(AUTHORIZED_FOR + 5 * HOUR)
    (void,) = scene.voids
    assert void.job.failure is not None
    assert ("Failed", "BankRejected") == (void.job.status, void.job.failure.code)
    assert ("Authorized", None) == (scene.status(payment_id), scene.payment(payment_id).expires_at)
    assert ["ExpiryRefused"] == list(scene.flags), "else what stays reserved is told to nobody"
    assert 1 == len(scene.times)
    assert AUTHORIZED_FOR + 5 * HOUR == autojump_clock.current_time()


async def test_a_bank_that_offers_no_voids_is_asked_for_none(autojump_clock: MockClock) -> None:
    scene = ExpiryScene()
    async with scene.life():
        payment_id = await scene.authorize()
    scene.bank.features = frozenset(BankFeature) - {BankFeature.CAPTURE_LATER}
    async with scene.life():
        await until(AUTHORIZED_FOR + 2 * HOUR)
    assert ("Authorized", []) == (scene.status(payment_id), scene.voids)
    assert AUTHORIZED_FOR + 2 * HOUR == autojump_clock.current_time()
