"""Webhooks: where a merchant wants to be told, and what became of telling it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from attrs import evolve, frozen

from pgw.domain.job import JobEventType

MOST_ENDPOINTS = 16
"""Of one merchant, deleted ones left out."""
LONGEST_URL = 2048
LONGEST_DESCRIPTION = 255
OVERLAP = timedelta(hours=24)
"""How long a secret that was rotated still signs beside its successor, unless another time is asked for."""
LONGEST_OVERLAP = timedelta(days=7)

ENDPOINT_DISABLED = "webhook_endpoint.disabled"
EVENT_TYPES: tuple[str, ...] = (*JobEventType, ENDPOINT_DISABLED)
"""What an endpoint can ask to be told of."""


class EndpointStatus(StrEnum):
    ENABLED = "Enabled"
    DISABLED = "Disabled"
    DELETED = "Deleted"  # what was to be delivered to it is kept until it is forgotten


class DisabledBecause(StrEnum):
    """Why nothing is sent to an endpoint any more."""

    ASKED = "Asked"  # by its merchant
    GONE = "Gone"  # it answered 410
    FAILING = "Failing"  # for days


class EndpointRefusal(StrEnum):
    """Why an endpoint was not added or changed."""

    UNKNOWN = "UnknownWebhookEndpoint"
    DUPLICATE = "DuplicateWebhookEndpoint"
    TOO_MANY = "TooManyWebhookEndpoints"


class RedeliveryRefusal(StrEnum):
    """Why a delivery is not sent again."""

    UNKNOWN = "UnknownWebhookDelivery"
    ENDPOINT_DISABLED = "WebhookEndpointDisabled"


@frozen
class WebhookEndpoint:
    """A URL of a merchant's that is told of its events, of all types where it names none.

    Its secret is never kept: it is derived from the gateway's, the endpoint's id and `secret_version`. The
    version before signs too until `previous_secret_until`. `failing_since` is when the first try failed since
    the last one that did not.
    """

    id: str
    merchant_id: str
    url: str
    description: str | None
    event_types: tuple[str, ...] | None
    status: EndpointStatus
    disabled_because: DisabledBecause | None
    secret_version: int
    previous_secret_until: datetime | None
    failing_since: datetime | None
    created_at: datetime
    updated_at: datetime

    @staticmethod
    def added(
        endpoint_id: str,
        merchant_id: str,
        url: str,
        at: datetime,
        *,
        description: str | None = None,
        event_types: Sequence[str] | None = None,
    ) -> "WebhookEndpoint":
        return WebhookEndpoint(
            id=endpoint_id,
            merchant_id=merchant_id,
            url=url,
            description=description,
            event_types=None if event_types is None else tuple(event_types),
            status=EndpointStatus.ENABLED,
            disabled_because=None,
            secret_version=1,
            previous_secret_until=None,
            failing_since=None,
            created_at=at,
            updated_at=at,
        )

    def changed(self, members: Mapping[str, object], at: datetime) -> "WebhookEndpoint":
        """Take over `url`, `description` or `event_types`, those of them that are given."""
        return evolve(self, **members, updated_at=at)  # type: ignore[arg-type]

    def enabled(self, at: datetime) -> "WebhookEndpoint":
        """Send again what waits, and what comes; days of failure are counted anew."""
        if self.status is not EndpointStatus.DISABLED:
            return self
        return evolve(
            self,
            status=EndpointStatus.ENABLED,
            disabled_because=None,
            failing_since=None,
            updated_at=at,
        )

    def disabled(self, because: DisabledBecause, at: datetime) -> "WebhookEndpoint":
        if self.status is not EndpointStatus.ENABLED:
            return self
        return evolve(self, status=EndpointStatus.DISABLED, disabled_because=because, updated_at=at)

    def deleted(self, at: datetime) -> "WebhookEndpoint":
        return evolve(self, status=EndpointStatus.DELETED, disabled_because=None, updated_at=at)

    def rotated(self, at: datetime, overlap: timedelta = OVERLAP) -> "WebhookEndpoint":
        """Sign with a new secret, and until the overlap ends with the one before as well."""
        return evolve(
            self,
            secret_version=self.secret_version + 1,
            previous_secret_until=at + overlap,
            updated_at=at,
        )

    @property
    def is_enabled(self) -> bool:
        return self.status is EndpointStatus.ENABLED

    @property
    def is_deleted(self) -> bool:
        return self.status is EndpointStatus.DELETED

    def secret_versions(self, now: datetime) -> tuple[int, ...]:
        """Return the versions of the secret that are valid now, the newest first: two during an overlap."""
        until = self.previous_secret_until
        if until is None or now >= until:
            return (self.secret_version,)
        return (self.secret_version, self.secret_version - 1)

    def wants(self, event_type: str) -> bool:
        return self.event_types is None or event_type in self.event_types


@frozen
class EndpointDisabled:
    """The gateway disabled an endpoint of a merchant's. `endpoint` is as it was from then on."""

    seq: int
    endpoint: WebhookEndpoint

    @property
    def type(self) -> str:
        return ENDPOINT_DISABLED

    @property
    def merchant_id(self) -> str:
        return self.endpoint.merchant_id

    @property
    def occurred_at(self) -> datetime:
        return self.endpoint.updated_at
