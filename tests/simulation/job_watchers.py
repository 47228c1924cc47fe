"""Merchants that want to know of one job: by its stream, or by asking for it and waiting."""

import trio

from tests.simulation.clients import Wanted
from tests.simulation.frames import at, said_of_job
from tests.simulation.front_door import Client, Unanswered
from tests.simulation.log_lines import LIFE
from tests.simulation.oracle_of_events import Polled, Stream
from tests.simulation.subscriber import follow
from tests.simulation.world import World

WATCHED = 0.15
EVERY_SECONDS = 2.0


async def watch_jobs(world: World) -> None:
    """Begin, soon after they were accepted, to watch some of the jobs."""
    random = world.simulation.random
    known: dict[Wanted, int] = {}
    async with trio.open_nursery() as nursery:
        while True:
            for wanted in world.wanted:
                seen, known[wanted] = known.get(wanted, 0), len(wanted.job_ids)
                for job_id in wanted.job_ids[seen:]:
                    if random.random() < WATCHED:
                        nursery.start_soon(_watch, world, wanted, job_id)
            await trio.sleep(random.random() * EVERY_SECONDS)


async def _watch(world: World, wanted: Wanted, job_id: str) -> None:
    process = await world.reached()
    if process.http is not None and world.simulation.random.random() < 0.5:
        await _poll(world, wanted, job_id)
        return
    stream = Stream(wanted.merchant_id, job_id)
    world.streams.append(stream)
    while not stream.has_ended:
        await follow(world.simulation.random, await world.reached(), stream)


async def _poll(world: World, wanted: Wanted, job_id: str) -> None:
    """Ask until it has ended, each time at the next change."""
    has_ended = False
    while not has_ended:
        process = await world.reached()
        LIFE.set(process.life)
        assert process.http is not None
        with process.life.guest():
            has_ended = await _poll_once(world, process.http, wanted, job_id)
        await trio.sleep(world.simulation.random.random() * EVERY_SECONDS)


async def _poll_once(world: World, client: Client, wanted: Wanted, job_id: str) -> bool:
    try:
        answer = await client.get(f"/jobs/{job_id}", wait=world.simulation.random.randint(0, 30))
    except Unanswered:
        return False
    if answer.status == 404:
        world.report(f"lost: {job_id} was accepted, and is unknown to who asks for it")
    if answer.status != 200:
        return False
    job = answer.document
    polled = Polled(wanted.merchant_id, job_id, said_of_job(job), at(job["updatedAt"]))
    world.polls.append(polled)
    return bool(job["status"] != "Created")
