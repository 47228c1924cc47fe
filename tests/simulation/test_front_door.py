"""The real front door in the simulation: nothing is lost through it, and a seed decides everything."""

import logging
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import structlog
import trio

from pgw.storage import database
from tests.simulation.front_door import ClientStream, Unanswered, client_stream
from tests.simulation.front_door_gateway import LONGEST_PAUSE_SECONDS
from tests.simulation.front_door_listener import MemoryListener
from tests.simulation.front_door_merchants import Order
from tests.simulation.front_door_scenario import Outcome, pay_through_lives
from tests.simulation.front_door_scene import Scene, open_scene
from tests.simulation.front_door_stream import WINDOW_BYTES, ServerEnd
from tests.simulation.life import Life, ProcessDied
from tests.simulation.seeded import Simulation, run_seed

pytestmark = pytest.mark.long
PROJECT = Path(__file__).parents[2]
SEEDS = range(25)
FEW_SEEDS = range(5)
SECONDS = 240
ORDER = Order("key-1", 1050)


@pytest.fixture(autouse=True)
def _log_little() -> Iterator[None]:
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    yield
    structlog.configure(**before)


def _in_a_process(hash_seed: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.simulation.front_door_scenario", *map(str, FEW_SEEDS)],
        cwd=PROJECT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_one_seed_gives_one_trace_in_two_processes() -> None:
    with _in_a_process("1") as one, _in_a_process("2") as another:
        first, second = (process.communicate(timeout=SECONDS)[0].splitlines() for process in (one, another))
    assert first == second
    assert len(FEW_SEEDS) == len({line.split()[2] for line in first}), "and another seed another one"


def _outcomes() -> Iterator[Outcome]:
    for seed in SEEDS:
        yield run_seed(pay_through_lives, seed).answer


def test_what_was_accepted_is_kept_over_lives_and_one_key_is_one_payment() -> None:
    outcomes = list(_outcomes())
    assert [] == [finding for outcome in outcomes for finding in outcome.findings]
    answers = sum((outcome.answers for outcome in outcomes), Counter())
    assert {202, 409, 503} <= answers.keys()
    assert {"Approved", "Declined", "Failed"} == set().union(*(outcome.statuses for outcome in outcomes))


def test_a_database_that_does_not_sync_each_commit_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(database._WRITER_PRAGMAS, "synchronous", 1)
    findings = (finding for outcome in _outcomes() for finding in outcome.findings)
    assert any("was accepted and is lost" in finding for finding in findings)


def test_a_life_that_dies_as_it_commits_answers_nothing() -> None:
    async def pay_and_die(simulation: Simulation) -> None:
        async with trio.open_nursery() as clients, open_scene(simulation) as scene:
            scene.kill_at_the_next_sync()
            clients.start_soon(_pay_in_vain, scene)
            await trio.sleep_forever()

    for seed in FEW_SEEDS:
        run_seed(pay_and_die, seed)


async def _pay_in_vain(scene: Scene) -> None:
    with pytest.raises(Unanswered):
        await scene.client.post_payment(ORDER.document, ORDER.key)
    assert scene.life.is_over
    with pytest.raises(Unanswered):
        await scene.client.get("/health/live")


def test_a_killed_life_is_over_at_once_whatever_its_clients_do() -> None:
    """Hypercorn shields what it sends from being cancelled, here to a client that does not read."""

    async def kill(simulation: Simulation) -> None:
        async with trio.open_nursery() as clients:
            async with open_scene(simulation) as scene:
                clients.start_soon(_ask_and_read_nothing, scene)
                clients.start_soon(_watch_to_the_end, scene)
                clients.start_soon(_pay_again_and_again, scene)
                await trio.sleep(1 + simulation.random.random() * 5)
                scene.kill()
                killed_at = trio.current_time()
                await trio.sleep_forever()
            # The shipped storage shields what it writes, and the engine may be in its pause.
            assert trio.current_time() - killed_at <= LONGEST_PAUSE_SECONDS

    for seed in FEW_SEEDS:
        run_seed(kill, seed)


async def _ask_and_read_nothing(scene: Scene) -> None:
    end = await scene.client.connect()
    await end.send_all(b"GET /problems/NotAcceptable HTTP/1.1\r\nHost: pgw\r\n\r\n" * 20)
    await scene.life.ended.wait()


async def _watch_to_the_end(scene: Scene) -> None:
    async with client_stream(scene.client, after=0) as stream:
        with pytest.raises(Unanswered):
            await _read_on_and_on(stream)


async def _read_on_and_on(stream: ClientStream) -> None:
    while True:
        assert await stream.next_event() is not None


async def _pay_again_and_again(scene: Scene) -> None:
    with suppress(Unanswered):
        while True:
            status, _, _ = await scene.client.post_payment(ORDER.document)
            assert 202 == status


def test_no_byte_leaves_a_life_that_is_over_nor_waits_in_it() -> None:
    """Not even where the server shields it, and nobody aborts it."""

    async def send_and_die(simulation: Simulation) -> None:
        life = Life()
        listener = MemoryListener(life, simulation.random)
        clients = [listener.connect(), listener.connect()]
        with pytest.RaisesGroup(ProcessDied, ProcessDied):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_send_shielded, await listener.accept(), WINDOW_BYTES + 1)
                await trio.sleep(1)
                nursery.start_soon(_send_shielded, await listener.accept(), 1)
                life.kill()
        with pytest.raises(trio.BrokenResourceError):
            listener.connect()
        with trio.move_on_after(1):
            assert await clients[0].receive_some(), "what had left before may arrive"
        with trio.move_on_after(1) as silence:
            await clients[1].receive_some()
        assert silence.cancelled_caught

    for seed in FEW_SEEDS:
        run_seed(send_and_die, seed)


async def _send_shielded(end: ServerEnd, count: int) -> None:
    with trio.CancelScope(shield=True):
        await end.send_all(bytes(count))
