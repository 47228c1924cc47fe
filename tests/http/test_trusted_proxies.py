"""Whose word is taken for who the client is, and how much of it."""

from ipaddress import IPv4Network, ip_network
from time import perf_counter
from typing import Any

import pytest
import structlog
import trio
from structlog.testing import LogCapture

from pgw.http.addresses import Address, read_address, read_network
from pgw.http.forwarded import MOST_HOPS
from pgw.http.front import Front
from pgw.http.trusted_proxies import NO_PROXIES, ProxyHeader, TrustedProxies
from pgw.logs import redact
from pgw.ports import SystemClock, SystemRandomness, TimeOrderedIds
from tests.http.hand_clock import HandClock

PEER = "10.0.0.1"
TRUSTED = ("10.0.0.0/8", "2001:db8:1::/48")
Told = tuple[str, str, str]  # client, scheme, host
UNCHANGED = (PEER, "http", "pgw.example")


def scope_of(headers: list[tuple[str, str]], peer: str = PEER, kind: str = "http") -> dict[str, Any]:
    pairs = [("host", "pgw.example"), *headers, ("accept", "*/*")]
    return {
        "type": kind,
        "scheme": "ws" if kind == "websocket" else "http",
        "client": (peer, 4711),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in pairs],
    }


def told(
    *headers: tuple[str, str],
    peer: str = PEER,
    trusted: tuple[str, ...] = TRUSTED,
    kind: ProxyHeader = ProxyHeader.AUTO,
) -> Told:
    scope = scope_of([*headers], peer)
    TrustedProxies([read_network(text) for text in trusted], kind).rewrite(scope)
    (host,) = [value.decode() for name, value in scope["headers"] if name == b"host"]
    return scope["client"][0], scope["scheme"], host


def x_for(*lines: str) -> list[tuple[str, str]]:
    return [("x-forwarded-for", line) for line in lines]


def forwarded(*lines: str) -> list[tuple[str, str]]:
    return [("forwarded", line) for line in lines]


EVERYTHING = [
    *x_for("192.0.2.9"),
    *(("x-forwarded-proto", "https"), ("x-forwarded-host", "evil.example")),
    *forwarded("for=192.0.2.9;proto=https;host=evil.example"),
]


@pytest.mark.parametrize("peer", ["192.0.2.1", "2001:db8:2::1", "::ffff:192.0.2.1", "11.0.0.1", "fe80::1%lo"])
@pytest.mark.parametrize("kind", ProxyHeader)
def test_from_a_peer_that_is_not_trusted_nothing_changes(peer: str, kind: ProxyHeader) -> None:
    scope = scope_of(EVERYTHING, peer)
    TrustedProxies([ip_network(text) for text in TRUSTED], kind).rewrite(scope)
    assert scope_of(EVERYTHING, peer) == scope


def test_where_nobody_is_trusted_nothing_changes() -> None:
    scope = scope_of(EVERYTHING, "127.0.0.1")
    NO_PROXIES.rewrite(scope)
    assert scope_of(EVERYTHING, "127.0.0.1") == scope


def test_a_peer_without_an_address_is_not_trusted() -> None:
    scope = scope_of(EVERYTHING) | {"client": None}
    TrustedProxies([ip_network("0.0.0.0/0"), ip_network("::/0")]).rewrite(scope)
    assert scope_of(EVERYTHING) | {"client": None} == scope


@pytest.mark.parametrize("peer", [PEER, "::ffff:10.0.0.1", "2001:db8:1::7"])
def test_a_trusted_peer_is_known_however_its_address_is_written(peer: str) -> None:
    assert "192.0.2.9" == told(*x_for("192.0.2.9"), peer=peer)[0]


def test_a_mapped_network_is_the_same_network() -> None:
    assert "192.0.2.9" == told(*x_for("192.0.2.9"), trusted=("::ffff:10.0.0.0/104",))[0]
    assert IPv4Network("10.0.0.1/32") == read_network("::ffff:10.0.0.1")
    assert ip_network("::/96") == read_network("::/96")


