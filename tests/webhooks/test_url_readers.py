"""A URL that is kept is read alike by whoever reads it: by us, Python, a client and a browser's rules."""

import json
from urllib.parse import urlsplit

import httpx
from hypothesis import example, given
from hypothesis import strategies as st

from pgw.domain.result import Ok
from pgw.webhooks.destination import Destination
from pgw.webhooks.url import read_endpoint_url
from tests.nodejs import run_node

HOSTS = [
    *("hooks.example.com", "HOOKS.example.com", "bücher.example", "xn--bcher-kva.example", "a_b.example.com"),
    *(
        "8.8.8.8",
        "[2606:4700:0::1111]",
        "[::ffff:8.8.8.8]",
        "localhost",
        "127.0.0.1",
        "1.example.com",
        "shop",
    ),
]
PORTS = ["", ":", ":443", ":80", ":8443", ":08443"]
REST = ["", "/", "?shop=1", "/a//b/@x:y;z=1,2/.c/..d/%2F%2f?a=/b?c&d", "/pgw?a=b&a=c+d", "/a@b/:80/"]
# What parsers have disagreed on.
PARTS = st.sampled_from(
    [
        *(
            "https://",
            "http://",
            "https:",
            "//",
            "/",
            "\\",
            "?",
            "#",
            "@",
            ":",
            ";",
            "%",
            "%40",
            "%2e",
            "%00",
        ),
        *(".", "..", "。", "\uff0e", "[", "]", "::1", "::ffff:", "127", "0x7f", "017", "8.8.8.8", "1", "0"),
        *(
            "443",
            "hooks",
            "example.com",
            "localhost",
            "xn--",
            "ß",
            "\u212a",
            "\uff11",
            "\t",
            "\n",
            " ",
            "\x00",
        ),
        *(
            "-",
            "_",
            "*",
            "'",
            '"',
            "<",
            "|",
            "^",
            "~",
            "!",
            "$",
            "&",
            "+",
            ",",
            "=",
            "\ud800",
            "\u200d",
            "a" * 64,
        ),
    ]
)


def kept(text: str) -> str | None:
    read = read_endpoint_url(text, allow_private=True)
    return read.value if isinstance(read, Ok) else None


def test_a_browser_reads_the_same() -> None:
    written = [f"{s}://{h}{p}{r}" for s in ("https", "http") for h in HOSTS for p in PORTS for r in REST]
    urls = [url for url in map(kept, written) if url is not None]
    assert len(urls) > 500
    for url, (host, port, target) in zip(
        urls, json.loads(run_node("read_urls.mjs", json.dumps(urls))), strict=True
    ):
        destination = Destination.of(url)
        assert host.strip("[]") == destination.host
        assert destination.origin.port == int(port or {"http": 80, "https": 443}[url.partition(":")[0]])
        assert target == destination.target.decode()


@given(st.lists(PARTS, max_size=8).map("".join), st.sampled_from(["", "https://", "http://"]))
@example("hooks.example.com/", "https://")
@example("[2606:4700::1111]:8443?", "https://")
def test_whatever_is_written_is_refused_or_read_alike(rest: str, scheme: str) -> None:
    url = kept(scheme + rest)
    if url is None:
        return
    assert url == kept(url)
    assert url.isascii()
    destination, by_python, by_client = Destination.of(url), urlsplit(url), httpx.URL(url)
    assert destination.host == by_python.hostname == by_client.raw_host.decode()
    assert by_python.username is by_python.password is None
    assert by_client.userinfo == b""
    assert destination.origin.port == (by_client.port or {"http": 80, "https": 443}[by_client.scheme])
    assert url == f"{by_python.scheme}://{destination.authority.decode()}{destination.target.decode()}"
