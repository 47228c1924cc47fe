"""The real front door and the simulated world's clients, one habit after the other."""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
import structlog
import trio

from pgw.http.patience import SHIPPED
from tests.simulation.front_door import ClientFaults, Refused, Unanswered, client_stream
from tests.simulation.front_door_merchants import Order
from tests.simulation.front_door_scene import Scene, open_scene
from tests.simulation.seeded import Simulation, run_seed

FEW_SEEDS = range(5)
ORDER = Order("key-1", 1050)


@pytest.fixture(autouse=True)
def _log_little() -> Iterator[None]:
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


def _for_each_seed(scenario: Callable[[Scene], Awaitable[Any]]) -> list[Any]:
    async def play(simulation: Simulation) -> Any:
        async with open_scene(simulation) as scene:
            return await scenario(scene)

    return [run_seed(play, seed).answer for seed in FEW_SEEDS]


def test_a_payment_is_accepted_and_found_and_the_date_is_the_simulated_clocks() -> None:
    async def pay(scene: Scene) -> None:
        await trio.sleep(60)
        status, headers, _ = answer = await scene.client.post_payment(ORDER.document, ORDER.key)
        assert (202, "Sun, 22 Nov 2026 12:01:00 GMT") == (status, headers["date"])
        status, _, _ = await scene.client.get(f"/jobs/{answer.document['jobId']}")
        assert 200 == status

    _for_each_seed(pay)


def test_a_payment_whose_client_left_after_sending_is_accepted_all_the_same() -> None:
    async def leave(scene: Scene) -> None:
        scene.client.faults = ClientFaults(leave_after_sending=1)
        with pytest.raises(Unanswered):
            await scene.client.post_payment(ORDER.document, ORDER.key)
        await trio.sleep(1)
        scene.client.faults = ClientFaults()
        status, headers, _ = await scene.client.post_payment(ORDER.document, ORDER.key)
        assert (202, "true") == (status, headers["idempotent-replayed"])

    _for_each_seed(leave)


def test_half_a_request_pays_nothing() -> None:
    async def leave(scene: Scene) -> None:
        scene.client.faults = ClientFaults(leave_mid_request=1)
        for _ in range(5):
            with pytest.raises(Unanswered):
                await scene.client.post_payment(ORDER.document, ORDER.key)
        await trio.sleep(1)
        scene.client.faults = ClientFaults()
        status, headers, _ = await scene.client.post_payment(ORDER.document, ORDER.key)
        assert (202, None) == (status, headers.get("idempotent-replayed"))

    _for_each_seed(leave)


def test_clients_that_are_slow_are_served_or_told_that_they_took_too_long() -> None:
    async def send_slowly(scene: Scene) -> list[int]:
        scene.client.faults = ClientFaults(slow=1)
        return [(await scene.client.post_payment(ORDER.document, ORDER.key)).status for _ in range(40)]

    statuses = Counter(status for answers in _for_each_seed(send_slowly) for status in answers)
    assert {202, 408} == statuses.keys()


def test_a_client_that_does_not_read_is_given_up() -> None:
    async def ask_and_never_read(scene: Scene) -> None:
        end = await scene.client.connect()
        request = b"GET /problems/NotAcceptable HTTP/1.1\r\nHost: pgw\r\n\r\n"
        with suppress(trio.BrokenResourceError):
            while trio.current_time() < 3 * SHIPPED.sending:
                await end.send_all(request)
        assert SHIPPED.sending < trio.current_time() < 2 * SHIPPED.sending

    _for_each_seed(ask_and_never_read)


def test_an_idle_connection_is_kept_alive_and_closed_in_time() -> None:
    async def ask_twice(scene: Scene) -> None:
        await scene.client.get("/health/live")
        await trio.sleep(70)
        (connection,) = scene.client._idle
        await scene.client.get("/health/live")
        assert [connection] == scene.client._idle
        await trio.sleep(80)
        assert connection.end.has_ended
        await scene.client.get("/health/live")
        assert [connection] != scene.client._idle

    _for_each_seed(ask_twice)


def test_a_stream_tells_each_event_and_lasts_until_the_gateway_stops() -> None:
    async def watch(scene: Scene) -> None:
        await scene.client.post_payment(ORDER.document, ORDER.key)
        async with client_stream(scene.client, after=0) as stream:
            told = [await stream.next_event() for _ in range(3)]
            assert ["stream.ready", "job.created"] == [event and event["type"] for event in told[:2]]
            assert [0, 1, 2] == [event and event["seq"] for event in told]
            for _ in range(10):
                silence = await stream.next_event()
                assert silence is not None
                assert "stream.heartbeat" == silence["type"]
            scene.parts.stopping.set()
            assert await stream.next_event() is None
            assert 1012 == stream.close_code

    _for_each_seed(watch)


def test_a_stream_after_what_is_not_yet_is_refused() -> None:
    async def watch(scene: Scene) -> None:
        with pytest.raises(Refused) as refused:
            async with client_stream(scene.client, after=1):
                pass
        assert 400 == refused.value.answer.status

    _for_each_seed(watch)
