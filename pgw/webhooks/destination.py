"""Where a webhook goes: an endpoint's URL, taken apart."""

from functools import lru_cache
from urllib.parse import urlsplit

import httpcore
from attrs import frozen

from pgw.webhooks.url import DEFAULT_PORTS

MOST_KEPT = 1024


@frozen
class Destination:
    origin: httpcore.Origin
    authority: bytes
    """As the `Host` header says it."""
    target: bytes
    """Path and query, as the request's first line says them."""

    @property
    def host(self) -> str:
        return self.origin.host.decode()

    @property
    def is_tls(self) -> bool:
        return self.origin.scheme == b"https"

    @staticmethod
    @lru_cache(MOST_KEPT)
    def of(url: str) -> "Destination":
        """Take apart a URL that `read_endpoint_url` returned."""
        parts = urlsplit(url)
        assert parts.hostname, "an endpoint's URL has a host"
        port = parts.port or DEFAULT_PORTS[parts.scheme]
        origin = httpcore.Origin(parts.scheme.encode(), parts.hostname.encode(), port)
        target = url.removeprefix(f"{parts.scheme}://{parts.netloc}")
        assert target.startswith("/"), "an endpoint's URL is kept with its path"
        return Destination(origin, parts.netloc.encode(), target.encode())
