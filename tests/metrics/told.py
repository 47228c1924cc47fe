"""Measures that keep what they are told, in order."""

from typing import Any

from pgw.bank.port import Answer, Call
from pgw.domain.job import JobStatus
from pgw.domain.payment import PaymentStatus


class Told:
    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def request_answered(self, method: str, route: str | None, status: int, seconds: float) -> None:
        self.calls.append(("request", method, route, status, seconds))

    def refused(self, code: str) -> None:
        self.calls.append(("refused", code))

    def payment_became(self, status: PaymentStatus) -> None:
        self.calls.append(("payment", status))

    def expiry_became(self, status: JobStatus) -> None:
        self.calls.append(("expiry", status))

    def bank_called(self, kind: type[Call], outcome: type[Answer], seconds: float) -> None:
        self.calls.append(("bank", kind, outcome, round(seconds, 6)))

    def group_committed(self, changes: int, seconds: float) -> None:
        self.calls.append(("group", changes, seconds))

    def restarted(self, actor: str) -> None:
        self.calls.append(("restarted", actor))

    def webhook_tried(self, outcome: str, seconds: float) -> None:
        self.calls.append(("webhook", outcome, round(seconds, 6)))

    def webhook_given_up(self) -> None:
        self.calls.append(("given up",))

    def webhook_endpoint_disabled(self) -> None:
        self.calls.append(("endpoint disabled",))

    def loop_lagged(self, seconds: float) -> None:
        self.calls.append(("lag", seconds))
