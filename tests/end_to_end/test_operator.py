"""A mistake of the operator's is one sentence and exit code 2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from pgw import cli
from pgw.settings import Settings
from tests.end_to_end.programs import Program

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.end_to_end.conftest import StartGateway
    from tests.end_to_end.programs import Gateway, Simulator

SETTINGS = (
    *("PGW_HOST", "PGW_PORT", "PGW_DATABASE", "PGW_BANK_URL", "PGW_BANK_CONCURRENCY", "PGW_BANK_FEATURES"),
    *("PGW_DEMO_KEYS", "PGW_RATE_LIMIT", "PGW_MAX_IN_FLIGHT", "PGW_LOG_LEVEL", "PGW_LOG_FORMAT"),
    *("PGW_SECRET_FILE", "PGW_MAX_CONNECTIONS", "PGW_AUTHORIZED_FOR"),
    *("PGW_BANK_TIMEOUT", "PGW_BANK_IDLE", "PGW_SUBMISSION_WINDOW", "PGW_INQUIRY_FIRST"),
    *("PGW_INQUIRY_LONGEST", "PGW_GRACE", "PGW_METRICS_ADDRESS"),
    *("PGW_FAILED_AUTHENTICATION_LIMIT", "PGW_TRUSTED_PROXIES", "PGW_PROXY_HEADER"),
    *("PGW_ALLOWED_ORIGINS", "PGW_EVENTS_KEPT_FOR", "PGW_WEBHOOK_SCHEDULE", "PGW_WEBHOOK_TIMEOUT"),
    *("PGW_WEBHOOK_DISABLE_AFTER", "PGW_WEBHOOK_CONCURRENCY", "PGW_WEBHOOK_ALLOW_PRIVATE"),
)
BAD_VALUES = [
    *(("WEBHOOK_SCHEDULE", value) for value in ("5s", "0,", "0,5x", "0,31d", ",".join("0" * 51))),
    *(("WEBHOOK_DISABLE_AFTER", "0s"), ("EVENTS_KEPT_FOR", "59s"), ("EVENTS_KEPT_FOR", "nan")),
    *(("AUTHORIZED_FOR", value) for value in ("59s", "0", "3651d", "-1", "nan", "a week", "7w")),
    *(("WEBHOOK_TIMEOUT", "0"), ("WEBHOOK_CONCURRENCY", "0")),
    *(
        ("ALLOWED_ORIGINS", value)
        for value in (
            "shop.example",
            "https://shop.example/",
            "null",
            "*",
            "https://*.shop.example",
            "https://shop.example:",
            "https://b\u00fccher.example",
            "https://u@shop.example",
            "https://shop.example:65536",
        )
    ),
    *(
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "http"),
        ("DATABASE", "postgres://db/pgw"),
        ("DATABASE", "/"),
    ),
    *(("DATABASE", "sqlite:///"), ("BANK_URL", "bank.example"), ("BANK_URL", "ftp://bank.example")),
    *(("BANK_URL", "http://"), ("BANK_URL", "http://me:secret@bank.example"), ("BANK_URL", "http://x:99999")),
    *(
        ("BANK_URL", f"http://{'a' * 64}.example"),
        ("BANK_URL", "http://.example"),
        ("BANK_URL", "http://x/a b"),
    ),
    *(
        ("BANK_CONCURRENCY", "0"),
        ("BANK_CONCURRENCY", "10001"),
        ("BANK_FEATURES", "some"),
        ("RATE_LIMIT", "-1"),
    ),
    *(("MAX_IN_FLIGHT", "0"), ("MAX_IN_FLIGHT", "many"), ("LOG_LEVEL", "loud"), ("LOG_FORMAT", "xml")),
    *(("BANK_TIMEOUT", "0"), ("BANK_TIMEOUT", "3601"), ("BANK_TIMEOUT", "nan"), ("BANK_TIMEOUT", "a minute")),
    *(("BANK_IDLE", "0"), ("BANK_IDLE", "inf"), ("SUBMISSION_WINDOW", "0"), ("SUBMISSION_WINDOW", "-1")),
    *(("INQUIRY_FIRST", "0"), ("INQUIRY_FIRST", "7201"), ("INQUIRY_LONGEST", "86401"), ("GRACE", "-0.1")),
    *(("INQUIRY_LONGEST", "0"), ("MAX_CONNECTIONS", "0")),
    *(("FAILED_AUTHENTICATION_LIMIT", "-1"), ("PROXY_HEADER", "via"), ("TRUSTED_PROXIES", "lb.example")),
    *(("TRUSTED_PROXIES", "10.0.0.1/8"), ("TRUSTED_PROXIES", "10.0.0.0/8 10.1.0.0/16")),
    *(("TRUSTED_PROXIES", "10.0.0.0/33"), ("TRUSTED_PROXIES", "10.0.0.0/8,")),
    *(("METRICS_ADDRESS", address) for address in ("9090", ":9090", "127.0.0.1", "127.0.0.1:", "::1:9090")),
    *(("METRICS_ADDRESS", address) for address in ("a:65536", "a:-1", "a:x", "http://a:1", "a:1/metrics")),
    *(("METRICS_ADDRESS", address) for address in ("me@a:1", "[::1:1", "[x]:1", "a b:1", "a:1?b", " a:1")),
]


@pytest.fixture
def _never_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in for the gateway itself: a value that was wrongly taken must not start one."""
    monkeypatch.setattr("pgw.cli.serving.run_to_the_end", lambda *_: pytest.fail("it was taken"))


