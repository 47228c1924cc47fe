"""TCP and TLS as httpcore's network port, over Trio. A simulation brings a network of its own."""

import ssl
from collections.abc import Iterable

import httpcore
import trio

from pgw.network import TcpStream


def tls_for(url: str) -> ssl.SSLContext | None:
    """Return how a bank at this URL is trusted: by the system's authorities; plain HTTP is not."""
    return ssl.create_default_context() if url.startswith("https:") else None


class TcpNetwork(httpcore.AsyncNetworkBackend):
    """Connects within a time limit. Reads and writes have none of their own: the connector's covers both."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002 - the port's own
    ) -> httpcore.AsyncNetworkStream:
        try:
            with trio.fail_after(float("inf") if timeout is None else timeout):
                return TcpStream(await trio.open_tcp_stream(host, port, local_address=local_address))
        except trio.TooSlowError as error:
            raise httpcore.ConnectTimeout(f"no connection within {timeout:g} s") from error
        except (OSError, UnicodeError) as error:  # the latter for a host whose name can be none
            raise httpcore.ConnectError(str(error)) from error

    async def sleep(self, seconds: float) -> None:
        await trio.sleep(seconds)
