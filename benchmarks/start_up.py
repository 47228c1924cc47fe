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
    print(
        f"start-up to ready: median {statistics.median(seconds):.2f} s of {ROUNDS}, worst {max(seconds):.2f} s"
    )


if __name__ == "__main__":
    main()
