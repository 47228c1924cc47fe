"""Internet addresses, read and compared in one form whoever writes them."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
MAPPED_PREFIX = 96


def read_address(text: str) -> Address | None:
    """Return the address, an IPv4-mapped one (RFC 4291, 2.5.5.2) as IPv4; None for any other text."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return address if isinstance(address, IPv4Address) else address.ipv4_mapped or address


def read_network(text: str) -> Network:
    """Return the network, an IPv4-mapped one as IPv4; raise `ValueError`, its message for the operator."""
    network = ip_network(text)
    if isinstance(network, IPv6Network) and network.prefixlen >= MAPPED_PREFIX:
        mapped = network.network_address.ipv4_mapped
        return network if mapped is None else IPv4Network((mapped, network.prefixlen - MAPPED_PREFIX))
    return network


def holder_of(address: Address) -> bytes:
    """Return what one client holds: its IPv4 address, or its IPv6 /64, any address of which it may take."""
    return address.packed[:8]
