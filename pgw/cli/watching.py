"""`pgw watch`."""

import shlex
from functools import partial

import click

from pgw.actors.backoff import Backoff
from pgw.cli.events import EventLines
from pgw.cli.gateway import DEFAULT_URL, of_gateway, say
from pgw.cli.interruption import until_interrupted
from pgw.cli.operating import print_json, run
from pgw.client.address import GatewayAddress
from pgw.client.frames import Frame
from pgw.client.stream import Follower, Stream
from pgw.ports import SystemRandomness

FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
LARGEST_SEQ = 10**15 - 1
FAILED, INTERRUPTED = 1, 128
_ENVELOPE = {"type", "seq", "occurredAt"}


@click.command()
@click.argument("job", required=False)
@of_gateway(needs_key=True)
@click.option(
    "--after",
    type=click.IntRange(0, LARGEST_SEQ),
    metavar="SEQ",
    help="Go on after the event with this number; 0 begins with the first that is kept.",
)
@click.option("--json", "as_json", is_flag=True, help="Print each event's frame as one JSON object a line.")
@click.pass_context
def watch(
    ctx: click.Context, /, job: str | None, url: str, key: str, after: int | None, *, as_json: bool
) -> None:
    """Follow what happens to your payments, or to one JOB until it has ended.

    A lost connection is taken up again where it was lost: no event is missing and none is printed twice.
    Events go to standard output; what becomes of the connection is said on standard error.

    Without --after all your jobs are followed from now on, one JOB from its first event.

    Exit code 0 once the JOB has ended, 1 where the gateway left out events, 2 where it refuses, 130 after
    Ctrl-C.
    """
    stream = Stream(GatewayAddress.of(url), key, job)
    ctx.exit(run(partial(_watch, stream, after, as_json=as_json)))


async def _watch(stream: Stream, after: int | None, *, as_json: bool) -> int:
    printed = _Printed(stream, as_json=as_json)
    follower = Follower(stream, printed, Backoff(FIRST_WAIT, LONGEST_WAIT, SystemRandomness()), after)
    came: int | None = None
    has_ended = False
    try:
        came = await until_interrupted(follower.run)
        has_ended = came is None
    finally:
        if not has_ended and follower.after is not None:
            say(f"To go on from here: {_command(stream, follower.after)}")
    if came is not None:
        return INTERRUPTED + came
    return FAILED if printed.has_missed else 0


def _command(stream: Stream, after: int) -> str:
    """Return what follows the same stream after an event; the key is in its variable."""
    url, job = stream.address.url, stream.job_id
    elsewhere = [] if url == DEFAULT_URL else ["--url", url]
    return shlex.join(["pgw", "watch", *elsewhere, "--after", str(after), *([job] if job else [])])


class _Printed:
    """Prints what a follower is told."""

    def __init__(self, stream: Stream, *, as_json: bool) -> None:
        self._stream = stream
        self._as_json = as_json
        self._lines = EventLines()
        self.has_missed = False

    def connected(self, seq: int) -> None:
        say(f"Connected to {self._stream.address.url}: all events after {seq} follow.", "green")

    def happened(self, frame: Frame) -> None:
        if self._as_json:
            print_json(dict(frame.document))
            return
        members = {name: value for name, value in frame.document.items() if name not in _ENVELOPE}
        self._lines.print(frame.document.get("occurredAt"), frame.seq, frame.type, members)

    def missed(self, first: int, last: int) -> None:
        self.has_missed = True
        span = f"event {first} is" if first == last else f"events {first} to {last} are"
        say(f"MISSING: {span} not in the stream, which must not be. Report this.", "red")

    def lost(self, why: str, seconds: float) -> None:
        say(f"Connection lost: {why}. Trying again in {seconds:.1f} s …", "yellow")
