"""One connection by TCP, and TLS over it, as httpcore's network port, over Trio."""

import ssl

import httpcore
import trio


class TcpStream(httpcore.AsyncNetworkStream):
    """Reads and writes have no time limit of their own."""

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


class OneWriteStream(httpcore.AsyncNetworkStream):
    """Sends what was written in one piece, when an answer is first waited for."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._unsent = bytearray()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._unsent:
            request = bytes(self._unsent)
            self._unsent.clear()
            await self._send(request)
        return await self._stream.read(max_bytes, timeout)

    async def _send(self, request: bytes) -> None:
        await self._stream.write(request)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._unsent += buffer

    async def aclose(self) -> None:
        await self._stream.aclose()

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)
