"""Connections and the limit of open files, which they share with the database and the bank."""

from __future__ import annotations

import json
import resource
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pgw import open_files
from tests.end_to_end.programs import eventually
from tests.end_to_end.sockets import HEALTH, UPGRADE, WHOLE, connected, heard

if TYPE_CHECKING:
    from tests.end_to_end.conftest import StartGateway
    from tests.end_to_end.programs import Gateway, Simulator


def open_files_of(gateway: Gateway) -> int:
    return len(list(Path(f"/proc/{gateway.process.pid}/fd").iterdir()))


@pytest.mark.parametrize(
    ("limit", "wanted", "most"),
    [
        (resource.RLIM_INFINITY, 10_000, 10_000),
        (20_000, 10_000, 10_000),
        (20_000, 100_000, 20_000 - 512 - open_files.OURS),
        (1_024, 10_000, 1_024 - 512 - open_files.OURS),
        (256, 10_000, open_files.FEWEST_CONNECTIONS),
        (256, 3, 3),
    ],
)
def test_connections_take_what_the_limit_leaves(
    limit: int, wanted: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (limit, limit))
    assert most == open_files.connections_within(wanted, beside=512)


def test_a_gateway_keeps_to_its_number_of_connections(
    tmp_path: Path, simulator: Simulator, start_gateway: StartGateway
) -> None:
    gateway = start_gateway(tmp_path / "pgw.db", simulator.url, PGW_MAX_CONNECTIONS="5")
    before = open_files_of(gateway)
    with ExitStack() as closing:
        streams = [closing.enter_context(connected(gateway)) for _ in range(5)]
        for stream in streams:
            stream.sendall(UPGRADE)
            heard(stream, b"stream.ready")
        refused = [closing.enter_context(connected(gateway)) for _ in range(3)]
        answers = [heard(client, b'"date"') for client in refused]
        assert {b"503"} == {answer[9:12] for answer in answers}
        assert all(b'"code":"Overloaded"' in answer for answer in answers)
        eventually(lambda: open_files_of(gateway) <= before + 5)
        streams[0].close()

        def is_served() -> bool:
            client = closing.enter_context(connected(gateway))
            client.sendall(WHOLE)
            return heard(client, b"}").startswith(b"HTTP/1.1 202 ")

        eventually(is_served)
        eventually(is_served)  # once the first, which is kept alive, has waited for a second
        eventually(lambda: open_files_of(gateway) <= before + 6)


def test_a_gateway_without_a_file_to_spare_waits_and_takes_connections_again(
    tmp_path: Path, simulator: Simulator, start_gateway: StartGateway
) -> None:
    """The limit falls to what is open, so that accepting fails in the kernel (EMFILE)."""
    gateway = start_gateway(tmp_path / "pgw.db", simulator.url)
    gateway.settled(gateway.pay())
    process = gateway.process.pid
    _, hard = resource.prlimit(process, resource.RLIMIT_NOFILE)
    resource.prlimit(process, resource.RLIMIT_NOFILE, (open_files_of(gateway), hard))
    used = _cpu_seconds(process)
    with connected(gateway) as client:
        client.sendall(HEALTH)
        gateway.wait_for_line("accept returned EMFILE")
        failures = sum("EMFILE" in line for line in gateway.lines)
        eventually(lambda: sum("EMFILE" in line for line in gateway.lines) > failures + 3)
        assert _cpu_seconds(process) - used < 2
        assert 200 == gateway.client.get("/health/live").status_code  # the one that was there before
        resource.prlimit(process, resource.RLIMIT_NOFILE, (hard, hard))
        assert heard(client, b"}").startswith(b"HTTP/1.1 200 ")
    assert "Completed" == gateway.settled(gateway.pay())["status"]
    assert [] == [line for line in gateway.lines if json.loads(line)["Level"] == "critical"]


def _cpu_seconds(process: int) -> float:
    """Return the seconds of processor time that the process has used (proc(5), fields 14 and 15)."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100
