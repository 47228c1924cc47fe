"""`PGW_SECRET_FILE`, as an operator meets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.end_to_end.programs import Program, order

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.conftest import StartGateway
    from tests.end_to_end.programs import Simulator

SECRET = b"0123456789abcdef0123456789abcdef"


def test_a_secret_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    files = {"empty": (b"", 0o600), "short": (SECRET[1:], 0o600), "open": (SECRET, 0o644)}
    for name, (content, mode) in files.items():
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(mode)
    mistakes = {
        "missing": "cannot be used: No such file or directory.",
        "empty": "is empty.",
        "short": "holds fewer than 32 bytes.",
        "open": "is open to others than its owner; use chmod 600.",
    }
    programs = {
        name: Program(
            *("pgw", "serve", "--port", "0", "--database", str(tmp_path / f"{name}.db")),
            environment={"PGW_SECRET_FILE": str(tmp_path / name)},
        )
        for name in mistakes
    }
    assert [2] * len(mistakes) == [program.ended() for program in programs.values()]
    for name, sentence in mistakes.items():
        assert [f"Error: The secret file {tmp_path / name} {sentence}\n"] == programs[name].lines
    assert [] == list(tmp_path.glob("*.secret"))


def test_a_given_secret_is_used_wherever_the_gateway_runs(
    tmp_path: Path, simulator: Simulator, start_gateway: StartGateway
) -> None:
    secret = tmp_path / "secret"
    secret.touch(0o600)
    secret.write_bytes(SECRET + b"\n")
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        gateway = start_gateway(tmp_path / folder / "pgw.db", simulator.url, "--secret-file", str(secret))
        gateway.client.post("/payments", json=order(), headers={"Idempotency-Key": "key"})
        assert SECRET.decode() not in "".join(gateway.lines)
    fingerprints = {gateway.rows("SELECT fingerprint FROM idempotency_keys")[0]}
    assert 1 == len(fingerprints)
    assert [] == list(tmp_path.rglob("*.secret"))
