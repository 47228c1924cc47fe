"""The stream under 2,000 subscribers: lag, who does not read, one event to all, memory, throughput.

Each figure is printed with its target; the exit code is 1 where one is missed. It takes about two minutes.
"""

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from attrs import define, field

from benchmarks.many_merchants import add_merchants, merchant_id
from benchmarks.memory_in_flight import resident_kib
from benchmarks.processes import GATEWAY_PORT, gateway, simulator
from benchmarks.stream_lag import Lag, Load, wait_until_closed
from benchmarks.stream_throughput import (
    RESUMING,
    frames_a_second_live,
    frames_a_second_stored,
    last_of_one_to_all,
    write_log,
)
from benchmarks.subscribers import Subscribers, subscribers
from benchmarks.subscription import Wanted

ADDRESS = ("127.0.0.1", GATEWAY_PORT)
SUBSCRIBERS = 2000
WARM_UP = 100
ONE_IN = 10  # does not read
RESUMED_SECONDS = 3.0
LAG_MS, TO_ALL_MS, KIB_EACH, FRAMES_A_SECOND = 250.0, 1000.0, 64.0, 2500.0
TIMES_AS_LONG, NOISE_MS = 1.25, 20.0


@define(eq=False)
class Report:
    """What was reached, said as it is measured."""

    missed: list[str] = field(factory=list)

    def say(self, what: str, figure: str, target: str, *, reached: bool) -> None:
        print(f"  {what}: {figure} ({target}): {'reached' if reached else 'MISSED'}", flush=True)
        if not reached:
            self.missed.append(what)


def main() -> None:
    report = Report()
    with ExitStack() as running:
        database = Path(running.enter_context(tempfile.TemporaryDirectory())) / "pgw.db"
        print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} before this began", flush=True)
        print(f"Writing {SUBSCRIBERS} merchants, and one more for events to all …", flush=True)
        *keys, of_all = add_merchants(database, SUBSCRIBERS + 1)
        running.enter_context(simulator("--latency", "0.02"))
        options = ["--log-level", "error", "--max-in-flight", "100000"]
        process = running.enter_context(gateway(database, *options))
        readers = running.enter_context(subscribers(ADDRESS))
        load = Load(ADDRESS, keys, database)
        numbers = measure_memory(report, readers, keys, process.pid, load)
        events = write_log(readers, of_all, ADDRESS)
        unread = measure_lag(report, readers, numbers, load, of_all)
        measure_one_to_all(report, readers, of_all)
        measure_stored(report, readers, of_all, events)
        closed = wait_until_closed(readers, unread)
        figure = f"{closed} of {len(unread)}"
        report.say("closed of those that do not read", figure, "all", reached=closed == len(unread))
    print(f"Missed: {', '.join(report.missed)}" if report.missed else "All reached.")
    sys.exit(bool(report.missed))


def measure_memory(
    report: Report, readers: Subscribers, keys: Sequence[str], gateway_id: int, load: Load
) -> Sequence[int]:
    """Open a stream of each merchant; what some need that come first, and payments, is not counted."""
    print(f"Memory of {len(keys)} subscribers, one of each merchant …", flush=True)
    load.run(2.0)
    streams = [Wanted("/jobs/stream", key) for key in keys]
    readers.close(readers.open(streams[:WARM_UP]))
    before = resident_kib(gateway_id)
    numbers = readers.open(streams)
    after = resident_kib(gateway_id)
    each = (after - before) / len(keys)
    figure = f"{each:.1f} KiB each, {before / 1024:.0f} → {after / 1024:.0f} MiB"
    report.say("memory", figure, f"under {KIB_EACH:g} KiB", reached=each < KIB_EACH)
    return numbers


def measure_lag(
    report: Report, readers: Subscribers, numbers: Sequence[int], load: Load, of_all: str
) -> Sequence[int]:
    """Measure with all reading, then with some that do not; return those.

    Every other one of them has just resumed at the start of a long log, so that there is much to be sent.
    """
    print(f"Each event to one of them, {load.described} …", flush=True)
    merchants = {number: merchant_id(index) for index, number in enumerate(numbers)}
    alone = Lag.under(load, readers, merchants)
    report.say("lag", str(alone), f"p99 under {LAG_MS:g} ms", reached=alone.p99 < LAG_MS and alone.is_whole)
    silent, resumed = numbers[:: 2 * ONE_IN], numbers[ONE_IN :: 2 * ONE_IN]
    read = [number for number in numbers if number not in {*silent, *resumed}]
    readers.stop_reading(silent)
    readers.close(resumed)
    long = [Wanted("/jobs/stream?after=0", of_all, is_read=False)] * len(resumed)
    unread = [*silent, *readers.open(long)]
    time.sleep(RESUMED_SECONDS)  # what a hundred resumptions at once cost is not what not reading does
    print(f"The same, {len(unread)} of them reading nothing …", flush=True)
    beside = Lag.under(load, readers, {number: merchants[number] for number in read})
    most = max(alone.p99 * TIMES_AS_LONG, alone.p99 + NOISE_MS)
    report.say(
        "lag of the others",
        str(beside),
        f"p99 under {most:.0f} ms: no more than noise",
        reached=beside.p99 < most and beside.is_whole,
    )
    lost = len(readers.closed(read))
    report.say("closed of those that read", str(lost), "none", reached=not lost)
    readers.close(read)
    return unread


def measure_one_to_all(report: Report, readers: Subscribers, key: str) -> None:
    print(f"One event to {SUBSCRIBERS} subscribers of one merchant …", flush=True)
    numbers = readers.open([Wanted("/jobs/stream", key)] * SUBSCRIBERS)
    last = last_of_one_to_all(readers, len(numbers), key)
    report.say("last frame", f"{last:.0f} ms", f"within {TO_ALL_MS:g} ms", reached=last < TO_ALL_MS)
    live = frames_a_second_live(readers, len(numbers), key)
    report.say(
        "live, to all of them",
        f"{live:.0f} frames/s",
        f"at least {FRAMES_A_SECOND:g}",
        reached=live > FRAMES_A_SECOND,
    )
    readers.close(numbers)


def measure_stored(report: Report, readers: Subscribers, key: str, events: int) -> None:
    print(f"{RESUMING} streams resumed at the first of {events} stored events …", flush=True)
    stored = frames_a_second_stored(readers, key, events)
    report.say(
        "stored",
        f"{stored:.0f} frames/s",
        f"at least {FRAMES_A_SECOND:g}",
        reached=stored > FRAMES_A_SECOND,
    )


if __name__ == "__main__":
    main()
