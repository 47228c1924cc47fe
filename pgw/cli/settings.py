"""The settings of `pgw serve`, each a flag and a variable."""

from pathlib import Path

import click

from pgw.cli.parameters import (
    BankFeatures,
    BankUrl,
    Command,
    DatabasePath,
    HostAndPort,
    Networks,
    Origins,
    Schedule,
    Seconds,
    Span,
    setting,
)
from pgw.http.trusted_proxies import ProxyHeader
from pgw.settings import DAY, HOUR, Settings

PORT = click.IntRange(0, 65535)
LARGEST_IN_FLIGHT = 1_000_000
DEFAULTS = Settings()

DATABASE = setting(
    "DATABASE",
    default=str(DEFAULTS.database),
    type=DatabasePath(),
    help="SQLite file, made at the first start.",
)
SECRET_FILE = setting(
    "SECRET_FILE",
    type=click.Path(path_type=Path),
    help="File with a secret of at least 32 bytes, mode 0600; else one is made beside the database.",
)
BANK_URL = setting("BANK_URL", default=DEFAULTS.bank_url, type=BankUrl(), help="Where the bank is.")
_TIMES = (
    setting(
        "BANK_TIMEOUT",
        default=DEFAULTS.bank_timeout,
        type=Seconds(0.1, HOUR),
        help="Seconds that the bank has for an answer; without one the outcome is unknown.",
    ),
    setting(
        "BANK_IDLE",
        default=DEFAULTS.bank_idle,
        type=Seconds(0.1, HOUR),
        help="Seconds that an idle connection to the bank is kept; less than the bank keeps it.",
    ),
    setting(
        "SUBMISSION_WINDOW",
        default=DEFAULTS.submission_window,
        type=Seconds(0.1, HOUR),
        help="Seconds within which a payment is tried again while the bank took no request.",
    ),
    setting(
        "INQUIRY_FIRST",
        default=DEFAULTS.inquiry_first,
        type=Seconds(0.01, DAY),
        help="Seconds until an unknown outcome is first asked about; doubled each time.",
    ),
    setting(
        "INQUIRY_LONGEST",
        default=DEFAULTS.inquiry_longest,
        type=Seconds(0.01, DAY),
        help="Most seconds between two such inquiries.",
    ),
    setting(
        "AUTHORIZED_FOR",
        default="7d",
        type=Span(least=60.0, most=3650 * DAY),
        help="How long an authorization may wait to be captured, then it is voided; of those from then on.",
    ),
    setting(
        "GRACE",
        default=DEFAULTS.grace,
        type=Seconds(0, HOUR),
        help="Seconds that payments and requests have to end when the gateway is stopped.",
    ),
)
_WEBHOOKS = (
    setting(
        "WEBHOOK_SCHEDULE",
        default="0,5s,5m,30m,2h,5h,10h,14h,20h,24h",
        type=Schedule(),
        help="Waits before each try to deliver a webhook, divided by commas; the first is 0.",
    ),
    setting(
        "WEBHOOK_TIMEOUT",
        default=DEFAULTS.webhook_timeout,
        type=Seconds(0.1, HOUR),
        help="Seconds that an endpoint has to answer a webhook.",
    ),
    setting(
        "WEBHOOK_DISABLE_AFTER",
        default="5d",
        type=Span(least=1.0, most=365 * DAY),
        help="How long an endpoint must have failed, without one success, to be disabled.",
    ),
    setting(
        "WEBHOOK_CONCURRENCY",
        default=DEFAULTS.webhook_concurrency,
        type=click.IntRange(1, 10_000),
        help="Most webhooks on their way at a time, to all endpoints; to one at most 16.",
    ),
    setting(
        "WEBHOOK_ALLOW_PRIVATE",
        is_flag=True,
        help="Send webhooks to private, loopback and link-local addresses too: for development alone.",
    ),
)

SETTINGS = (
    setting("HOST", default=DEFAULTS.host, help="Address to listen on."),
    setting("PORT", default=DEFAULTS.port, type=PORT, help="Port to listen on; 0 takes a free one."),
    DATABASE,
    SECRET_FILE,
    BANK_URL,
    setting(
        "BANK_CONCURRENCY",
        default=DEFAULTS.bank_concurrency,
        type=click.IntRange(1, 10_000),
        help="Most calls to it at a time.",
    ),
    setting(
        "BANK_FEATURES",
        default="all",
        type=BankFeatures(),
        help="What it offers: all, or pay alone, without captures, voids, refunds, look-ups and reversals.",
    ),
    *_TIMES,
    setting("DEMO_KEYS", is_flag=True, help="Honour the demo keys ap_123 and ap_456."),
    setting(
        "RATE_LIMIT",
        default=DEFAULTS.rate_limit,
        type=click.IntRange(0),
        help="Requests a second of a merchant, and twice as many at once; 0 lifts it.",
    ),
    setting(
        "FAILED_AUTHENTICATION_LIMIT",
        default=DEFAULTS.failed_authentication_limit,
        type=click.IntRange(0),
        help="Requests a second of an address without a valid key, and 30 times as many at once; 0 lifts it.",
    ),
    setting(
        "TRUSTED_PROXIES",
        default="",
        type=Networks(),
        help="Networks of proxies, divided by commas, that are believed who the client is.",
    ),
    setting(
        "PROXY_HEADER",
        default=DEFAULTS.proxy_header,
        type=click.Choice([header.value for header in ProxyHeader], case_sensitive=False),
        help="The header these write; auto believes neither kind where they differ.",
    ),
    setting(
        "MAX_IN_FLIGHT",
        default=DEFAULTS.max_in_flight,
        type=click.IntRange(1, LARGEST_IN_FLIGHT),
        help="Most payments that await the bank; a merchant may have three in ten of them.",
    ),
    setting(
        "MAX_CONNECTIONS",
        default=DEFAULTS.max_connections,
        type=click.IntRange(1, LARGEST_IN_FLIGHT),
        help="Most connections of clients; fewer where the limit of open files has no room for them.",
    ),
    setting(
        "METRICS_ADDRESS",
        type=HostAndPort(),
        help="Address that serves /metrics and health, and nothing else; else /metrics is with the rest.",
    ),
    setting(
        "ALLOWED_ORIGINS",
        default="",
        type=Origins(),
        help="Origins of web pages elsewhere that may open a stream, divided by commas: https://shop.example.",
    ),
    setting(
        "EVENTS_KEPT_FOR",
        default="30d",
        type=Span(least=60.0, most=3650 * DAY),
        help="How long a stream can be resumed; older events are forgotten, with their webhook deliveries.",
    ),
    *_WEBHOOKS,
    setting(
        "LOG_LEVEL",
        default=DEFAULTS.log_level,
        type=click.Choice(["debug", "info", "warning", "error"], case_sensitive=False),
        help="Least important line that is logged.",
    ),
    setting(
        "LOG_FORMAT",
        default=DEFAULTS.log_format,
        type=click.Choice(["auto", "json", "console"], case_sensitive=False),
        help="One JSON object a line, or lines for people; auto asks whether it is a terminal.",
    ),
)


def all_settings(command: Command) -> Command:
    for declare in reversed(SETTINGS):
        command = declare(command)
    return command