CLIENTS: dict[str, tuple[list[str], str]] = {
    "one proxy": (["192.0.2.9"], "192.0.2.9"),
    "forged before it": (["1.1.1.1, 192.0.2.9"], "192.0.2.9"),
    "two proxies": (["192.0.2.9, 10.0.0.2"], "192.0.2.9"),
    "forged before two": (["1.1.1.1, 192.0.2.9, 10.0.0.2, 10.0.0.3"], "192.0.2.9"),
    "forged as a proxy": (["10.0.0.9, 192.0.2.9"], "192.0.2.9"),
    "lines in order": (["1.1.1.1", "192.0.2.9, 10.0.0.2", "10.0.0.3"], "192.0.2.9"),
    "all trusted": (["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
    "a port": (["192.0.2.9:5678"], "192.0.2.9"),
    "six": (["2001:db8::9"], "2001:db8::9"),
    "six in brackets": (["[2001:db8::9]"], "2001:db8::9"),
    "six and a port": (["[2001:DB8::9]:443"], "2001:db8::9"),
    "six trusted": (["192.0.2.9, [2001:db8:1::2]:443"], "192.0.2.9"),
    "quoted": (['"192.0.2.9"'], "192.0.2.9"),
    "mapped": (["::ffff:192.0.2.9"], "192.0.2.9"),
    "mapped and trusted": (["192.0.2.9, ::ffff:10.0.0.2"], "192.0.2.9"),
    "empty entries": ([" , 192.0.2.9,, ", ""], "192.0.2.9"),
    "unknown": (["unknown"], PEER),
    "unknown behind one": (["unknown, 10.0.0.2"], "10.0.0.2"),
    "obfuscated": (["1.1.1.1, _hidden, 10.0.0.2"], "10.0.0.2"),
    "a name": (["1.1.1.1, client.example"], PEER),
    "a zone": (["1.1.1.1, fe80::1%eth0"], PEER),
    "leading zeros": (["1.1.1.1, 192.000.002.009"], PEER),
    "a number": (["1.1.1.1, 3221225993"], PEER),
    "a port that is none": (["1.1.1.1, 192.0.2.9:x"], PEER),
    "no bracket at its end": (["1.1.1.1, [2001:db8::9"], PEER),
    "digits of another script": (["1.1.1.1, \xb2.0.2.9"], PEER),
    "nothing": ([], PEER),
    "a line break": (["1.1.1.1, 192.0.2.9\n"], "192.0.2.9"),
    "more than are looked at": ([", ".join(["1.1.1.1"] + ["10.0.0.2"] * 40)], "10.0.0.2"),
}


@pytest.mark.parametrize("name", CLIENTS)
def test_the_client_is_the_right_most_address_that_is_not_trusted(name: str) -> None:
    lines, client = CLIENTS[name]
    assert (client, *UNCHANGED[1:]) == told(*x_for(*lines))


FORWARDED: dict[str, tuple[list[str], Told]] = {
    "a client": (["for=192.0.2.9"], ("192.0.2.9", "http", "pgw.example")),
    "all of it": (["for=192.0.2.9;proto=https;host=shop.example"], ("192.0.2.9", "https", "shop.example")),
    "names in any case": (['For="192.0.2.9";PROTO=HTTPS'], ("192.0.2.9", "https", "pgw.example")),
    "six": (['for="[2001:db8::9]:4711"'], ("2001:db8::9", "http", "pgw.example")),
    "six without quotes": (["for=[2001:db8::9]:4711"], ("2001:db8::9", "http", "pgw.example")),
    "a port that is hidden": (['for="192.0.2.9:_x1"'], ("192.0.2.9", "http", "pgw.example")),
    "forged before it": (
        ["for=1.1.1.1;proto=https;host=evil.example, for=192.0.2.9"],
        ("192.0.2.9", "http", "pgw.example"),
    ),
    "the outermost proxy's word": (
        [
            "for=192.0.2.9;proto=https;host=shop.example, for=10.0.0.2;proto=http;host=inner",
            "by=_a;for=10.0.0.3",
        ],
        ("192.0.2.9", "https", "shop.example"),
    ),
    "obfuscated": (
        ["for=1.1.1.1;host=evil.example,for=_secret;proto=https, for=10.0.0.2"],
        ("10.0.0.2", "https", "pgw.example"),
    ),
    "unknown": (["for=unknown;proto=https"], (PEER, "https", "pgw.example")),
    "no client": (["proto=https;host=shop.example"], (PEER, "https", "shop.example")),
    "twice in an element": (["for=1.1.1.1;for=192.0.2.9;proto=https"], UNCHANGED),
    "no pair": (["for=1.1.1.1, for=192.0.2.9;nonsense"], UNCHANGED),
    "a quote left open": (['for="1.1.1.1, for=192.0.2.9'], ("192.0.2.9", "http", "pgw.example")),
    "a quote left open at the end": (['for=1.1.1.1, for="192.0.2.9'], UNCHANGED),
    "elements in a text": (['for=192.0.2.9;host="x,for=1.1.1.1;host=evil.example"'], UNCHANGED),
    "an escaped quote": (['for=192.0.2.9;host="x\\",for=1.1.1.1;by=\\""'], UNCHANGED),
    "empty pairs": ([";for=192.0.2.9; ;proto=https;"], ("192.0.2.9", "https", "pgw.example")),
}


@pytest.mark.parametrize("name", FORWARDED)
def test_an_element_of_forwarded_is_one_proxys_word(name: str) -> None:
    lines, expected = FORWARDED[name]
    assert expected == told(*forwarded(*lines))


@pytest.mark.parametrize(
    ("proto", "scheme"),
    [
        *(("https", "https"), ("HTTP", "http"), ("http, https", "https"), ("https, http", "http")),
        *(("ftp", "http"), ("wss", "http"), ("https;x", "http"), ("", "http"), ("javascript", "http")),
    ],
)
def test_the_scheme_is_http_or_https_and_the_nearest_proxys_word(proto: str, scheme: str) -> None:
    assert (PEER, scheme, "pgw.example") == told(("x-forwarded-proto", proto))


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        *(("shop.example", "shop.example"), ("shop.example:8443", "shop.example:8443")),
        *(("[2001:db8::9]:443", "[2001:db8::9]:443"), ("evil.example, shop.example", "shop.example")),
        *(("shop.example/path", "pgw.example"), ("me@shop.example", "pgw.example"), ("a b", "pgw.example")),
        *(("shop.example:port", "pgw.example"), ("a" * 300, "pgw.example"), ("caf\xe9", "pgw.example")),
        *(("x\r\nset-cookie: a", "pgw.example"), ("<script>", "pgw.example"), ("", "pgw.example")),
    ],
)
def test_the_host_is_a_sane_authority_and_the_nearest_proxys_word(host: str, expected: str) -> None:
    assert (PEER, "http", expected) == told(("x-forwarded-host", host))


