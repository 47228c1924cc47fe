"""Three times the payments the gateway can take. Target: goodput of at least 80 %, refused within 100 ms."""

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks.open_loop import NO_ANSWER, NOT_SENT, Load, closed_loop, steadily
from benchmarks.processes import GATEWAY_PORT, gateway, simulator

ADDRESS = ("127.0.0.1", GATEWAY_PORT)
KEYS = ("ap_123", "ap_456")
TIMES = 3
CLIENTS = 32
SECONDS = 5.0
UNTIL_CONNECTED = 2.0
LEAST_GOODPUT, REFUSED_WITHIN_MS = 0.8, 100.0
HEADS = ("", "a second", "202 a second", "p50 ms", "p99 ms", "refused", "p50 ms", "p99 ms", "not answered")


def main() -> None:
    options = ["--log-level", "error", "--max-in-flight", "100000"]
    with ExitStack() as running:
        folder = running.enter_context(tempfile.TemporaryDirectory())
        running.enter_context(simulator("--latency", "0.02"))
        running.enter_context(gateway(Path(folder) / "pgw.db", *options))
        closed_loop(ADDRESS, CLIENTS, 1.0, KEYS)
        before = closed_loop(ADDRESS, CLIENTS, SECONDS, KEYS)
        capacity = before.accepted_a_second
        over = steadily(ADDRESS, TIMES * capacity, SECONDS, KEYS, until_connected=UNTIL_CONNECTED)
        after = closed_loop(ADDRESS, CLIENTS, SECONDS, KEYS)
    print(("{:>14}" * len(HEADS)).format(*HEADS))
    for name, load in (("capacity", before), (f"{TIMES} times", over), ("afterwards", after)):
        show(name, load)
    goodput, refused = over.accepted_a_second / capacity, over.percentile(99, 429, 503)
    print(
        f"goodput {goodput:.2f} (at least {LEAST_GOODPUT}), refused within {refused:.0f} ms at p99 "
        f"(at most {REFUSED_WITHIN_MS:g}), {over.without_retry_after} of them without Retry-After"
    )
    sys.exit(goodput < LEAST_GOODPUT or refused > REFUSED_WITHIN_MS or over.without_retry_after > 0)


def show(name: str, load: Load) -> None:
    counts = load.counts
    refused = counts[429] + counts[503]
    unanswered = counts[NO_ANSWER] + counts[NOT_SENT]
    accepted = [load.percentile(percent, 202) for percent in (50, 99)]
    refusals = [load.percentile(percent, 429, 503) for percent in (50, 99)]
    rates = [sum(counts.values()) / load.seconds, load.accepted_a_second]
    cells = [*rates, *accepted, refused, *refusals, unanswered]
    print(f"{name:>14}" + "".join(f"{cell:14.0f}" for cell in cells))


if __name__ == "__main__":
    main()
