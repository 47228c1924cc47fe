# ruff: noqa: RUF001 - characters that look like others are the point
import pytest

from pgw.domain.result import Err, Ok
from pgw.domain.webhook import LONGEST_URL
from pgw.webhooks.url import NOT_PUBLIC, read_endpoint_url

MARK = "canaryword"
"""Stands in what must not be repeated."""
A_LABEL = "a" * 63
PATH = "https://hooks.example.com/"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://hooks.example.com/pgw", "https://hooks.example.com/pgw"),
        ("HTTPS://Hooks.Example.COM/Pgw", "https://hooks.example.com/Pgw"),
        ("https://hooks.example.com", "https://hooks.example.com/"),
        ("https://hooks.example.com:443", "https://hooks.example.com/"),
        ("https://hooks.example.com:0443/", "https://hooks.example.com/"),
        ("https://hooks.example.com:/", "https://hooks.example.com/"),
        ("https://hooks.example.com:8443?shop=1&a=%C3%BC", "https://hooks.example.com:8443/?shop=1&a=%C3%BC"),
        ("https://hooks.example.com/a//b/.c/..d/@x:y", "https://hooks.example.com/a//b/.c/..d/@x:y"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://XN--BCHER-KVA.example/", "https://xn--bcher-kva.example/"),
        ("https://my_shop.example.com/", "https://my_shop.example.com/"),
        ("https://1.example.com/", "https://1.example.com/"),
        ("https://8.8.8.8:443/", "https://8.8.8.8/"),
        ("https://[2606:4700:0:0::1111]/", "https://[2606:4700::1111]/"),
        ("https://[2606:4700::ABCD]:8443/", "https://[2606:4700::abcd]:8443/"),
    ],
)
def test_a_url_is_kept_in_one_spelling(written: str, kept: str) -> None:
    assert Ok(kept) == read_endpoint_url(written, allow_private=False)
    assert Ok(kept) == read_endpoint_url(kept, allow_private=False)


@pytest.mark.parametrize(
    "written",
    [
        "http://localhost:8080/hooks",
        "http://127.0.0.1:8080/",
        "https://127.0.0.1/",
        "http://shop/",
        "http://[::1]:8080/",
        "http://10.1.2.3/",
    ],
)
def test_a_setting_opens_what_is_private_and_plain(written: str) -> None:
    assert Ok(written) == read_endpoint_url(written, allow_private=True)
    assert isinstance(read_endpoint_url(written, allow_private=False), Err)


