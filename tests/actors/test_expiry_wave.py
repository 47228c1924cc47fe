"""Many expire at once, or with faults: payments go on as ever, and each is voided by one job."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
import trio
from attrs import evolve
from trio.testing import MockClock

from pgw.actors import expiry, trusted_time
from pgw.actors.supervisor import RestartIntensity
from pgw.bank.port import Accepted, Answer, Call, Void
from pgw.domain.errors import Refusal
from pgw.domain.job import JobType
from pgw.domain.operation import CaptureOrder, VoidOrder
from pgw.domain.payment import VoidReason
from pgw.domain.result import Err, Ok
from pgw.storage.expiry_port import Expired
from pgw.storage.port import Change, StorageUnavailable
from tests.actors.expiry_scene import HOUR, ExpiryScene
from tests.actors.fake_bank import YES, says_after
from tests.actors.knowing_bank import KnowingBank
from tests.actors.memory_storage import REFUSED, MemoryStorage, Written
from tests.actors.orders import pay, submit
from tests.actors.resting import accepted

WAVE = 10_000
PAYMENTS = 600


pytestmark = pytest.mark.usefixtures("logged")


@pytest.fixture(autouse=True)
def believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trusted_time, "TRUSTED_AFTER_SECONDS", 0.0)
    monkeypatch.setattr("tests.actors.fake_bank.MOST_CALLS", 100_000)


class Counting(KnowingBank):
    """Takes a while for each call, and counts the voids that are under way."""

    def __init__(self, seconds: float = 0.1) -> None:
        super().__init__(authorize=says_after(0.1, YES), operate=self._void)
        self.seconds = seconds
        self.under_way = self.most = 0

    async def _void(self, _call: Call) -> Answer:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await trio.sleep(self.seconds)
        self.under_way -= 1
        return Accepted()


def expired(scene: ExpiryScene, number: int) -> list[str]:
    """Put that many authorizations into storage whose time is over, and return their ids."""
    now = scene.clock.now() - timedelta(hours=1)
    ids = []
    for _ in range(number):
        change = accepted(now)
        payment = evolve(change.payment, capture=False).authorized(now, now)
        scene.storage.payments[payment.id] = payment
        ids.append(payment.id)
    return ids


async def test_payments_go_on_as_ever_while_ten_thousand_expire_at_once(autojump_clock: MockClock) -> None:
    scene = ExpiryScene(bank := Counting())
    expired(scene, WAVE)
    seconds = []
    # With room for one payment of a merchant at a time: the wave takes up none of it.
    async with scene.life(of_a_merchant=1, taken_up=48) as gateway:
        await trio.sleep(6.0)
        for _ in range(PAYMENTS):
            began = trio.current_time()
            job = await pay(gateway)
            while scene.storage.newest[job.id].job.is_open or gateway.in_flight:  # noqa: ASYNC110
                await trio.sleep(0.01)
            seconds.append(trio.current_time() - began)
        over = [one.attempt.reference for one in scene.voids]
    assert max(seconds) < 0.2, "as long as the bank itself takes"
    assert 48 // expiry.SHARE_OF_THE_BANK == bank.most
    assert len(over) > 1000
    assert len(over) == len(set(over)) == len({one.payment.id for one in scene.voids})
    assert autojump_clock.current_time() < 200


async def test_all_of_a_wave_are_voided_once_each_however_slow_the_bank(autojump_clock: MockClock) -> None:
    scene = ExpiryScene(bank := Counting(seconds=7.0))
    ids = expired(scene, 100)
    async with scene.life(taken_up=1000) as gateway:
        await trio.sleep(50.0)
        assert gateway.seconds_behind_expiry > HOUR
        await trio.sleep(50.0)
        assert 0 == gateway.seconds_behind_expiry
    assert {"Voided"} == {scene.status(one) for one in ids}
    assert (100, expiry.MOST_AT_A_TIME) == (len(bank.times_of(Void)), bank.most)
    assert 100 == autojump_clock.current_time()


async def test_those_that_cannot_be_begun_are_in_no_others_way(autojump_clock: MockClock) -> None:
    scene = ExpiryScene(storage=(storage := MemoryStorage()))
    ids = expired(scene, 100)
    poison = set(ids[:40])

    def judge(change: Change) -> Written:
        if change.payment.id in poison:
            raise ZeroDivisionError
        return Ok(None)

    storage.judge = judge
    async with scene.life(taken_up=8):
        await trio.sleep(120.0)
        assert {"Voided"} == {scene.status(one) for one in ids[40:]}
        poison.clear()
        await trio.sleep(120.0)
    assert {"Voided": 100} == Counter(scene.status(one) for one in ids)
    assert 240 == autojump_clock.current_time()


async def test_the_lookout_outlives_its_own_bugs_and_storage_that_cannot_be_read(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = ExpiryScene()
    (payment_id,) = expired(scene, 1)
    read = scene.storage.expired
    troubles = iter([StorageUnavailable("no"), *[ZeroDivisionError()] * 50, StorageUnavailable("no")])

    async def read_with_trouble(*args: object, **options: object) -> object:
        if trouble := next(troubles, None):
            raise trouble
        return await read(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(scene.storage, "expired", read_with_trouble)
    async with scene.life():
        await trio.sleep(53 * expiry.LOOK_EVERY_SECONDS + 1)
    assert "Voided" == scene.status(payment_id)
    assert 53 * expiry.LOOK_EVERY_SECONDS + 1 == autojump_clock.current_time()


async def test_a_job_that_crashes_once_it_is_stored_is_taken_up_and_not_begun_anew(
    autojump_clock: MockClock,
) -> None:
    scene = ExpiryScene(storage=(storage := MemoryStorage()))
    (payment_id,) = expired(scene, 1)
    crashes = iter([ZeroDivisionError()])

    def judge(change: Change) -> Written:
        if change.job.type is JobType.VOID and not change.job.is_open and (crash := next(crashes, None)):
            raise crash
        return Ok(None)

    storage.judge = judge
    async with scene.life():
        await trio.sleep(60.0)
    (void,) = scene.voids
    assert ("Voided", "Completed") == (scene.status(payment_id), void.job.status)
    assert {void.attempt.reference} == set(scene.bank.references)
    assert (2, 60) == (len(scene.bank.asked), autojump_clock.current_time())


async def test_storage_that_takes_no_writes_loses_nothing_and_begins_nothing(
    autojump_clock: MockClock,
) -> None:
    scene = ExpiryScene(storage=(storage := MemoryStorage()))
    ids = expired(scene, 20)
    storage.judge = lambda _change: REFUSED
    async with scene.life():
        await trio.sleep(60.0)
        assert ([], []) == (scene.voids, scene.bank.asked)
        storage.judge = lambda _change: Ok(None)
        await trio.sleep(60.0)
    assert {"Voided"} == {scene.status(one) for one in ids}
    assert (20, 120) == (len(scene.voids), autojump_clock.current_time())


async def test_a_stop_waits_for_what_is_under_way_and_begins_no_more(autojump_clock: MockClock) -> None:
    scene = ExpiryScene(Counting(seconds=3.0))
    expired(scene, 100)
    async with scene.life(taken_up=16) as gateway:
        await trio.sleep(5.5)
        gateway.admit_no_more()
        assert Err(Refusal.SHUTTING_DOWN) == await submit(gateway)
        assert ["Created"] * 2 == [one.job.status for one in scene.voids]
        await gateway.drained()
        assert ["Completed"] * 2 == [one.job.status for one in scene.voids]
        assert autojump_clock.current_time() < 10
        await trio.sleep(30)
    assert 2 == len(scene.bank.asked)


async def test_a_stop_while_storage_is_asked_what_has_expired_begins_none_of_it(
    autojump_clock: MockClock,
) -> None:
    class Slow(MemoryStorage):
        async def expired(
            self, now: datetime, *, limit: int, after: Expired | None = None
        ) -> Sequence[Expired]:
            await trio.sleep(3)
            return await super().expired(now, limit=limit, after=after)

    scene = ExpiryScene(storage=Slow())
    expired(scene, 10)
    async with scene.life() as gateway:
        await trio.sleep(expiry.LOOK_EVERY_SECONDS + 1)
        gateway.admit_no_more()
        await gateway.drained()
        await trio.sleep(30)
    assert [] == scene.voids
    assert expiry.LOOK_EVERY_SECONDS + 31 == autojump_clock.current_time()


async def test_nothing_is_voided_as_expired_before_its_time_or_twice_by_an_old_answer_of_storage(
    autojump_clock: MockClock,
) -> None:
    scene = ExpiryScene()
    async with scene.life():
        payment_id = await scene.authorize()
        refused = await scene.operate(payment_id, VoidOrder(VoidReason.EXPIRED))
        never = evolve(scene.payment(payment_id), expires_at=None)
        scene.storage.payments[payment_id] = never
        await trio.sleep(4 * HOUR)
        assert [refused] * 2 == [refused, await scene.operate(payment_id, VoidOrder(VoidReason.EXPIRED))]
        assert isinstance(await scene.operate(payment_id, CaptureOrder()), Ok)
    assert ("PaymentNotVoidable", []) == (refused.error if isinstance(refused, Err) else "", scene.voids)
    assert 4 * HOUR <= autojump_clock.current_time()


async def test_a_crash_of_all_that_voids_leaves_what_was_under_way_to_be_taken_up(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiry, "INTENSITY", RestartIntensity(restarts=0, within=10))
    scene = ExpiryScene(Counting(seconds=30.0))
    (payment_id,) = expired(scene, 1)
    read, troubles = scene.storage.expired, iter([None, ZeroDivisionError()])

    async def read_with_trouble(*args: object, **options: object) -> object:
        if trouble := next(troubles, None):
            raise trouble
        return await read(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(scene.storage, "expired", read_with_trouble)
    async with scene.life():
        await trio.sleep(4 * expiry.LOOK_EVERY_SECONDS)
        assert ["Created"] == [one.job.status for one in scene.voids]
        await trio.sleep(60)
    (void,) = scene.voids
    assert ("Voided", "Completed") == (scene.status(payment_id), void.job.status)
    assert [void.attempt.reference] * 2 == scene.bank.references
    assert 4 * expiry.LOOK_EVERY_SECONDS + 60 == autojump_clock.current_time()
