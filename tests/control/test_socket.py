"""The operator's socket: whose it is, and what it bears."""

import os
import socket
import stat
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
import trio

from pgw.actors.settlement import Verdict
from pgw.control import client, server
from pgw.control.address import CannotOpenControl, bound, control_path, short_address
from pgw.control.answers import Refused, RefusedFor, from_document
from pgw.control.client import ControlUnavailable, NoGateway, SocketControl
from pgw.control.commands import Commands
from pgw.control.operator import Operator
from pgw.control.wire import LARGEST_ANSWER_BYTES, LARGEST_COMMAND_BYTES, from_line
from pgw.domain.result import Err, Ok
from tests.control.payments import Payments
from tests.control.settling import Settling

PATIENCE = 10.0
DESCRIPTORS = Path("/proc/self/fd")
BOOKS = b'{"command":"books","after":""}\n'
Start = Callable[..., Awaitable[Path]]


@pytest.fixture
def start(nursery: trio.Nursery, commands: Commands, tmp_path: Path) -> Start:
    """Serve at a path, the test's own where none is given; returns it once it is served."""

    async def started(path: Path | None = None) -> Path:
        path = path or tmp_path / "pgw.db.control"
        await nursery.start(partial(server.serve_operator, path, commands))
        return path

    return started


async def say(path: Path, *parts: bytes) -> bytes:
    """Send bytes as they are, and return all that comes."""
    with trio.fail_after(PATIENCE):
        async with await trio.open_unix_socket(path) as stream:
            for part in parts:
                await stream.send_all(part)
            return b"".join([bytes(data) async for data in stream])


async def test_nobody_but_its_owner_may_use_it_from_its_first_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, modes = tmp_path / "control", []
    bind = socket.socket.bind

    class Watched(socket.socket):
        def bind(self, address: object) -> None:
            before = os.umask(0)
            os.umask(before)
            modes.append(before)
            bind(self, address)  # type: ignore[arg-type]
            modes.append(stat.S_IMODE(path.stat().st_mode))

    monkeypatch.setattr("pgw.control.address.socket.socket", Watched)
    before = os.umask(0o022)
    try:
        with bound(path):
            assert [0o177, 0o600] == modes
            assert 0o022 == os.umask(0o022)
    finally:
        os.umask(before)


def test_it_is_beside_the_database_links_followed(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "pgw.db").touch()
    (tmp_path / "link.db").symlink_to(tmp_path / "data" / "pgw.db")
    assert tmp_path / "data" / "pgw.db.control" == control_path(tmp_path / "link.db")


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_a_stale_one_is_replaced_and_it_is_gone_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "control"
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(str(path))
    stale.close()
    with pytest.raises(NoGateway):
        await SocketControl(path).look_for_gateway()
    with bound(path):
        await SocketControl(path).look_for_gateway()
    assert [] == names_in(tmp_path)
    with pytest.raises(NoGateway):
        await SocketControl(path).look_for_gateway()


def test_what_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "control"
    path.write_text("precious")
    with pytest.raises(CannotOpenControl, match=r"cannot be made: Address already in use\.$"), bound(path):
        pass
    assert "precious" == path.read_text()


async def test_a_path_longer_than_a_sockets_address_works(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    path = await start(folder / "pgw.db.control")
    assert [] == await Operator(SocketControl(path)).books("")
    descriptors = len(names_in(DESCRIPTORS))
    with short_address(path) as address:
        assert len(address) < 100
    assert descriptors == len(names_in(DESCRIPTORS))


def test_a_name_too_long_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 150)
    with pytest.raises(CannotOpenControl, match=r"x cannot be made: .*\.$"), bound(path):
        pass


async def test_a_command_is_obeyed_and_answered(start: Start, payments: Payments, settling: Settling) -> None:
    change = await payments.unknown()
    settling.answer = Ok(change)
    operator = Operator(SocketControl(await start()))
    answer = await operator.settle(change.job.id, Verdict.FAILED, "seen \N{EURO SIGN}")
    assert isinstance(answer, Ok)
    assert ("10.50", False) == (str(answer.value["amount"]), answer.value["isWatched"])
    assert [(change.job.id, Verdict.FAILED, "seen \N{EURO SIGN}")] == settling.asked
    assert [change.attempt.reference] == [entry.reference for entry in await operator.books("")]
    assert [["job_000001"]] == [[one["jobId"] for one in page] async for page in operator.unresolved()]


@pytest.mark.parametrize(
    "line",
    [b"\n", b"hello\n", b"\xff\xfe\n", b"[" * 60_000 + b"\n", b"9" * 60_000 + b"\n", b'{"command":NaN}\n'],
    ids=lambda line: repr(line[:8]),
)
async def test_what_is_no_json_is_a_mistake_and_the_next_is_obeyed(start: Start, line: bytes) -> None:
    path = await start()
    answer = from_document(from_line(await say(path, line)))
    assert Err(Refused(RefusedFor.MISTAKE, "This is no command.")) == answer
    assert b'{"ok":{"page":[]}}\n' == await say(path, BOOKS)


