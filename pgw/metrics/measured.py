"""What is counted as it happens. Each series is resolved once: looking it up by its labels costs a lock."""

from collections.abc import Iterable
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics

from pgw.actors.bank_session import ANSWERS
from pgw.bank.port import Answer, Call
from pgw.domain.job import JobStatus
from pgw.domain.payment import PaymentStatus

REQUEST_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
BANK_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
WEBHOOK_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15)
COMMIT_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
GROUP_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
LAG_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1)

# RFC 9110, section 9.3, and PATCH (RFC 5789); `WS` is a WebSocket. Any other is a client's own word.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "WS"})
ACTORS = (
    *("bank", "session", "recovery", "schedule", "settling", "investigation", "housekeeping"),
    *("expiry", "lookout"),
    *("merchant", "admission", "payment", "operation"),
    *("webhooks", "doubts", "endpoint", "dispatch", "delivery"),
)
WEBHOOK_OUTCOMES = ("2xx", "3xx", "4xx", "5xx", "none")
UNMATCHED, OTHER = "unmatched", "other"
STREAM = "WS"


class PrometheusMeasures:
    """`pgw.measures.Measures`, in a registry of its own. `codes` are those that a refusal may have."""

    def __init__(self, codes: Iterable[str]) -> None:
        # Times at which a series was made are of no use, and would be as many series again.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self._count_requests()
        self._count_refusals(codes)
        self._count_payments()
        self._count_bank_calls()
        self._count_groups()
        self._count_restarts()
        self._count_webhooks()
        self._lag = Histogram(
            "pgw_event_loop_lag_seconds",
            "How late the event loop ran a task that sleeps 0.25 s, again and again.",
            buckets=LAG_SECONDS,
            registry=self.registry,
        )

    def request_answered(self, method: str, route: str | None, status: int, seconds: float) -> None:
        if route is None:
            method = method if method in METHODS else OTHER
        series = self._requests.get((method, route, status))
        if series is None:
            series = self._series_of_requests(method, route or UNMATCHED, status)
            self._requests[method, route, status] = series
        answered, duration = series
        answered.inc()
        if duration is not None:
            duration.observe(seconds)

    def refused(self, code: str) -> None:
        self._refusals[code].inc()

    def payment_became(self, status: PaymentStatus) -> None:
        self._payments[status].inc()

    def expiry_became(self, status: JobStatus) -> None:
        self._expiries[status].inc()

    def bank_called(self, kind: type[Call], outcome: type[Answer], seconds: float) -> None:
        self._bank_calls[kind, outcome].observe(seconds)

    def group_committed(self, changes: int, seconds: float) -> None:
        self._group_size.observe(changes)
        self._commit.observe(seconds)

    def restarted(self, actor: str) -> None:
        self._restarts.get(actor, self._restarts[OTHER]).inc()

    def webhook_tried(self, outcome: str, seconds: float) -> None:
        self._webhook_tries[outcome].observe(seconds)

    def webhook_given_up(self) -> None:
        self._given_up.inc()

    def webhook_endpoint_disabled(self) -> None:
        self._disabled.inc()

    def loop_lagged(self, seconds: float) -> None:
        self._lag.observe(seconds)

    def _count_requests(self) -> None:
        self._answered = Counter(
            "pgw_requests",
            "Requests that were answered, and streams that have ended.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._duration = Histogram(
            "pgw_request_duration_seconds",
            "Seconds from a request's head to the end of its answer; a request may ask to wait up to 30 s.",
            ["method", "route"],
            buckets=REQUEST_SECONDS,
            registry=self.registry,
        )
        self._requests: dict[tuple[str, str | None, int], tuple[Counter, Histogram | None]] = {}

    def _series_of_requests(self, method: str, route: str, status: int) -> tuple[Counter, Histogram | None]:
        """Return the series of a kind of request. How long a client listens to a stream is no duration."""
        duration = None if method == STREAM else self._duration.labels(method, route)
        return self._answered.labels(method, route, str(status)), duration

    def _count_refusals(self, codes: Iterable[str]) -> None:
        refusals = Counter(
            "pgw_refusals",
            "Answers that were problems, by the problem's code.",
            ["code"],
            registry=self.registry,
        )
        self._refusals = {code: refusals.labels(code) for code in codes}

    def _count_payments(self) -> None:
        payments = Counter(
            "pgw_payments",
            "Payments that came to be of a status, once that was on disk.",
            ["status"],
            registry=self.registry,
        )
        self._payments = {status: payments.labels(status) for status in PaymentStatus}
        expiries = Counter(
            "pgw_expiries",
            "Voids of authorizations that nobody captured in time, by what became of their jobs.",
            ["status"],
            registry=self.registry,
        )
        self._expiries = {status: expiries.labels(status) for status in JobStatus}

    def _count_bank_calls(self) -> None:
        calls = Histogram(
            "pgw_bank_call_duration_seconds",
            "Seconds that a call to the bank took, connecting included, by what it was answered.",
            ["kind", "outcome"],
            buckets=BANK_SECONDS,
            registry=self.registry,
        )
        self._bank_calls = {
            (kind, outcome): calls.labels(kind.__name__, outcome.__name__)
            for kind, answers in ANSWERS.items()
            for outcome in get_args(answers)
        }

    def _count_groups(self) -> None:
        self._group_size = Histogram(
            "pgw_storage_group_changes",
            "Changes that were written together, as one durable transaction.",
            buckets=GROUP_SIZES,
            registry=self.registry,
        )
        self._commit = Histogram(
            "pgw_storage_commit_duration_seconds",
            "Seconds that such a transaction took, fsync included.",
            buckets=COMMIT_SECONDS,
            registry=self.registry,
        )

    def _count_restarts(self) -> None:
        restarts = Counter(
            "pgw_actor_restarts",
            "Actors that a supervisor started again, nearly always after a bug.",
            ["actor"],
            registry=self.registry,
        )
        self._restarts = {actor: restarts.labels(actor) for actor in (*ACTORS, OTHER)}

    def _count_webhooks(self) -> None:
        tries = Histogram(
            "pgw_webhook_try_duration_seconds",
            "Seconds that a try to deliver a webhook took, by its answer.",
            ["outcome"],
            buckets=WEBHOOK_SECONDS,
            registry=self.registry,
        )
        self._webhook_tries = {outcome: tries.labels(outcome) for outcome in WEBHOOK_OUTCOMES}
        self._given_up = Counter(
            "pgw_webhooks_given_up",
            "Webhooks whose last try was in vain.",
            registry=self.registry,
        )
        self._disabled = Counter(
            "pgw_webhook_endpoints_disabled",
            "Endpoints that the gateway disabled: gone, or failing for days.",
            registry=self.registry,
        )