def test_the_default_port_is_the_scheme_s_own() -> None:
    assert Ok("http://shop/") == read_endpoint_url("http://shop:80", allow_private=True)
    assert Ok("http://shop:443/") == read_endpoint_url("http://shop:443", allow_private=True)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "begin with https://"),
        ("hooks.example.com", "begin with https://"),
        ("//hooks.example.com/", "begin with https://"),
        ("https:hooks.example.com", "begin with https://"),
        ("https:/hooks.example.com", "begin with https://"),
        ("http://hooks.example.com/", "begin with https://"),
        ("ftp://hooks.example.com/", "begin with https://"),
        ("file:///etc/passwd", "begin with https://"),
        ("gopher://hooks.example.com/", "begin with https://"),
        ("javascript://hooks.example.com/", "begin with https://"),
        ("httpſ://hooks.example.com/", "begin with https://"),
        ("https://", "must have a host"),
        ("https:///hooks.example.com", "must have a host"),
        ("https://:443/", "must have a host"),
        ("https://?x", "must have a host"),
        ("https://#x", "fragment"),
        (f"https://ada:{MARK}@hooks.example.com/", "a user or a password"),
        (f"https://{MARK}@hooks.example.com/", "a user or a password"),
        ("https://@hooks.example.com/", "a user or a password"),
        (f"https://ada:{MARK}@127.0.0.1/", "a user or a password"),
        (f"https://ada:{MARK}@hooks.example.com@8.8.8.8/", "a user or a password"),
        (f"https://ada:{MARK}%40hooks.example.com/", "a colon and a port"),
        (f"https://{MARK}%40hooks.example.com/", "percent sign"),
        ("https://hooks.example.com/#top", "fragment"),
        ("https://hooks.example.com/#", "fragment"),
        ("https://hooks.example.com:0/", "port"),
        ("https://hooks.example.com:00000/", "port"),
        ("https://hooks.example.com:65536/", "port"),
        ("https://hooks.example.com:99999/", "port"),
        ("https://hooks.example.com:000443/", "port"),
        ("https://hooks.example.com:-1/", "port"),
        ("https://hooks.example.com:+443/", "port"),
        ("https://hooks.example.com:\uff14\uff14\uff13/", "port"),
        ("https://hooks.example.com:443:443/", "port"),
        ("https://hooks.example.com:x/", "port"),
        (" https://hooks.example.com/", "spaces"),
        ("https://hooks.example.com/ ", "spaces"),
        ("https://hooks.example.com /", "spaces"),
        ("https://hooks.example.com/a b", "spaces"),
        ("https://hooks.example.com/\n", "control characters"),
        ("https://hooks.example.com\r\nHost: x/", "control characters"),
        ("https://hooks.exa\tmple.com/", "control characters"),
        ("https://hooks.example.com/\x00", "control characters"),
        ("https://hooks.example.com/\x7f", "control characters"),
        ("https://hooks.example.com/\u200b", "control characters"),
        ("https://hooks.example.com/\ud800", "control characters"),
        ("https://hooks.example.com\u3000/", "spaces"),
        ("https://hooks.example.com\\@127.0.0.1/", "backslash"),
        ("https:\\\\hooks.example.com", "backslash"),
        ("https://hooks.example.com/ü", "percent-encoded"),
        ("https://hooks.example.com/?ü", "percent-encoded"),
        ("https://hooks.example.com/%", "percent-encoded"),
        ("https://hooks.example.com/%zz", "percent-encoded"),
        ("https://hooks.example.com/<x>", "percent-encoded"),
        ("https://hooks.example.com/a/../b", "between its slashes"),
        ("https://hooks.example.com/./", "between its slashes"),
        ("https://hooks.example.com/%2E%2e/b", "between its slashes"),
        ("https://hooks.example.com./", "a dot at its end"),
        ("https://.example.com/", "domain name"),
        ("https://hooks..example.com/", "domain name"),
        ("https://-hooks.example.com/", "domain name"),
        ("https://hooks-.example.com/", "domain name"),
        ("https://hooks!.example.com/", "domain name"),
        ("https://hooks,example.com/", "domain name"),
        (f"https://a{A_LABEL}.example.com/", "domain name"),
        (f"https://{'.'.join([A_LABEL] * 4)}/", "domain name"),
        ("https://straße.example/", "in ASCII"),
        ("https://\u212aiosk.example/", "in ASCII"),
        ("https://hooks\u3002example.com/", "in ASCII"),
        ("https://a\u200db.example/", "control characters"),
        ("https://hooks/", "full domain name"),
        ("https://[::1/", "must have a host"),
        ("https://::1/", "must have a host"),
        ("https://[]/", "IPv6"),
        ("https://[8.8.8.8]/", "IPv6"),
        ("https://[hooks.example.com]/", "IPv6"),
        ("https://[v1.fe80::a]/", "IPv6"),
        ("https://[2606:4700::1111]x/", "must have a host"),
        ("https://[2606:4700::1111%25eth0]/", "zone"),
        ("https://[2606:4700::1111%eth0]/", "zone"),
    ],
)
def test_what_is_no_url_of_an_endpoint_is_refused_with_a_reason_that_repeats_none_of_it(
    url: str, said: str
) -> None:
    refused = read_endpoint_url(url, allow_private=False)
    assert isinstance(refused, Err)
    assert said in refused.error
    assert refused.error.endswith(".")
    assert MARK not in refused.error


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "10.0.0.1", "169.254.169.254", "0.0.0.0", "255.255.255.255"),
        *("[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]"),
        *("[2002:7f00:1::]", "[fec0::1]", "[fe80::1]", "[fd00::1]", "[ff02::1]", "[2001:db8::1]"),
        *("[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::FFFF:10.0.0.1]"),
        *("localhost", "LOCALHOST", "shop.localhost", "a.b.localhost"),
    ],
)
def test_a_host_that_is_not_public_is_refused(host: str) -> None:
    assert Err(NOT_PUBLIC) == read_endpoint_url(f"https://{host}/", allow_private=False)


@pytest.mark.parametrize("allow_private", [False, True])
@pytest.mark.parametrize(
    "host",
    [
        *("127.1", "127.0.1", "1", "0", "2130706433", "017700000001", "0x7f000001", "0X7F000001", "0x"),
        *("0x7f.0.0.1", "0x7f.1", "127.0.0.0x1", "0177.0.0.1", "127.0.0.01", "127.0.0.1.", "127.0.0.256"),
        *("127.0.0.1.1", "hooks.1", "hooks.0x1", "hooks.example.com.0", "00000127.0.0.1", "8.8.8.8."),
        *("127。0。0。1", "127\uff0e0\uff0e0\uff0e1", "１２７.0.0.1", "１２７．０．０．１", "①②⑦.0.0.1"),
        *("１27.0.0.1", "127.0.0.１", "127.0.0.\u0661", "localhost.", "ｌocalhost", "local\u00adhost"),
        *("[::1%25lo]", "[::1%lo]", "[fe80::1%251]", "%31%32%37.0.0.1", "127.0.0.1%20", "127.0.0.1%00"),
        *("127.0.0.1%2f", "[127.0.0.1]", "[::ffff:127.1]", "[::ffff:0x7f.0.0.1]", "[1]"),
        *("hooks.example.com#@127.0.0.1", "hooks.example.com\\.127.0.0.1", "127.0.0.1:80:443"),
    ],
)
def test_what_two_programs_may_read_as_two_hosts_is_never_guessed(host: str, allow_private: bool) -> None:
    assert isinstance(read_endpoint_url(f"https://{host}/", allow_private=allow_private), Err)


def test_a_url_may_be_as_long_as_it_is_kept() -> None:
    longest = PATH + "a" * (LONGEST_URL - len(PATH))
    assert Ok(longest) == read_endpoint_url(longest, allow_private=False)
    for too_long in (longest + "a", "https://bücher.example/" + "a" * (LONGEST_URL - 23)):
        refused = read_endpoint_url(too_long, allow_private=False)
        assert Err("The URL may have at most 2,048 characters.") == refused
