"""Processes of the project that may be killed at any moment. Only they are, each by its own handle."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import trio
from attrs import define

from tests.end_to_end.programs import PROJECT, environment_without_settings

READY_SECONDS = 60.0
STOP_SECONDS = 30.0


class EndedByItself(Exception):
    """A process ended, or did not come up, though nobody killed it; one sentence."""


class TookTooLong(Exception):
    """Something did not come to its end within its bound; one sentence."""


@contextmanager
def within(seconds: float, what: str) -> Iterator[None]:
    """Raise `TookTooLong` where the block does."""
    try:
        with trio.fail_after(seconds):
            yield
    except trio.TooSlowError:
        raise TookTooLong(f"{what} took more than {seconds:.0f} s.") from None


@define(eq=False)
class Child:
    """A running process. What it says goes to the end of its log."""

    name: str
    log: Path
    process: trio.Process

    async def ready(self, url: str) -> float:
        """Return once it answers at the URL; how many seconds that took. Raises `EndedByItself`."""
        began = trio.current_time()
        async with httpx.AsyncClient(timeout=10) as client:
            while trio.current_time() - began < READY_SECONDS:
                try:
                    if (await client.get(url)).status_code == httpx.codes.OK:
                        return trio.current_time() - began
                except httpx.TransportError:
                    self._check_lives()
                await trio.sleep(0.02)
        raise EndedByItself(f"{self.name} did not come up within {READY_SECONDS:.0f} s.")

    async def killed_after(self, seconds: float) -> None:
        """Let it live so long and kill it. Raises `EndedByItself` where it ended before."""
        with trio.move_on_after(seconds):
            await self.process.wait()
        self._check_lives()
        await self.kill()

    async def kill(self) -> None:
        self.process.kill()
        with trio.CancelScope(shield=True):  # it is dead at once
            await self.process.wait()

    async def stop(self) -> None:
        """Ask it to end. Raises `EndedByItself` unless it does so in time and with status 0."""
        self._check_lives()
        self.process.terminate()
        with trio.move_on_after(STOP_SECONDS):
            await self.process.wait()
        if self.process.returncode != 0:
            status = self.process.returncode
            await self.kill()
            raise EndedByItself(f"{self.name} was asked to stop: status {status}. {self._last_words()}")

    def _check_lives(self) -> None:
        status = self.process.returncode
        if status is not None:
            raise EndedByItself(f"{self.name} ended by itself: status {status}. {self._last_words()}")

    def _last_words(self) -> str:
        return self.log.read_text(errors="replace")[-1000:]


async def start(name: str, log: Path, *command: str) -> Child:
    """Start a module of the project. It has a session of its own, so that Ctrl-C is not for it."""
    with log.open("ab") as file:
        process = await trio.lowlevel.open_process(
            [sys.executable, "-m", *command],
            cwd=PROJECT,
            env=environment_without_settings(),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    return Child(name, log, process)


def leaves(group: BaseExceptionGroup[BaseException]) -> Sequence[BaseException]:
    """Return what a group holds, and the groups in it."""
    found: list[BaseException] = []
    for error in group.exceptions:
        found += leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found
