"""The operator's socket in a running gateway."""

import socket
from pathlib import Path

import structlog
import trio

from pgw.control.address import bound
from pgw.control.answers import WHO_TELLS, Answer, mistake, to_document, unavailable
from pgw.control.commands import Commands
from pgw.control.wire import LARGEST_COMMAND_BYTES, from_line, receive_line, to_line

MOST_CONNECTIONS = 8
RECEIVE_SECONDS = 5.0
OBEY_SECONDS = 60.0
SEND_SECONDS = 10.0
PAUSE_SECONDS = 0.1
_log = structlog.get_logger()


async def serve_operator(
    path: Path, commands: Commands, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
) -> None:
    """Obey what comes at the socket until cancelled. Raises `CannotOpenControl` before it has started."""
    with bound(path) as listener:
        task_status.started()
        await _accept(listener, commands)


async def _accept(listener: socket.socket, commands: Commands) -> None:
    accepting = trio.SocketListener(trio.socket.from_stdlib_socket(listener))
    room = trio.Semaphore(MOST_CONNECTIONS)
    async with trio.open_nursery() as connections:
        while True:
            # Who comes when there is no room waits in the listener's backlog.
            await room.acquire()
            try:
                stream = await accepting.accept()
            except OSError as error:
                room.release()
                _log.warning("OperatorNotAccepted", Reason=str(error))
                await trio.sleep(PAUSE_SECONDS)
            else:
                connections.start_soon(_serve, stream, commands, room)


async def _serve(stream: trio.SocketStream, commands: Commands, room: trio.Semaphore) -> None:
    try:
        async with stream:
            await _exchange(stream, commands)
    except (trio.BrokenResourceError, trio.TooSlowError) as error:
        _log.debug("OperatorLeft", Reason=type(error).__name__)
    finally:
        room.release()


async def _exchange(stream: trio.SocketStream, commands: Commands) -> None:
    with trio.fail_after(RECEIVE_SECONDS):
        line = await receive_line(stream, LARGEST_COMMAND_BYTES)
    answer: Answer
    if line is None:
        answer = mistake(f"A command is one line of at most {LARGEST_COMMAND_BYTES} bytes.")
    else:
        answer = unavailable(f"It was not done within {OBEY_SECONDS:g} s; {WHO_TELLS}")
        with trio.move_on_after(OBEY_SECONDS):
            answer = await commands.obey(from_line(line))
    with trio.fail_after(SEND_SECONDS):
        await stream.send_all(to_line(to_document(answer)))
