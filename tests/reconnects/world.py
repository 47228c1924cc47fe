"""A gateway that is killed, with merchants of its own, on one file and at one port over all its lives."""

from collections.abc import Sequence

from attrs import define

from tests.torture.world import World

MAX_IN_FLIGHT = 1000


@define(eq=False)
class KilledWorld(World):
    """`bug` is one planted in the gateway, if any."""

    bug: str | None = None

    def _gateway_command(self) -> Sequence[str]:
        program = ("pgw",) if self.bug is None else ("tests.reconnects.planted", self.bug)
        return (
            *(*program, "serve", "--rate-limit", "0", "--log-level", "warning"),
            *("--port", str(self.gateway_port), "--database", str(self.database)),
            *("--bank-url", self.bank_url, "--bank-concurrency", "64"),
            *("--max-in-flight", str(MAX_IN_FLIGHT), "--submission-window", "5", "--bank-timeout", "2"),
            *("--inquiry-first", "0.05", "--inquiry-longest", "0.4"),
        )

    def _bank_command(self) -> Sequence[str]:
        # Some answers are lost, so that some jobs have an event more, and jitter mixes up their ends.
        faults = ("--fault=drop_after_booking=0.02", "--latency=0.005", "--jitter=0.03")
        return ("simulator", "--port", str(self.bank_port), *faults)
