"""How long from the command to the first `ready`, on an empty database. Target: under 2 s."""

import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.processes import gateway

ROUNDS = 5


def main() -> None:
    seconds = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            began = time.monotonic()
            with gateway(Path(folder) / "pgw.db"):
                seconds.append(time.monotonic() - began)
    median, worst = statistics.median(seconds), max(seconds)
    print(f"start-up to ready: median {median:.2f} s of {ROUNDS}, worst {worst:.2f} s")


if __name__ == "__main__":
    main()
