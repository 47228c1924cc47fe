"""Where a gateway is, as its URL says it."""

import ssl
from urllib.parse import urlsplit

import trio
from attrs import frozen

CONNECT_SECONDS = 10.0
_PORTS = {"http": 80, "https": 443}


class Unreachable(Exception):
    """There is no connection to the gateway; the message says why, as half a sentence."""


@frozen
class GatewayAddress:
    """The host, the port and the path below which a gateway is; `tls` trusts the system's authorities."""

    url: str
    host: str
    port: int
    authority: str
    """As the `Host` header says it."""
    base: str
    """The URL's own path, without a slash at its end."""
    tls: ssl.SSLContext | None

    @staticmethod
    def of(url: str) -> "GatewayAddress":
        parts = urlsplit(url)
        return GatewayAddress(
            url=url.rstrip("/"),
            host=parts.hostname or "",
            port=parts.port or _PORTS[parts.scheme],
            authority=parts.netloc,
            base=parts.path.rstrip("/"),
            tls=ssl.create_default_context() if parts.scheme == "https" else None,
        )

    async def connect(self) -> trio.SocketStream | trio.SSLStream[trio.SocketStream]:
        """Open a connection, with TLS where the URL asks for it. Raises `Unreachable`, after 10 s at most."""
        try:
            with trio.fail_after(CONNECT_SECONDS):
                stream = await trio.open_tcp_stream(self.host, self.port)
                return stream if self.tls is None else await self._secured(stream, self.tls)
        except trio.TooSlowError:
            raise Unreachable(f"no connection within {CONNECT_SECONDS:g} s") from None
        except trio.BrokenResourceError as error:
            raise Unreachable(f"TLS: {error.__cause__ or error}") from error
        except (OSError, UnicodeError) as error:
            raise Unreachable(told(error)) from error

    async def _secured(
        self, stream: trio.SocketStream, context: ssl.SSLContext
    ) -> trio.SSLStream[trio.SocketStream]:
        secured = trio.SSLStream(stream, context, server_hostname=self.host, https_compatible=True)
        try:
            await secured.do_handshake()
        except BaseException:
            await trio.aclose_forcefully(secured)
            raise
        return secured


def told(error: BaseException) -> str:
    """Return in a few words why there is no connection: Trio and httpcore wrap the system's own error."""
    wrapped = error.__cause__ or next((one for one in error.args if isinstance(one, BaseException)), None)
    if isinstance(wrapped, BaseExceptionGroup):
        wrapped = wrapped.exceptions[-1]
    if isinstance(wrapped, OSError):
        return told(wrapped)
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
