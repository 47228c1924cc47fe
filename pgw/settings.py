"""Settings of a gateway, made once from the environment and the flags of `pgw serve`."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from attrs import frozen

from pgw.bank.port import BankFeature

DEMO_KEYS = {"ap_123": "Demo merchant A", "ap_456": "Demo merchant B"}
SHARE_OF_ONE_MERCHANT = 0.3


@frozen
class ListenAddress:
    host: str
    port: int


@frozen
class Settings:
    """`rate_limit` is requests a second for each merchant, 0 for none; times are in seconds.

    `failed_authentication_limit` is that of requests without a valid key, for each address. Where no
    `secret_file` is given it lies beside the database. Where no `metrics_address` is given the metrics are
    served with everything else.
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
    metrics_address: ListenAddress | None = None

    @property
    def max_in_flight_a_merchant(self) -> int:
        """3,000 of the default 10,000: one merchant's flood leaves room for the others."""
        return max(1, round(self.max_in_flight * SHARE_OF_ONE_MERCHANT))