def test_a_websocket_has_the_schemes_of_its_own() -> None:
    scope = scope_of([("x-forwarded-proto", "https")], kind="websocket")
    TrustedProxies([ip_network("10.0.0.0/8")]).rewrite(scope)
    assert "wss" == scope["scheme"]


ONE, OTHER = x_for("192.0.2.1"), forwarded("for=192.0.2.2;proto=https")


@pytest.mark.parametrize(
    ("kind", "headers", "expected"),
    [
        (ProxyHeader.AUTO, ONE, ("192.0.2.1", "http")),
        (ProxyHeader.AUTO, ONE + OTHER, (PEER, "http")),
        (ProxyHeader.AUTO, OTHER + ONE, (PEER, "http")),
        (ProxyHeader.AUTO, [*ONE, ("forwarded", "for=192.0.2.1")], ("192.0.2.1", "http")),
        (ProxyHeader.AUTO, OTHER, ("192.0.2.2", "https")),
        (ProxyHeader.AUTO, [*OTHER, ("x-forwarded-proto", "https")], (PEER, "http")),
        (ProxyHeader.X_FORWARDED, ONE + OTHER, ("192.0.2.1", "http")),
        (ProxyHeader.X_FORWARDED, OTHER, (PEER, "http")),
        (ProxyHeader.FORWARDED, ONE + OTHER, ("192.0.2.2", "https")),
        (ProxyHeader.FORWARDED, ONE, (PEER, "http")),
    ],
)
def test_the_two_kinds_of_headers_are_never_mixed(
    kind: ProxyHeader, headers: list[tuple[str, str]], expected: tuple[str, str]
) -> None:
    assert expected == told(*headers, kind=kind)[:2]


