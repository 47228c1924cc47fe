"""Settings of a gateway, made once from the environment and the flags of `pgw serve`."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from attrs import frozen

from pgw.bank.port import BankFeature

DEMO_KEYS = {"ap_123": "Demo merchant A", "ap_456": "Demo merchant B"}
SHARE_OF_ONE_MERCHANT = 0.3
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
WEBHOOK_SCHEDULE = (
    *(0.0, 5.0, 5 * MINUTE, 30 * MINUTE),
    *(2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR),
)


@frozen
class ListenAddress:
    host: str
    port: int


@frozen
class Settings:
    """`rate_limit` is requests a second for each merchant, 0 for none; times are in seconds.

    `webhook_schedule` are the waits before each try, the first of them 0. `allowed_origins` are those of
    pages elsewhere that may open a stream. `failed_authentication_limit` is that of requests without a valid
    key, for each address. Where no `secret_file` is given it lies beside the database. Where no
    `metrics_address` is given the metrics are served with everything else.
    """

    host: str = "127.0.0.1"
    port: int = 50947
    database: Path = Path("pgw.db")
    secret_file: Path | None = None
    bank_url: str = "http://127.0.0.1:50948"
    bank_concurrency: int = 512
    bank_features: frozenset[BankFeature] = frozenset(BankFeature)
    demo_keys: bool = False
    rate_limit: int = 100
    failed_authentication_limit: int = 1
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    proxy_header: str = "auto"
    max_in_flight: int = 10_000
    max_connections: int = 10_000
    log_level: str = "info"
    log_format: str = "auto"
    bank_idle: float = 4.0
    bank_timeout: float = 60.0
    submission_window: float = 60.0
    inquiry_first: float = 2.0
    inquiry_longest: float = 7200.0
    grace: float = 10.0
    authorized_for: float = 7 * DAY
    metrics_address: ListenAddress | None = None
    allowed_origins: frozenset[str] = frozenset()
    events_kept_for: float = 30 * DAY
    webhook_schedule: tuple[float, ...] = WEBHOOK_SCHEDULE
    webhook_timeout: float = 15.0
    webhook_disable_after: float = 5 * DAY
    webhook_concurrency: int = 512
    webhook_allow_private: bool = False

    @property
    def max_in_flight_a_merchant(self) -> int:
        """3,000 of the default 10,000: one merchant's flood leaves room for the others."""
        return max(1, round(self.max_in_flight * SHARE_OF_ONE_MERCHANT))
