"""`pgw merchants` and `pgw keys` as an operator meets them, with a gateway and without one."""

from __future__ import annotations

import base64
import signal
from functools import partial
from typing import TYPE_CHECKING

import httpx
import pytest
from click.testing import CliRunner

from pgw import cli
from pgw.domain.merchant import Scope
from tests.end_to_end.commands import pgw

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.commands import Ended
    from tests.end_to_end.conftest import StartGateway
    from tests.end_to_end.programs import Gateway, Simulator

COMMANDS = (
    ("merchants", "add"),
    ("merchants", "list"),
    ("merchants", "disable"),
    ("merchants", "enable"),
    ("keys", "create"),
    ("keys", "list"),
    ("keys", "rotate"),
    ("keys", "revoke"),
)


def status(gateway: Gateway, key: str, path: str = "/jobs/job_x", **headers: str) -> int:
    bearer = {"Authorization": f"Bearer {key}"}
    return httpx.get(gateway.url + path, headers=bearer | headers).status_code


def statuses(database: Path) -> list[str]:
    """Return the statuses of all keys but the demo's."""
    listed = pgw("keys", "list", "--json", database=database).documents
    return [one["status"] for one in listed if not one["keyId"].startswith("key_ap_")]


def test_what_was_revoked_stays_revoked_and_what_is_done_without_a_gateway_counts(
    tmp_path: Path, simulator: Simulator, start_gateway: StartGateway
) -> None:
    database = tmp_path / "pgw.db"
    gateway = start_gateway(database, simulator.url)
    merchant = pgw("merchants", "add", "Shop", database=database).out.strip()
    revoked, rotated, kept = (
        pgw("keys", "create", merchant, database=database).out.strip() for _ in range(3)
    )
    assert [404, 404] == [status(gateway, key) for key in (revoked, kept)]
    assert 0 == pgw("keys", "revoke", revoked, database=database).exit_code
    gateway.end(signal.SIGKILL)

    assert ["Revoked", "Live", "Live"] == statuses(database)
    key_id = pgw("keys", "list", merchant, "--json", database=database).documents[1]["keyId"]
    successor = pgw("keys", "rotate", key_id, "--overlap", "0s", database=database).out.strip()
    other = pgw("merchants", "add", "Other", database=database).out.strip()
    others = pgw("keys", "create", other, database=database).out.strip()
    assert 0 == pgw("merchants", "disable", other, database=database).exit_code
    gateway = start_gateway(database, simulator.url)
    assert [401, 401, 404, 404, 401] == [
        status(gateway, key) for key in (revoked, rotated, kept, successor, others)
    ]
    assert 0 == pgw("merchants", "enable", other, database=database).exit_code
    assert 404 == status(gateway, others)


def test_where_the_secret_is_lost_keys_are_refused_and_listed_as_unusable(
    tmp_path: Path, simulator: Simulator, start_gateway: StartGateway
) -> None:
    database = tmp_path / "pgw.db"
    gateway = start_gateway(database, simulator.url)
    merchant = pgw("merchants", "add", "Shop", database=database).out.strip()
    key = pgw("keys", "create", merchant, database=database).out.strip()
    assert 404 == status(gateway, key)
    assert 0 == gateway.end()
    (tmp_path / "pgw.db.secret").rename(tmp_path / "kept")
    # A key of a secret that nobody has would be made in vain.
    refused = pgw("keys", "create", merchant, database=database)
    assert (2, "") == (refused.exit_code, refused.out)
    assert "secret" in refused.err
    assert not (tmp_path / "pgw.db.secret").exists()
    gateway = start_gateway(database, simulator.url)
    assert '"Count":1' in gateway.wait_for_line('"KeysOfAnotherSecret"')
    assert (401, 404) == (status(gateway, key), status(gateway, "ap_123"))
    assert ["Unusable"] == statuses(database)
    assert 0 == gateway.end()
    gateway = start_gateway(database, simulator.url, "--secret-file", str(tmp_path / "kept"))
    assert 404 == status(gateway, key)


def test_a_key_is_found_nowhere(tmp_path: Path, simulator: Simulator, start_gateway: StartGateway) -> None:
    """Not in the database, its log, the secret's file, or what is logged at debug level."""
    database = tmp_path / "pgw.db"
    gateway = start_gateway(database, simulator.url, "--log-level", "debug")
    merchant = pgw("merchants", "add", "Shop", database=database).out.strip()
    key = pgw("keys", "create", merchant, "--name", "till", database=database).out.strip()
    key_id = pgw("keys", "list", merchant, "--json", database=database).documents[0]["keyId"]
    keys = [key, pgw("keys", "rotate", key_id, database=database).out.strip()]
    said = ""
    for one in keys:
        assert 404 == status(gateway, one)
        assert 404 == status(gateway, one, f"/{one}")
        assert 404 == status(gateway, one, f"/jobs/{one}", **{"X-Request-Id": one})
        assert 401 == status(gateway, one[:-1])
        for ended in (pgw("keys", "list", database=database), pgw("keys", "revoke", one, database=database)):
            said += ended.out + ended.err
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    gateway.end(signal.SIGKILL)
    files += b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    said += "".join(gateway.lines)
    for one in keys:
        forms = [one.encode(), one.encode().hex().encode(), base64.b64encode(one.encode())[:-4]]
        for form in [*forms, one[7:40].encode()]:
            assert form not in files
            assert form.decode() not in said


