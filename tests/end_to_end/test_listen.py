"""`pgw listen`: webhooks on a developer's own machine."""

from __future__ import annotations

import base64
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.client.signing import SECRET, payload, signed
from tests.end_to_end.merchant_commands import MerchantCommand, ended
from tests.end_to_end.programs import PROJECT, Gateway, ended_with

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.end_to_end.conftest import StartGateway
    from tests.end_to_end.programs import Simulator


@pytest.fixture(scope="module")
def sending_gateway(simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that may send to this machine."""
    database = tmp_path_factory.mktemp("sending") / "pgw.db"
    running = Gateway(database, simulator.url, "--webhook-allow-private", "--webhook-schedule", "0,1s,1s,1s")
    yield running
    running.end()


def endpoints(gateway: Gateway) -> list[str]:
    return [one["url"] for one in gateway.client.get("/webhook-endpoints").json()["data"]]


def test_it_registers_itself_shows_what_the_gateway_sends_and_deletes_itself(
    sending_gateway: Gateway, tmp_path: Path
) -> None:
    gateway = sending_gateway
    arguments = ("--url", gateway.url, "--events", "job.completed,job.failed")
    listen = MerchantCommand(tmp_path / "out", "listen", *arguments)
    url = listen.wait_for_line("Listening on").split()[2]
    assert [url] == endpoints(gateway)
    job = gateway.settled(gateway.pay())
    line = listen.wait_for_output(job["jobId"])
    assert 0 == listen.interrupted()
    assert ("job.completed", ["Approved", "10.50", "EUR"]) == (line.split()[4], line.split()[-3:])
    assert 2 == len(listen.out), "there is a job.created among them"
    assert listen.lines[-1].endswith("is deleted.\n")
    assert [] == endpoints(gateway)


def test_what_it_forwards_the_example_verifies(sending_gateway: Gateway, tmp_path: Path) -> None:
    gateway = sending_gateway
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    arguments = ("--url", gateway.url, "--json", "--forward-to", f"http://127.0.0.1:{port}/hooks")
    listen = MerchantCommand(tmp_path / "out", "listen", *arguments)
    secret = listen.wait_for_line("verifies with this secret").split()[-1]
    command = [sys.executable, "examples/receive_webhooks.py", "--port", str(port)]
    program = subprocess.Popen(
        command, cwd=PROJECT, env={"PGW_WEBHOOK_SECRET": secret}, stdout=subprocess.PIPE, text=True
    )
    with ended_with(program) as example:
        assert example.stdout is not None
        assert f"Listening on http://127.0.0.1:{port}/\n" == example.stdout.readline()
        job = gateway.settled(gateway.pay())
        came = [example.stdout.readline().split() for _ in range(2)]
        listen.wait_for_output("job.completed", job["jobId"])
        listen.wait_for_line("your server answered 204")
        example.terminate()
    assert 0 == listen.interrupted()
    assert [job["createdAt"], job["updatedAt"]] == [words[0] for words in came]
    assert ["job.created", "job.completed"] == [words[1] for words in came]
    printed = listen.documents
    assert ["job.created", "job.completed"] == [one["type"] for one in printed]
    assert job == printed[-1]["data"]["job"]


def test_with_a_secret_it_only_listens_and_says_what_it_does_not_believe(tmp_path: Path) -> None:
    listen = MerchantCommand(tmp_path / "out", "listen", "--secret", SECRET, key=None)
    url = listen.wait_for_line("Listening on").split()[2].rstrip(".")
    body = payload()
    for _ in range(2):
        assert 204 == httpx.post(url, content=body, headers=signed(body)).status_code
    assert 400 == httpx.post(url, content=body + b" ", headers=signed(body)).status_code
    assert 0 == listen.interrupted()
    first, again = listen.out[1:]
    assert (True, True) == (again.startswith(first), again.endswith("again: whd_abkcbdgckhdkhaaa"))
    assert (
        "Refused a request with 400: None of its signatures is of this secret and this body.\n"
        in listen.lines
    )


def test_a_secret_that_is_given_is_meant_rather_than_a_key_that_is_set(tmp_path: Path) -> None:
    listen = MerchantCommand(tmp_path / "out", "listen", "--secret", SECRET, "--url", "http://127.0.0.1:1")
    assert "Listening on" in listen.wait_for_line("127.0.0.1")
    assert 0 == listen.interrupted()


def test_a_secret_is_taken_from_a_variable(tmp_path: Path) -> None:
    listen = MerchantCommand(tmp_path / "out", "listen", key=None, PGW_WEBHOOK_SECRET=SECRET)
    assert "Listening on" in listen.wait_for_line("127.0.0.1")
    assert 0 == listen.interrupted()


SHORT = f"whsec_{base64.b64encode(b'short').decode()}"


@pytest.mark.parametrize(
    ("arguments", "key", "told"),
    [
        ((), None, "Error: Give a key (PGW_KEY), to register an endpoint at the gateway, or else a secret"),
        (("--secret", SECRET, "--key", "ap_123"), None, "Error: Give a key (PGW_KEY)"),
        (
            ("--secret", SHORT),
            None,
            "it is not whsec_ and 24 to 64 bytes",
        ),
        (("--events", "job.created,"), "ap_123", "names no type between two commas"),
        (("--forward-to", "shop"), "ap_123", "give your server's address as http://HOST[:PORT][/PATH]"),
        (("--forward-to", "http://:secret@127.0.0.1:1"), "ap_123", "without credentials."),
        (("--url", "http://127.0.0.1:1/?"), "ap_123", "give the gateway's address as"),
        (("--url", "http://m\u00fcnchen.example"), "ap_123", "give the gateway's address as"),
        (("--url", "http://127.0.0.1:1"), "ap_123", "127.0.0.1:1: connection refused. Is it running?"),
        ((), "nobody's", "Error: The gateway does not honour the key; give another one in PGW_KEY."),
        ((), "ap_123", "refuses to send webhooks to this machine: start it with PGW_WEBHOOK_ALLOW_PRIVATE=1"),
    ],
)
def test_a_mistake_is_one_sentence(
    arguments: tuple[str, ...], key: str | None, told: str, gateway: Gateway
) -> None:
    listen = ended("listen", "--url", gateway.url, *arguments, key=key)
    assert (2, "") == (listen.exit_code, listen.out)
    assert told in listen.err.splitlines()[-1]


def test_an_endpoint_that_an_earlier_run_left_is_one_sentence(sending_gateway: Gateway) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    left = sending_gateway.client.post("/webhook-endpoints", json={"url": f"http://127.0.0.1:{port}/"}).json()
    listen = ended("listen", "--url", sending_gateway.url, "--port", str(port))
    assert 2 == listen.exit_code
    assert f"An endpoint for http://127.0.0.1:{port}/ is there already" in listen.err
    assert f"DELETE {sending_gateway.url}/webhook-endpoints/" in listen.err
    sending_gateway.client.delete(f"/webhook-endpoints/{left['endpointId']}")


def test_a_type_that_the_gateway_does_not_know_is_its_sentence(sending_gateway: Gateway) -> None:
    listen = ended("listen", "--url", sending_gateway.url, "--events", "job.done")
    assert 2 == listen.exit_code
    assert "job.completed" in listen.err
    assert "(400 InvalidParameter)" in listen.err


def test_a_port_that_is_taken_is_one_sentence(sending_gateway: Gateway) -> None:
    port = sending_gateway.address[1]
    listen = ended("listen", "--url", sending_gateway.url, "--port", str(port))
    assert (2, f"Error: Cannot listen on 127.0.0.1:{port}: address already in use.\n") == (
        listen.exit_code,
        listen.err,
    )


def test_an_endpoint_that_could_not_be_deleted_is_named(
    simulator: Simulator, tmp_path: Path, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", simulator.url, "--webhook-allow-private")
    listen = MerchantCommand(tmp_path / "out", "listen", "--url", gateway.url)
    endpoint = listen.wait_for_line("Listening on").split()[5]
    gateway.end()
    assert 0 == listen.interrupted()
    assert f"Endpoint {endpoint} was not deleted: The gateway is not reachable" in listen.lines[-1]