def serve(*arguments: str, environment: Mapping[str, str] | None = None) -> tuple[int, str]:
    ended = CliRunner().invoke(cli.main, ["serve", *arguments], env=environment)
    return ended.exit_code, ended.output


@pytest.mark.usefixtures("_never_runs")
@pytest.mark.parametrize(("name", "value"), BAD_VALUES)
def test_a_bad_value_is_one_sentence_by_flag_and_by_variable(name: str, value: str) -> None:
    flag = f"--{name.lower().replace('_', '-')}"
    for exit_code, output in (serve(flag, value), serve(environment={f"PGW_{name}": value})):
        sentence = output.splitlines()[-1]
        assert (2, True) == (exit_code, sentence.startswith(f"Error: Invalid value for '{flag}'"))
        assert sentence.endswith(".")


@pytest.mark.usefixtures("_never_runs")
def test_a_switch_that_is_neither_on_nor_off_and_an_unknown_option_are_mistakes_too() -> None:
    exit_code, output = serve(environment={"PGW_DEMO_KEYS": "perhaps"})
    assert (2, True) == (exit_code, "Invalid value for '--demo-keys'" in output.splitlines()[-1])
    exit_code, output = serve("--bnak-url", "http://bank.example")
    assert (2, True) == (exit_code, output.splitlines()[-1].startswith("Error: No such option '--bnak-url'"))


@pytest.mark.parametrize(
    ("arguments", "seconds"),
    [
        ((), (60, 4, 60, 2, 7200, 10)),
        (("--bank-timeout", "0.5", "--bank-idle", "1", "--submission-window", "2"), (0.5, 1, 2, 2, 7200, 10)),
        (("--inquiry-first", "3", "--inquiry-longest", "3", "--grace", "0"), (60, 4, 60, 3, 3, 0)),
    ],
)
def test_times_are_taken_in_seconds(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], seconds: tuple[float, ...]
) -> None:
    taken: list[Settings] = []

    async def run(settings: Settings) -> None:
        taken.append(settings)

    monkeypatch.setattr("pgw.service.run", run)
    monkeypatch.setattr("pgw.logs.set_up", lambda *_: None)
    assert (0, "") == serve(*arguments)
    (one,) = taken
    inquiries = (one.inquiry_first, one.inquiry_longest)
    assert seconds == (one.bank_timeout, one.bank_idle, one.submission_window, *inquiries, one.grace)


def test_help_mentions_every_setting() -> None:
    for command in ([], ["serve"]):
        text = CliRunner().invoke(cli.main, [*command, "--help"]).output
        assert [] == [setting for setting in SETTINGS if setting not in text]
    assert set(SETTINGS) == {parameter.envvar for parameter in cli.serve.params}


def test_what_cannot_be_had_is_one_sentence(gateway: Gateway, tmp_path: Path) -> None:
    a_file = tmp_path / "file"
    a_file.write_text("This is no database, but a text of some length. " * 100)
    port = str(gateway.address[1])
    mistakes = {
        ("--port", port): f"Cannot listen on 127.0.0.1:{port}: Address already in use.",
        (
            "--metrics-address",
            f"127.0.0.1:{port}",
        ): f"Cannot listen on 127.0.0.1:{port}: Address already in use.",
        ("--host", "no such host"): "Cannot listen on no such host:0: ",
        ("--host", "x" * 64): f"Cannot listen on {'x' * 64}:0: this is no host name.",
        (
            "--database",
            f"{a_file}/pgw.db",
        ): f"The database {a_file}/pgw.db cannot be written: Not a directory.",
        (
            "--database",
            f"{tmp_path}/no/pgw.db",
        ): f"The database {tmp_path}/no/pgw.db cannot be written: No such",
        ("--database", str(a_file)): f"The database {a_file} cannot be used: file is not a database.",
        (
            "--database",
            f"sqlite:///{gateway.database}",
        ): f"The database {gateway.database} is in use by another",
    }
    programs = [
        Program("pgw", "serve", *(() if "--port" in arguments else ("--port", "0")), *arguments)
        for arguments in mistakes
    ]
    exit_codes = [program.ended() for program in programs]
    assert [2] * len(mistakes) == exit_codes
    for program, sentence in zip(programs, mistakes.values(), strict=True):
        (line,) = program.lines
        assert line.startswith(f"Error: {sentence}")
        assert line.endswith(".\n")


def test_a_database_may_be_named_as_a_url_and_settings_come_from_variables(
    tmp_path: Path, simulator: Simulator, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(
        tmp_path / "pgw.db",
        simulator.url,
        *("--database", f"sqlite:///{tmp_path}/by-url.db"),
        PGW_BANK_CONCURRENCY="1",
    )
    assert "Approved" == gateway.settled(gateway.pay())["paymentStatus"]
    assert (tmp_path / "by-url.db").exists()
    assert not (tmp_path / "pgw.db").exists()
