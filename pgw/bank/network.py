"""TCP and TLS as httpcore's network port, over Trio. A simulation brings a network of its own."""

import ssl
from collections.abc import Iterable

import httpcore
import trio


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


class TcpStream(httpcore.AsyncNetworkStream):
    def __init__(self, stream: trio.SocketStream | trio.SSLStream[trio.SocketStream]) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        try:
            return bytes(await self._stream.receive_some(max_bytes))
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise httpcore.ReadError(str(error)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        try:
            await self._stream.send_all(buffer)
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise httpcore.WriteError(str(error)) from error

    async def aclose(self) -> None:
        await trio.aclose_forcefully(self._stream)

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        assert isinstance(self._stream, trio.SocketStream)
        tls = trio.SSLStream(
            self._stream, ssl_context, server_hostname=server_hostname, https_compatible=True
        )
        try:
            with trio.fail_after(float("inf") if timeout is None else timeout):
                await tls.do_handshake()
        except BaseException as error:
            await self.aclose()
            if isinstance(error, trio.TooSlowError | trio.BrokenResourceError):
                raise httpcore.ConnectError(f"TLS: {error.__cause__ or error}") from error
            raise
        return TcpStream(tls)

    def get_extra_info(self, info: str) -> object:
        if info != "is_readable":
            return None
        stream = self._stream
        if not isinstance(stream, trio.SSLStream):
            return stream.socket.is_readable()
        # A TLS record that was read from the socket and not yet from the stream is seen only here. Private,
        # pinned, and tested.
        undecrypted = stream._incoming.pending  # noqa: SLF001
        return undecrypted > 0 or stream.pending() > 0 or stream.transport_stream.socket.is_readable()
