"""What actors, storage and the application tell, each when it happens."""
# ruff: noqa: ARG001 - who asks for the clock runs by it

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
from attrs import evolve
from trio.testing import MockClock, wait_all_tasks_blocked

from pgw.actors.bank import Bank
from pgw.actors.supervisor import ChildSpec, Restart, Supervisor
from pgw.bank.port import Authorize, Authorized, Call, Declined, Doubtful, LookUp, NotSent, Pending
from pgw.http.app import make_app
from pgw.http.front import Application
from pgw.ports import SystemClock
from pgw.storage.sqlite import LARGEST_GROUP, open_storage
from tests.actors.callers import LATER
from tests.actors.child import GENEROUS, Child, crashes, ends
from tests.actors.fake_bank import FakeConnector, FixedRandomness, says_after, says_in_turn
from tests.actors.memory_storage import MemoryStorage
from tests.actors.orders import authorize
from tests.actors.tree import start_gateway
from tests.http.asking import asked, paid
from tests.http.parts import parts_over, ports_over
from tests.merchants import a_merchant
from tests.metrics.told import Told
from tests.storage.conftest import Changes


def a_bank_that_tells(connector: FakeConnector, told: Told) -> Bank:
    return Bank(
        connector,
        concurrency=2,
        queue=10,
        retire_after=4.0,
        clock=SystemClock(),
        randomness=FixedRandomness(),
        measures=told,
    )


async def test_a_restart_is_told_with_the_kind_of_child_and_no_id(nursery: trio.Nursery) -> None:
    told = Told()
    supervisor = Supervisor("test", GENEROUS, SystemClock(), told)
    specs = [
        ChildSpec("payment job_1", Child(crashes, crashes).run, Restart.TRANSIENT),
        ChildSpec("payment job_2", Child(ends).run, Restart.TRANSIENT),
        ChildSpec("settling of job_3", Child(crashes).run, Restart.TEMPORARY),
        ChildSpec("recovery", Child(ends).run, Restart.PERMANENT),
    ]
    nursery.start_soon(supervisor.run, *specs)
    await wait_all_tasks_blocked()
    assert [("restarted", "payment")] * 2 + [("restarted", "recovery")] == sorted(told.calls)


async def test_a_call_is_told_with_its_answer_and_how_long_it_took(
    nursery: trio.Nursery,
    autojump_clock: MockClock,
) -> None:
    told = Told()
    connector = FakeConnector(says_after(1.5, Declined("lost_card")))
    bank = a_bank_that_tells(connector, told)
    nursery.start_soon(bank.run)
    await bank.perform(authorize("ref_1"), submit_by=LATER)
    connector.perform = says_after(0.25, Pending())
    await bank.perform(LookUp("ref_1"), submit_by=LATER)
    # That is none which an `Authorize` can have.
    await bank.perform(authorize("ref_2"), submit_by=LATER)
    assert [
        ("bank", Authorize, Declined, 1.5),
        ("bank", LookUp, Pending, 0.25),
        ("bank", Authorize, Doubtful, 0.25),
    ] == told.calls


async def test_calls_that_the_circuit_refuses_and_those_that_meet_a_bug_are_none(
    nursery: trio.Nursery,
    autojump_clock: MockClock,
) -> None:
    told = Told()
    connector = FakeConnector(says_in_turn([NotSent("refused")]))
    bank = a_bank_that_tells(connector, told)
    nursery.start_soon(bank.run)
    for number in range(12):
        await bank.perform(authorize(f"ref_{number}"), submit_by=LATER)
    assert ([("bank", Authorize, NotSent, 0.0)] * 10, 1) == (told.calls, bank.circuit_openings)

    async def buggy(_call: Call) -> Authorized:
        await trio.lowlevel.checkpoint()
        raise ZeroDivisionError

    told.calls.clear()
    connector.perform = buggy
    await trio.sleep(40.0)
    await bank.perform(authorize("ref_x"), submit_by=LATER)
    await wait_all_tasks_blocked()
    assert [("restarted", "session")] == told.calls


async def test_a_group_is_told_with_its_size_once_it_is_committed(tmp_path: Path) -> None:
    told, changes = Told(), Changes()
    async with open_storage(tmp_path / "pgw.db", lambda _events: None, told.group_committed) as storage:
        await storage.add_merchant(a_merchant())
        assert [] == told.calls
        began = trio.current_time()
        await storage.write(changes.accepted())
        elapsed = trio.current_time() - began
        async with trio.open_nursery() as nursery:
            for _ in range(LARGEST_GROUP + 100):
                nursery.start_soon(storage.write, changes.accepted())
    (_, size, seconds), *more = told.calls
    assert (1, True) == (size, 0 < seconds <= elapsed)
    sizes = [size for _, size, _ in more]
    assert (LARGEST_GROUP + 100, LARGEST_GROUP) == (sum(sizes), max(sizes))


@asynccontextmanager
async def serving(told: Told) -> AsyncIterator[Application]:
    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            storage = MemoryStorage()
            ports = ports_over(storage)
            gateway = await start_gateway(nursery, ports)
            yield make_app(evolve(parts_over(storage, gateway, ports), measures=told))
            nursery.cancel_scope.cancel()


@pytest.mark.parametrize(
    ("method", "path", "answer"),
    [
        ("GET", "/health/live", ("GET", "/health/live", 200)),
        ("GET", "/health/live/", ("GET", "/health/live", 200)),
        ("GET", "/problems/UnknownJob", ("GET", "/problems/{code}", 200)),
        ("HEAD", "/problems/UnknownJob", ("HEAD", "/problems/{code}", 200)),
        ("GET", "/problems/Nope", ("GET", "/problems/{code}", 404)),
        ("GET", "/jobs/job_1/stream", ("GET", "/jobs/{jobId}/stream", 426)),
        ("GET", "/a/4242424242424242", ("GET", None, 404)),
        ("BREW", "/payments", ("BREW", None, 405)),
        ("OPTIONS", "/payments", ("OPTIONS", None, 405)),
        ("GET", "/metrics", ("GET", "/metrics", 200)),
    ],
)
async def test_an_answer_is_told_with_its_routes_template(
    method: str, path: str, answer: tuple[str, str | None, int]
) -> None:
    told = Told()
    async with serving(told) as app:
        await asked(app, method, path)
    (request,) = [call for call in told.calls if call[0] == "request"]
    assert (("request", *answer), True) == (request[:4], 0 <= request[4] < 10)


async def test_a_refusal_is_told_with_the_code_that_the_caller_sees() -> None:
    told = Told()
    async with serving(told) as app:
        assert 202 == (await paid(app)).status
        refused = [
            await paid(app, amount=0),
            await asked(app, "GET", "/nope"),
            await asked(app, "PUT", "/payments"),
        ]
        assert 400 == (await paid(app, amount=0, currency="XYZ")).status
    codes = [answer.code for answer in refused]
    assert ["InvalidAmount", "UnknownRoute", "MethodNotAllowed"] == codes
    told_codes = [call[1] for call in told.calls if call[0] == "refused"]
    assert codes == told_codes[:3]
    assert 4 == len(told_codes), "one for each answer, however many fields were wrong"
