"""Where a bank is, and a request to there."""

from urllib.parse import urlsplit

import httpcore
from attrs import frozen

DEFAULT_PORTS = {"http": 80, "https": 443}


@frozen
class Address:
    """A bank's HTTP URL, taken apart once and not at each call."""

    origin: httpcore.Origin
    host: bytes
    """As the `Host` header says it."""
    base: bytes
    """The URL's own path, without a slash at its end."""

    @staticmethod
    def of(url: str) -> "Address":
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS[parts.scheme]
        origin = httpcore.Origin(parts.scheme.encode(), (parts.hostname or "").encode(), port)
        return Address(origin, parts.netloc.encode(), parts.path.rstrip("/").encode())

    def request(
        self, method: bytes, path: bytes, *headers: tuple[bytes, bytes], body: bytes = b""
    ) -> httpcore.Request:
        """Build a request; `path` is percent-encoded and comes below the URL's own."""
        origin = self.origin
        return httpcore.Request(
            method,
            httpcore.URL(scheme=origin.scheme, host=origin.host, port=origin.port, target=self.base + path),
            headers=[(b"Host", self.host), *headers],
            content=body,
        )
