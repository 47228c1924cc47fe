"""How a database is opened: judged first, then locked, brought up to date, and given its two engines."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import trio
import trio_asyncio

from pgw.storage import database
from pgw.storage.engine import AiosqliteEngine, open_engine

CHECK_SECONDS = 3.0


@asynccontextmanager
async def open_engines(path: Path) -> AsyncIterator[tuple[AiosqliteEngine, AiosqliteEngine]]:
    """Open the writer's engine and the reader's; at a good end, empty the log.

    Raises `StorageCannotOpen` with a sentence for the operator, and leaves the file as it was then.
    """
    with database.lock(path):
        async with trio_asyncio.open_loop():
            if database.is_there(path):
                await _judge(path)
            async with open_engine(database.writer_uri(path), path) as writer:
                await writer.run(database.prepare_writer, path)
                async with open_engine(database.reader_uri(path), path) as reader:
                    await reader.run(database.prepare_reader)
                    yield writer, reader
                await writer.run(database.checkpoint_all)


async def _judge(path: Path) -> None:
    """Refuse what is not ours or is damaged, by a connection that cannot change it.

    All of a small database is looked through, and of a large one what can be within the time.
    """
    async with open_engine(database.reader_uri(path), path) as engine, trio.open_nursery() as nursery:
        await engine.run(database.judge, path)
        nursery.start_soon(_interrupt_after, CHECK_SECONDS, engine)
        await engine.run(database.look_for_damage, path)
        nursery.cancel_scope.cancel()


async def _interrupt_after(seconds: float, engine: AiosqliteEngine) -> None:
    await trio.sleep(seconds)
    engine.interrupt()
