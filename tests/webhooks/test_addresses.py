"""Each range of IANA's special-purpose registries, at its edges, and what is around it."""

from ipaddress import ip_address

import pytest

from pgw.webhooks.addresses import is_public, read_address

PUBLIC = [
    *("1.0.0.0", "8.8.8.8", "9.255.255.255", "11.0.0.0", "93.184.215.14", "223.255.255.255"),
    *("100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0"),
    *("172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0", "192.0.3.0", "192.167.255.255"),
    *("192.169.0.0", "192.88.98.255", "192.88.100.0", "198.17.255.255", "198.20.0.0", "198.51.99.255"),
    *("198.51.101.0", "203.0.112.255", "203.0.114.0", "168.63.129.15"),
    *("2000::", "2001:200::1", "2001:4860:4860::8888", "2001:db7::1", "2001:db9::1", "2003::1"),
    *("2606:4700::1111", "2a00::1", "3ffe::1", "3fff:1000::", "3fff:ffff::1"),
    *("::ffff:8.8.8.8", "64:ff9b::8.8.8.8"),
]

NOT_PUBLIC_IPV4 = [
    *("0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255"),
    *("100.100.100.200", "127.0.0.0", "127.0.0.1", "127.255.255.255", "168.63.129.16", "169.254.0.0"),
    *("169.254.169.254", "169.254.255.255", "172.16.0.0", "172.31.255.255", "192.0.0.0", "192.0.0.192"),
    *("192.0.0.255", "192.0.2.0", "192.0.2.255", "192.88.99.0", "192.88.99.255", "192.168.0.0"),
    *("192.168.255.255", "198.18.0.0", "198.19.255.255", "198.51.100.0", "198.51.100.255"),
    *("203.0.113.0", "203.0.113.255", "224.0.0.0", "224.0.0.1", "239.255.255.255", "240.0.0.0"),
    *("255.255.255.254", "255.255.255.255"),
]

NOT_PUBLIC_IPV6 = [
    *("::", "::1", "::2", "::7f00:1", "::127.0.0.1", "::8.8.8.8"),
    *("64:ff9b:1::", "64:ff9b:1::8.8.8.8", "64:ff9b:1:7f00:0:100::", "64:ff9b:2::1", "100::1", "1fff::1"),
    *("2001::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:1::1", "2001:2::1", "2001:3::1"),
    *("2001:4:112::1", "2001:10::1", "2001:20::1", "2001:1ff:ffff::1", "2001:db8::", "2001:db8:ffff::1"),
    *("2002::", "2002:7f00:1::", "2002:a00:1::1", "2002:808:808::1", "2002:ffff:ffff::"),
    *("3fff::", "3fff:fff:ffff::1", "4000::1", "5f00::1", "8000::1", "fc00::1", "fd00:ec2::254"),
    *("fdff:ffff::1", "fe00::1", "fe80::1", "febf::1", "fec0::1", "feff::1", "ff00::", "ff02::1", "ff0e::1"),
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
]


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_is_public(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize("text", NOT_PUBLIC_IPV4 + NOT_PUBLIC_IPV6)
def test_a_special_address_is_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", NOT_PUBLIC_IPV4)
@pytest.mark.parametrize("prefix", ["::ffff:", "64:ff9b::", "::", "64:ff9b:1::"])
def test_a_special_address_within_an_ipv6_address_is_not_public(prefix: str, text: str) -> None:
    assert not is_public(ip_address(prefix + text))


@pytest.mark.parametrize("text", ["2606:4700::1111%eth0", "fe80::1%1", "::1%lo", "::ffff:8.8.8.8%1"])
def test_an_address_with_a_zone_is_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", ["", "example.com", "127.1", "0x7f.0.0.1", "2130706433", "010.0.0.1"])
def test_a_name_or_an_odd_spelling_is_no_address(text: str) -> None:
    assert read_address(text) is None