def test_lists_are_tables_or_lines_of_json(gateway: Gateway) -> None:
    database = gateway.database
    merchant = pgw("merchants", "add", "Shop of Zoë", database=database).out.strip()
    made = pgw("keys", "create", merchant, "--name", "till", "--expires-in", "90d", database=database)
    heads, row = pgw("keys", "list", merchant, database=database).out.splitlines()
    assert "KEY MERCHANT NAME ENDS IN STATUS SCOPES CREATED EXPIRES" == " ".join(heads.split())
    for cell in (merchant, "till", made.out.strip()[-4:], "Live", "payments:read payments:write", " UTC"):
        assert cell in row
    heads, *rows = pgw("merchants", "list", database=database).out.splitlines()
    assert ["MERCHANT", "NAME", "ADDED", "DISABLED"] == heads.split()
    assert [True] == ["Shop of Zoë" in one for one in rows if merchant in one]
    names = [one["name"] for one in pgw("merchants", "list", "--json", database=database).documents]
    assert {"Shop of Zoë", "Demo merchant A"} <= set(names)


def test_a_new_key_alone_is_on_standard_output_and_the_rest_is_for_people(gateway: Gateway) -> None:
    database = gateway.database
    merchant = pgw("merchants", "add", "Shop", database=database).out.strip()
    made = pgw("keys", "create", merchant, "--scope", "payments:read", database=database)
    assert 1 == len(made.out.split())
    assert f" of {merchant} is made, for payments:read; it does not expire.\n" in made.err
    assert made.err.endswith("It is shown this once, and kept nowhere.\n")
    assert made.out.strip() not in made.err


MISTAKES = {
    ("merchants", "disable", "mer_x"): (2, "There is no such merchant."),
    ("keys", "create", "mer_x"): (2, "There is no such merchant."),
    ("keys", "rotate", "key_x"): (2, "There is no such key."),
    ("keys", "revoke", "key_x"): (2, "There is no such key."),
    ("keys", "revoke", "pgw_sk_" + "0" * 49): (
        2,
        "Invalid value for KEY: this is no key: its checksum is wrong, so a character is.",
    ),
    ("merchants", "add", "4242 4242 4242 4242"): (
        2,
        "The name is stored, and must not contain what looks like a card number or a key.",
    ),
    ("merchants", "add", " "): (2, "The name must be one line of 1 to 100 characters."),
    ("keys", "create", "mer_ap_123", "--expires-in", "0s"): (
        2,
        "A key lives for a second at least and ten years at most, or without an end.",
    ),
    ("keys", "create", "mer_ap_123", "--expires-in", "1.5h"): (
        2,
        "Invalid value for '--expires-in': '1.5h' is no time such as 30m, 24h or 90d.",
    ),
    ("keys", "rotate", "key_x", "--overlap", "91d"): (2, "Both keys live for 90 days at most."),
    ("keys", "create", "mer_ap_123", "--scope", "all"): (
        2,
        f"Invalid value for '--scope': 'all' is not one of {', '.join(map(repr, map(str, Scope)))}.",
    ),
}


@pytest.mark.parametrize("arguments", MISTAKES, ids=" ".join)
def test_a_mistake_is_one_sentence(arguments: tuple[str, ...], gateway: Gateway) -> None:
    exit_code, sentence = MISTAKES[arguments]
    ended = pgw(*arguments, database=gateway.database)
    assert (exit_code, "", f"Error: {sentence}") == (ended.exit_code, ended.out, ended.err.splitlines()[-1])


def test_what_a_rule_forbids_is_one_sentence_and_exit_code_1(gateway: Gateway) -> None:
    database = gateway.database
    merchant = pgw("merchants", "add", "Shop", database=database).out.strip()
    (key,) = pgw("keys", "create", merchant, "--json", database=database).documents
    rotate = partial(pgw, "keys", "rotate", key["keyId"], database=database)
    assert 0 == rotate().exit_code
    _assert_refused(rotate(), "The key is being rotated: ")
    pgw("keys", "revoke", key["keyId"], database=database)
    _assert_refused(rotate(), "The key has expired or was revoked")
    pgw("merchants", "disable", merchant, database=database)
    _assert_refused(pgw("keys", "create", merchant, database=database), "The merchant is disabled.")


def _assert_refused(ended: Ended, sentence: str) -> None:
    assert (1, "") == (ended.exit_code, ended.out)
    assert ended.err.startswith(f"Error: {sentence}")
    assert 1 == len(ended.err.splitlines())


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_each_command_says_what_it_does_and_where(command: tuple[str, str], tmp_path: Path) -> None:
    text = CliRunner().invoke(cli.main, [*command, "--help"]).output
    assert [] == [one for one in ("PGW_DATABASE", "PGW_SECRET_FILE", "--json") if one not in text]
    argument = () if command[1] == "list" else ("x",)
    ended = pgw(*command, *argument, database=tmp_path / "none.db")
    assert (2, f"Error: There is no database {tmp_path}/none.db.\n") == (ended.exit_code, ended.err)
