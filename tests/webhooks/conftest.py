import ssl
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol

import pytest
import trio

from tests.webhooks.authority import Authority
from tests.webhooks.raw_endpoint import RawEndpoint, Script

StartEndpoint = Callable[[Script], Awaitable[RawEndpoint]]


class StartTlsEndpoint(Protocol):
    async def __call__(self, script: Script, serving: ssl.SSLContext | None = None) -> RawEndpoint: ...


@pytest.fixture
def start_endpoint(nursery: trio.Nursery) -> StartEndpoint:
    async def start(script: Script) -> RawEndpoint:
        endpoint = RawEndpoint(script)
        [listener] = await nursery.start(partial(trio.serve_tcp, endpoint.serve, 0, host="127.0.0.1"))
        endpoint.port = listener.socket.getsockname()[1]
        return endpoint

    return start


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def serving(authority: Authority) -> ssl.SSLContext:
    return authority.serving("good")


@pytest.fixture
def trusting(authority: Authority) -> ssl.SSLContext:
    return authority.trusting()


@pytest.fixture
def start_tls_endpoint(serving: ssl.SSLContext, nursery: trio.Nursery) -> StartTlsEndpoint:
    default = serving

    async def start(script: Script, serving: ssl.SSLContext | None = None) -> RawEndpoint:
        endpoint = RawEndpoint(script)
        serve = partial(trio.serve_ssl_over_tcp, endpoint.serve, 0, serving or default, host="127.0.0.1")
        [listener] = await nursery.start(partial(serve, https_compatible=True))
        endpoint.port = listener.transport_listener.socket.getsockname()[1]
        return endpoint

    return start