async def test_a_line_in_pieces_is_one_line_and_what_is_behind_it_is_nothing(start: Start) -> None:
    path = await start()
    assert b'{"ok":{"page":[]}}\n' == await say(path, BOOKS[:5], BOOKS[5:])
    assert b'{"ok":{"page":[]}}\n' == await say(path, BOOKS + BOOKS)


async def test_a_line_without_an_end_is_given_up_at_its_bound(start: Start) -> None:
    path = await start()
    assert b"one line of at most" in await say(path, b"x" * (LARGEST_COMMAND_BYTES + 1))
    assert b'{"ok":{"page":[]}}\n' == await say(path, BOOKS)


async def test_who_says_nothing_is_left_after_a_time_and_holds_nobody_up(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "RECEIVE_SECONDS", 0.5)
    path = await start()
    silent = [await trio.open_unix_socket(path) for _ in range(3 * server.MOST_CONNECTIONS)]
    assert b'{"ok":{"page":[]}}\n' == await say(path, BOOKS)
    for stream in silent:
        with trio.fail_after(PATIENCE):
            assert b"" == await stream.receive_some(1)
        await stream.aclose()


async def test_no_more_are_served_at_a_time_than_its_bound(
    start: Start, commands: Commands, settling: Settling
) -> None:
    at_work = most = 0

    async def slowly(*_: str) -> Err[object]:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await trio.sleep(0.05)
        at_work -= 1
        return Err(settling.answer.error)  # type: ignore[union-attr]

    object.__setattr__(commands.kinds[0], "settle", slowly)
    operator = Operator(SocketControl(await start()))
    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            for _ in range(2 * server.MOST_CONNECTIONS):
                nursery.start_soon(operator.settle, "job_1", Verdict.FAILED, "x")
    assert server.MOST_CONNECTIONS == most


async def test_what_takes_too_long_is_answered_all_the_same(
    start: Start, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: str) -> None:
        await trio.sleep_forever()

    object.__setattr__(commands.kinds[0], "settle", never)
    monkeypatch.setattr(server, "OBEY_SECONDS", 0.1)
    answer = await Operator(SocketControl(await start())).settle("job_1", Verdict.FAILED, "x")
    assert isinstance(answer, Err)
    assert RefusedFor.UNAVAILABLE == answer.error.kind


async def test_who_leaves_before_the_answer_ends_nothing(start: Start) -> None:
    path = await start()
    for _ in range(3):
        with socket.socket(socket.AF_UNIX) as rude:
            rude.connect(str(path))
            rude.sendall(BOOKS)
    assert b'{"ok":{"page":[]}}\n' == await say(path, BOOKS)


async def test_a_gateway_that_has_gone_meanwhile_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ControlUnavailable, match=r"has stopped meanwhile; try again\.$"):
        await Operator(SocketControl(tmp_path / "none")).books("")


async def test_a_socket_of_another_user_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(_path: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(trio, "open_unix_socket", refused)
    with pytest.raises(ControlUnavailable, match=r"is of no use: Permission denied\.$"):
        await SocketControl(tmp_path / "control").look_for_gateway()


@pytest.mark.parametrize(
    "answer",
    [b"", b"{", b"{}\n", b"[]\n", b'{"ok":1}\n', b'{"refused":[],"sentence":""}\n', b'{"refused":"x"}\n'],
)
async def test_an_answer_that_is_none_is_one_sentence(
    nursery: trio.Nursery, tmp_path: Path, answer: bytes
) -> None:
    async def answer_so(stream: trio.SocketStream) -> None:
        await stream.receive_some(LARGEST_ANSWER_BYTES)
        await stream.send_all(answer)
        await stream.aclose()

    await listen_at(tmp_path / "control", answer_so, nursery)
    with pytest.raises(ControlUnavailable, match="ended before it answered"):
        await Operator(SocketControl(tmp_path / "control")).books("")


async def test_a_gateway_that_never_answers_is_one_sentence(
    nursery: trio.Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(_stream: trio.SocketStream) -> None:
        await trio.sleep_forever()

    monkeypatch.setattr(client, "ANSWER_SECONDS", 0.1)
    await listen_at(tmp_path / "control", hang, nursery)
    expected = pytest.raises(ControlUnavailable, match=r"did not answer within 0\.1 s\.$")
    with trio.fail_after(PATIENCE), expected:
        await Operator(SocketControl(tmp_path / "control")).books("")


async def listen_at(
    path: Path, handle: Callable[[trio.SocketStream], Awaitable[None]], nursery: trio.Nursery
) -> None:
    listener = trio.socket.socket(socket.AF_UNIX)
    await listener.bind(str(path))
    listener.listen()
    nursery.start_soon(trio.serve_listeners, handle, [trio.SocketListener(listener)])
