"""The command line: `python -m tests.fuzz --inputs N [--seed S] [--replay A[-B] | --part described]`."""

import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import click
import trio

from tests.fuzz.described import send_described
from tests.fuzz.inputs import input_of
from tests.fuzz.raw import send_raw
from tests.fuzz.sender import filled
from tests.fuzz.tally import Tally
from tests.fuzz.world import World

RAW_SHARE = 0.7
WRONG, STOPPED = 1, 130


@click.command()
@click.option("--inputs", default=10_000, show_default=True, type=click.IntRange(1))
@click.option("--seed", type=int, help="Sends the same inputs again.  [default: another each time]")
@click.option("--replay", metavar="A[-B]", help="Sends the raw inputs of these numbers alone, and shows a single one.")
@click.option("--part", type=click.Choice(["all", "raw", "described"]), default="all", show_default=True)
@click.option("--gateway", default="pgw", help="Another program for the gateway's, such as one with a bug planted.")
def main(inputs: int, seed: int | None, replay: str | None, part: str, gateway: str) -> None:
    """Send a real gateway whatever a client could, and look for what must not be.

    That is: its end, a 5xx that nobody intended, an answer outside its description, and the number and CVV
    of a canary card in whatever it answered, logged or kept. Exit code 1 where anything is found.
    """
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    share = {"all": RAW_SHARE, "raw": 1.0, "described": 0.0}[part]
    numbers = _numbers(replay) if replay else range(1, round(inputs * share) + 1)
    described = 0 if replay else inputs - len(numbers)
    click.echo(f"fuzz: {len(numbers)} raw inputs, {described} described, seed {seed}")
    folder = Path(tempfile.mkdtemp(prefix="pgw-fuzz-"))
    tally = Tally(len(numbers) + described)
    if len(numbers) == 1:
        _show(seed, numbers[0])
    try:
        _run(folder, gateway, seed, numbers, described, tally)
    except KeyboardInterrupt:
        click.echo("\nStopped.")
        sys.exit(STOPPED)
    finally:
        shutil.rmtree(folder)
    sys.exit(_conclude(tally, seed, gateway))


def _run(
    folder: Path, module: str, seed: int, numbers: Sequence[int], described: int, tally: Tally
) -> None:
    world = World.start(folder, module)
    try:
        trio.run(_fuzz, world, seed, numbers, described, tally, strict_exception_groups=True)
    finally:
        world.end()
    tally.add(world.look_at_what_is_kept(), "--replay all")


async def _fuzz(world: World, seed: int, numbers: Sequence[int], described: int, tally: Tally) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.listen)
        await send_raw(world, seed, numbers, tally)
        if described and world.gateway.is_alive:
            await trio.to_thread.run_sync(send_described, world, seed, described, tally)
        tally.add(await world.look(), "--part described")
        tally.add(await trio.to_thread.run_sync(lambda: list(world.look_at_what_is_kept())), "all of it")
        nursery.cancel_scope.cancel()


def _numbers(replay: str) -> range:
    first, _, last = replay.partition("-")
    try:
        return range(int(first), int(last or first) + 1)
    except ValueError:
        raise click.BadParameter("a number, or two with a dash between them") from None


def _show(seed: int, number: int) -> None:
    for piece in input_of(seed, number).pieces:
        click.echo(f"sent  {piece!r}")


def _conclude(tally: Tally, seed: int, gateway: str) -> int:
    tally.clear()
    for line in tally.lines():
        click.echo(line)
    click.echo(f"took        {time.monotonic() - tally.began:.0f} s")
    for one in tally.told():
        click.secho(f"WRONG: {one.finding}", fg="red")
        program = "" if gateway == "pgw" else f" --gateway {gateway}"
        click.echo(f"       again: python -m tests.fuzz --seed {seed} {one.replay}{program}")
    if not tally.found:
        click.secho("No 5xx that was not intended, nothing undescribed, and no card anywhere.", fg="green")
    return WRONG if tally.found else 0


if __name__ == "__main__":
    main()
