"""What is read at a scrape, from the objects that know."""

import platform
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sized

from attrs import define
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from pgw.actors.circuit import CircuitState
from pgw.actors.event_stream import EventStream
from pgw.actors.gateway import Gateway
from pgw.actors.webhooks import Webhooks
from pgw.ports import Clock
from pgw.storage.port import Storage, UnresolvedCount


@define(eq=False)
class Gauges(Collector):
    """`unresolved` is what storage told for this scrape; None where it told nothing."""

    gateway: Gateway
    storage: Storage
    stream: EventStream
    webhooks: Webhooks
    turned_away: Callable[[], int]
    connections: Sized
    clock: Clock
    version: str
    unresolved: UnresolvedCount | None = None

    def collect(self) -> Iterable[Metric]:
        yield InfoMetricFamily("pgw_build", "Which versions run.", _versions(self.version))
        yield GaugeMetricFamily(
            "pgw_jobs_in_flight",
            "Jobs that were accepted and still await the bank's first answer.",
            self.gateway.in_flight,
        )
        yield from self._of_doubt()
        yield from self._of_expiry()
        yield from self._of_bank()
        yield self._depths()
        yield from self._of_clients()
        yield GaugeMetricFamily(
            "pgw_webhook_tries_under_way",
            "Tries to deliver a webhook that are under way.",
            self.webhooks.under_way,
        )
        yield GaugeMetricFamily(
            "pgw_storage_log_pages",
            "Pages of 4 KiB in the write-ahead log at its newest checkpoint, one in 2,000 changes.",
            self.storage.backlog.log_pages,
        )

    def _of_doubt(self) -> Iterator[Metric]:
        unresolved = self.unresolved
        yield GaugeMetricFamily(
            "pgw_storage_up", "1 where storage answered this scrape, else 0.", int(unresolved is not None)
        )
        if unresolved is None:
            return
        yield GaugeMetricFamily(
            "pgw_unknown_outcomes",
            "Jobs whose outcome at the bank is unknown; counted up to 100,000.",
            unresolved.unknown,
        )
        age = 0.0
        if unresolved.oldest_unknown is not None:
            age = max(0.0, (self.clock.now() - unresolved.oldest_unknown).total_seconds())
        yield GaugeMetricFamily(
            "pgw_unknown_outcome_oldest_seconds",
            "Seconds since the oldest of them was accepted; 0 where there is none.",
            age,
        )
        yield GaugeMetricFamily(
            "pgw_flagged_payments",
            "Payments with a flag that nobody has acknowledged; counted up to 100,000.",
            unresolved.flagged,
        )

    def _of_expiry(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "pgw_wall_clock_trusted",
            "1 where the wall's clock has kept time for an hour, so that by it things expire, else 0.",
            int(self.gateway.trusts_clock),
        )
        yield GaugeMetricFamily(
            "pgw_expiry_behind_seconds",
            "Seconds since the longest expired authorization was to be voided; 0 where there is none.",
            self.gateway.seconds_behind_expiry,
        )

    def _of_bank(self) -> Iterator[Metric]:
        bank = self.gateway.bank
        states = GaugeMetricFamily(
            "pgw_bank_circuit_state",
            "1 for the state that the bank's circuit is in, else 0.",
            labels=["state"],
        )
        for state in CircuitState:
            states.add_metric([state], int(state is bank.circuit_state))
        yield states
        yield CounterMetricFamily(
            "pgw_bank_circuit_openings", "Times that the bank's circuit opened.", bank.circuit_openings
        )
        yield GaugeMetricFamily(
            "pgw_bank_sessions", "Sessions with the bank, at work or idle.", bank.sessions
        )

    def _depths(self) -> Metric:
        depths = GaugeMetricFamily(
            "pgw_mailbox_depth",
            "Messages that wait in a mailbox; of the merchants' in the fullest one.",
            labels=["mailbox"],
        )
        backlog = self.storage.backlog
        waiting = {**self.gateway.depths, "writes": backlog.changes, "reads": backlog.look_ups}
        for mailbox, depth in waiting.items():
            depths.add_metric([mailbox], depth)
        return depths

    def _of_clients(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "pgw_open_connections", "Connections of clients that are open.", len(self.connections)
        )
        yield CounterMetricFamily(
            "pgw_payments_turned_away",
            "Payments refused unread while too many were at work; they are in no other metric.",
            self.turned_away(),
        )
        yield GaugeMetricFamily(
            "pgw_stream_subscribers",
            "Streams that are listened to, and polls that wait.",
            self.stream.subscribers,
        )
        yield CounterMetricFamily(
            "pgw_stream_subscribers_dropped",
            "Streams that were ended, since they were read too slowly.",
            self.stream.dropped,
        )


def _versions(version: str) -> dict[str, str]:
    return {
        "version": version,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }
