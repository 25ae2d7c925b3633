"""Where a server may send and connect to: what a peer, a user or the list on chain names may be in its own network.

Whoever has a server connect to where they like reaches what only it can reach: services on its machine, in its rack
or in its cloud. So addresses that are not of the public Internet are refused, unless the operator allows their
network or the server is listed in it. An address is judged where it is used, after names were resolved: a name that
leads elsewhere from one moment to the next (DNS rebinding) gains nothing. A connection that a peer opened is not
judged, nor an answer to where a datagram came from.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final

from telsdk.errors import TelError

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MAX_JUDGED: Final = 4_096
"""Addresses whose judgement is remembered: about 1 MB."""

# By the special-purpose address registries of IANA (RFC 6890). What no server has is refused whatever is allowed.
_NEVER: Final = tuple(
    (ipaddress.ip_network(network), what)
    for network, what in (
        ("0.0.0.0/8", "an unspecified address"),  # RFC 1122 3.2.1.3
        ("224.0.0.0/4", "a multicast address"),  # RFC 5771
        ("240.0.0.0/4", "a reserved or broadcast address"),  # RFC 1112 section 4, RFC 919
        ("::/128", "an unspecified address"),  # RFC 4291 2.5.2
        ("ff00::/8", "a multicast address"),  # RFC 4291 2.7
    )
)
_NOT_PUBLIC: Final = tuple(
    (ipaddress.ip_network(network), what)
    for network, what in (
        ("127.0.0.0/8", "a loopback address"),  # RFC 1122 3.2.1.3
        ("10.0.0.0/8", "a private address"),  # RFC 1918
        ("172.16.0.0/12", "a private address"),
        ("192.168.0.0/16", "a private address"),
        ("100.64.0.0/10", "an address behind a carrier's NAT"),  # RFC 6598
        ("169.254.0.0/16", "a link-local address"),  # RFC 3927; clouds tell their secrets at one
        ("192.0.0.0/24", "an address of the protocols themselves"),  # RFC 6890
        ("192.0.2.0/24", "an address for examples"),  # RFC 5737
        ("198.51.100.0/24", "an address for examples"),
        ("203.0.113.0/24", "an address for examples"),
        ("192.88.99.0/24", "a 6to4 relay"),  # RFC 7526
        ("198.18.0.0/15", "an address for benchmarks"),  # RFC 2544
        ("::1/128", "a loopback address"),  # RFC 4291 2.5.3
        ("64:ff9b:1::/48", "a local address of NAT64"),  # RFC 8215
        ("100::/64", "an address for what is thrown away"),  # RFC 6666
        ("2001::/23", "an address of the protocols themselves"),  # RFC 2928, Teredo among it (RFC 4380)
        ("2001:db8::/32", "an address for examples"),  # RFC 3849
        ("3fff::/20", "an address for examples"),  # RFC 9637
        ("5f00::/16", "an address of segment routing"),  # RFC 9602
        ("fc00::/7", "a private address"),  # RFC 4193
        ("fe80::/10", "a link-local address"),  # RFC 4291 2.5.6
        ("fec0::/10", "a site-local address"),  # RFC 3879
    )
)
_EMBEDS_AT_END: Final = tuple(
    ipaddress.IPv6Network(network)
    for network in ("::ffff:0:0/96", "::/96", "64:ff9b::/96")  # RFC 4291 2.5.5, RFC 6052
)
_6TO4: Final = ipaddress.IPv6Network("2002::/16")  # RFC 3056
_LOOPBACK: Final = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


class EgressRefused(TelError):
    """An address is in a network that this server is not to reach."""


class EgressPolicy:
    """The judgement of one server.

    Args:
        allowed: networks that are reached though they are not public.
        listed_at: the host at which the list on chain has this server. Where that is an address that is not public,
            only its own network can use the list, and is allowed: all of loopback, a /24 of IPv4 or a /64 of IPv6.
    """

    def __init__(self, allowed: Iterable[Network] = (), listed_at: str | None = None) -> None:
        self._allowed = (*allowed, *_own_networks(listed_at))
        self._judged: dict[str, str] = {}  # why not; empty where nothing speaks against it

    def refusal(self, host: str) -> str | None:
        """Return why nothing is sent to the IP address `host`; None if it may be."""
        reason = self._judged.get(host)
        if reason is None:
            if len(self._judged) >= MAX_JUDGED:
                self._judged.clear()
            reason = self._judged[host] = self._judge(host)
        return reason or None

    def _judge(self, host: str) -> str:
        address = _address(host)
        if address is None:
            return f"{host!r} is no IP address"
        meant = _embedded(address)
        for network, what in _NEVER:
            if meant in network:
                return f"{host} is {what}: nothing is sent there"
        for network, what in _NOT_PUBLIC:
            if meant in network and not any(meant in one or address in one for one in self._allowed):
                return f"{host} is {what}: its network has to be allowed (--allow-network)"
        return ""


def _own_networks(host: str | None) -> tuple[Network, ...]:
    address = None if host is None else _address(host)
    if address is None:
        return ()
    if any(address in network for network in _LOOPBACK):
        return _LOOPBACK
    if any(address in network for network, _ in _NOT_PUBLIC):
        return (ipaddress.ip_network(f"{address}/{24 if address.version == 4 else 64}", strict=False),)
    return ()


def _address(host: str) -> IPAddress | None:
    """Return the address, without the zone of a link-local one."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _embedded(address: IPAddress) -> IPAddress:
    """Return the IPv4 address that one of IPv6 stands for; any other as it is."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if int(address) > 1 and any(address in network for network in _EMBEDS_AT_END):
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    if address in _6TO4:
        return ipaddress.IPv4Address((int(address) >> 80) & 0xFFFF_FFFF)
    return address


ANYWHERE: Final = EgressPolicy((ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")))
"""What suits a user's own device, in whose network other devices of theirs are."""
