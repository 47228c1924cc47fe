"""Which addresses are public: everyone's to reach, and no way into a network of ours.

Python's own `is_global` is not asked: 3.11 calls `::127.0.0.1`, `fec0::1` and multicast global.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

# IANA's IPv4 Special-Purpose Address Registry (RFC 6890), and what is no address of one host.
NOT_PUBLIC_IPV4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network (RFC 791)
            "10.0.0.0/8",  # private (RFC 1918)
            "100.64.0.0/10",  # shared by the customers of a carrier (RFC 6598)
            "127.0.0.0/8",  # loopback (RFC 1122)
            "168.63.129.16/32",  # a cloud's own services for its machines, though registered as public
            "169.254.0.0/16",  # link-local, and the metadata of clouds (RFC 3927)
            "172.16.0.0/12",  # private (RFC 1918)
            "192.0.0.0/24",  # protocol assignments (RFC 6890)
            "192.0.2.0/24",  # documentation (RFC 5737)
            "192.88.99.0/24",  # the way to 6to4, deprecated (RFC 7526)
            "192.168.0.0/16",  # private (RFC 1918)
            "198.18.0.0/15",  # benchmarking (RFC 2544)
            "198.51.100.0/24",  # documentation (RFC 5737)
            "203.0.113.0/24",  # documentation (RFC 5737)
            "224.0.0.0/4",  # multicast (RFC 5771)
            "240.0.0.0/4",  # reserved, and broadcast (RFC 1112, RFC 919)
        ),
    )
)

# All that is assigned to hosts (RFC 4291, section 2.4), and so neither loopback, link-local, site-local,
# unique local (RFC 4193), multicast, IPv4-compatible nor NAT64 of a network's own (RFC 8215).
GLOBAL_UNICAST = IPv6Network("2000::/3")
# IANA's IPv6 Special-Purpose Address Registry (RFC 6890), as far as it is within that.
NOT_PUBLIC_IPV6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments (RFC 2928); Teredo, ORCHID and benchmarking among them
            "2001:db8::/32",  # documentation (RFC 3849)
            "2002::/16",  # 6to4: an IPv4 address behind a relay, whichever it is (RFC 3056)
            "3fff::/20",  # documentation (RFC 9637)
        ),
    )
)
# Each holds an IPv4 address in its last 32 bits, which is the one that is reached.
IPV4_WITHIN = (
    IPv6Network("::ffff:0:0/96"),  # IPv4-mapped (RFC 4291, section 2.5.5.2)
    IPv6Network("64:ff9b::/96"),  # NAT64, which networks without IPv4 need (RFC 6052, section 2.1)
)


def is_public(address: Address) -> bool:
    """Tell whether an address is public; one with a zone (RFC 4007, section 11) never is."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in NOT_PUBLIC_IPV4)
    if address.scope_id is not None:
        return False
    if any(address in network for network in IPV4_WITHIN):
        return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
    return address in GLOBAL_UNICAST and not any(address in network for network in NOT_PUBLIC_IPV6)


def read_address(text: str) -> Address | None:
    """Read an address as it is written in a URL's host without brackets; None for a name."""
    try:
        return ip_address(text)
    except ValueError:
        return None
