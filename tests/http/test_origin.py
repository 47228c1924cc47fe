"""Which pages may open a stream, by the `Origin` that their browser sends."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from werkzeug.datastructures import Headers

from pgw.http import answers
from pgw.http.call import Call, Parts
from pgw.http.origin import canonical_origins, refuse_foreign_page

ALLOWED = canonical_origins(["https://shop.example", "http://localhost:8080", "https://pay.example:443"])


@pytest.fixture(autouse=True)
def _refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "problem", lambda _parts, _call, code: code)


def refused(origins: list[str], host: str | None = "pgw.example", scheme: str = "ws") -> Any:
    headers = Headers([("Origin", one) for one in origins] + ([("Host", host)] if host else []))
    request = SimpleNamespace(headers=headers, scope={"scheme": scheme})
    call = cast("Call", SimpleNamespace(request=request))
    return refuse_foreign_page(cast("Parts", SimpleNamespace(allowed_origins=ALLOWED)), call)


@pytest.mark.parametrize(
    ("own", "host", "scheme"),
    [
        ("http://pgw.example", "pgw.example", "ws"),
        ("http://pgw.example", "PGW.example:80", "ws"),
        ("http://pgw.example:50947", "pgw.example:50947", "ws"),
        ("https://pgw.example", "pgw.example", "wss"),
        ("https://pgw.example", "pgw.example:443", "wss"),
        ("http://pgw.example:443", "pgw.example:443", "ws"),
        ("http://127.0.0.1:50947", "127.0.0.1:50947", "ws"),
        ("http://[::1]", "[::1]:80", "ws"),
        ("http://[::1]:50947", "[::1]:50947", "ws"),
        ("https://shop.example", "pgw.example", "ws"),
        ("http://localhost:8080", "pgw.example", "wss"),
        ("https://pay.example", "pgw.example", "ws"),
    ],
)
def test_the_gateways_own_pages_and_those_that_are_allowed_may(own: str, host: str, scheme: str) -> None:
    assert refused([own], host, scheme) is None


def test_who_sends_none_is_no_browser_and_may() -> None:
    assert refused([]) is None


@pytest.mark.parametrize(
    "foreign",
    [
        *("https://evil.example", "http://shop.example", "https://shop.example:8443", "http://localhost"),
        *(
            "https://pgw.example",
            "http://pgw.example:8080",
            "http://sub.pgw.example",
            "http://pgw.example.evil",
        ),
        *("https://shop.example.", "https://xshop.example", "https://shop.example.evil"),
        *("null", "", " ", "*", "about:blank", "file://", "pgw.example", "//pgw.example", "ws://pgw.example"),
        *("http://pgw.example/", "http://pgw.example/x", "http://pgw.example?x", "http://x@pgw.example"),
        *("HTTP://pgw.example", "http://PGW.example", "http://pgw.example:80", "http://pgw.example:080"),
        *("http://pgw.example, http://pgw.example", "http://pgw.example http://evil.example"),
        *("http://pgw.example\x00", "http://pgw.example\n", " http://pgw.example", "http:///pgw.example"),
    ],
    ids=ascii,
)
def test_any_other_may_not_nor_one_that_is_spelled_as_no_browser_does(foreign: str) -> None:
    assert "ForbiddenOrigin" == refused_as_sent(foreign)


def refused_as_sent(text: str) -> Any:
    headers = SimpleNamespace(getlist=lambda _name: [text], get=lambda _name, _default: "pgw.example")
    call = cast("Call", SimpleNamespace(request=SimpleNamespace(headers=headers, scope={"scheme": "ws"})))
    return refuse_foreign_page(cast("Parts", SimpleNamespace(allowed_origins=ALLOWED)), call)


def test_one_that_is_sent_twice_may_not_though_it_is_allowed() -> None:
    assert "ForbiddenOrigin" == refused(["https://shop.example", "https://shop.example"])
    assert "ForbiddenOrigin" == refused(["https://shop.example", "null"])


@pytest.mark.parametrize("host", [None, "", "pgw.example/x", "a b"])
def test_without_a_host_that_is_one_nothing_is_the_gateways_own(host: str | None) -> None:
    assert "ForbiddenOrigin" == refused([f"http://{host or ''}"], host)