@pytest.mark.parametrize(
    "headers",
    [
        x_for(",".join(["10.0.0.2"] * 100_000)),
        x_for("," * 1_000_000),
        x_for(*["10.0.0.2"] * 10_000),
        x_for(*["10.0.0.2,"] * 10_000),
        forwarded(",".join(["for=10.0.0.2"] * 100_000)),
        forwarded("for=10.0.0.2" + ";" * 1_000_000),
        forwarded('"' * 1_000_000),
        forwarded(" " * 500_000 + "=" + " " * 500_000),
    ],
)
def test_a_header_without_end_costs_a_bounded_walk(
    headers: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def counting(text: str) -> Address | None:
        read.append(text)
        return read_address(text)

    monkeypatch.setattr("pgw.http.forwarded.read_address", counting)
    began = perf_counter()
    assert told(*headers)[0] in {"10.0.0.2", PEER}
    assert perf_counter() - began < 2  # a pattern that backtracks would take hours
    assert len(read) <= MOST_HOPS


async def front_told(peer: str, *headers: tuple[str, str]) -> dict[str, Any]:
    """Return the scope that the application behind the front is given."""
    seen: dict[str, Any] = {}

    async def application(scope: Any, _receive: Any, send: Any) -> None:
        seen.update(scope)
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive() -> dict[str, Any]:
        await trio.lowlevel.checkpoint()
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message: Any) -> None:
        await trio.lowlevel.checkpoint()

    ids = TimeOrderedIds(SystemClock(), SystemRandomness())
    front = Front(application, HandClock(), ids, TrustedProxies([ip_network("10.0.0.0/8")]))
    await front(scope_of([*headers], peer) | {"path": "/jobs/x", "method": "GET"}, receive, send)
    return seen


async def test_the_application_sees_what_the_front_was_told_and_links_by_it() -> None:
    headers = [*x_for("192.0.2.9"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "shop.example")]
    scope = await front_told(PEER, *headers)
    assert (("192.0.2.9", 0), "https") == (scope["client"], scope["scheme"])
    assert [b"shop.example"] == [value for name, value in scope["headers"] if name == b"host"]
    scope = await front_told("192.0.2.1", *headers)
    assert (("192.0.2.1", 4711), "http") == (scope["client"], scope["scheme"])
    assert [b"pgw.example"] == [value for name, value in scope["headers"] if name == b"host"]


@pytest.mark.parametrize(
    ("peer", "logged"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:4860:4860::8888", "2001:4860:4860::8888"),
        ("fe80::1%lo", "fe80::1%lo"),
    ],
)
async def test_the_log_names_the_client_in_clear(
    peer: str, logged: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = LogCapture()
    log = structlog.wrap_logger(None, processors=[redact, capture])
    monkeypatch.setattr("pgw.http.front._log", log)
    await front_told(peer)
    assert [logged] == [entry["ClientAddress"] for entry in capture.entries]
