from quart import Response

from pgw.http import answers
from pgw.http.call import Call, Parts


async def upgrade_required(parts: Parts, call: Call, job_id: str | None = None) -> Response:  # noqa: ARG001
    """`GET` on a path that is a WebSocket, or a handshake that is none (RFC 6455, 4.4)."""
    headers = {"Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    return answers.problem(parts, call, "UpgradeRequired", headers=headers)
