"""Find the hop that a SIP URI names. Addresses come from the list on the chain, not from DNS (so not RFC 3263).

Which key has to answer there is never looked up by address over all lists: anybody may list any address, with a key of
their own. It is, in this order: the pin in the URI, which a UC holds against the caller token; the pin that the chain
lists at the *place* that the URI names (`PLACE_PARAM`: a hub, and a node of its list); else none, and TLS then accepts
no key but one that an authority vouches for.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final, Protocol, TypeVar

from telsdk.sip.errors import SipError
from telsdk.sip.hop import TRANSPORTS, Hop
from telsdk.sip.message import Uri

PIN_PARAM = "pin"
"""The URI parameter of a UC's Contact that says which key answers there.

A UC compares it with the key of the caller token. A node that has to reach the Contact has nothing else to go by."""

PLACE_PARAM: Final = "tel-node"
"""The URI parameter by which a node's address in a redirect or a Record-Route says whose it is: hub, dot, index."""

_MAX_LISTS: Final = 64
"""Hubs whose nodes are remembered by address; 200 bytes a node."""

_place = re.compile(r"(0|[1-9][0-9]{0,17})\.(0|[1-9][0-9]{0,17})").fullmatch


class NoRoute(SipError):
    """A URI names no place that we can send to."""


class Listed(Protocol):
    """A server in the list on the chain: a hub or a node."""

    @property
    def uri(self) -> str: ...

    @property
    def pins(self) -> tuple[bytes, ...]: ...


class ListedNode(Listed, Protocol):
    """A node in the list of a hub."""

    @property
    def hub(self) -> int: ...

    @property
    def index(self) -> int: ...

    @property
    def active(self) -> bool: ...


NodeT = TypeVar("NodeT", bound=ListedNode)

FindNode = Callable[[int, int], ListedNode | None]
"""Returns the node at a place, hub and index; None when the chain lists none there."""


def pin_text(pin: bytes) -> str:
    """Return a pin as the URI parameter has it: base64url without padding."""
    return base64.urlsafe_b64encode(pin).decode().rstrip("=")


def hop_of(uri: Uri, pins: Iterable[bytes] | None = None) -> Hop:
    """Return the hop that `uri` names. `pins`, or the pin in the URI, say which key must answer there.

    Raises:
        NoRoute: it is not a SIP URI, its transport is unknown, its host is a name that a browser made up, or its pin
            is malformed.
    """
    transport = uri.transport.upper()
    if uri.scheme not in ("sip", "sips") or transport not in TRANSPORTS:
        raise NoRoute(f"{uri} cannot be reached: a sip URI over udp, tcp, tls, ws or wss is needed")
    if uri.host.endswith(".invalid"):  # RFC 2606; RFC 7118 section 5.2.1
        raise NoRoute(f"{uri} can be reached by its own connection alone, and that is gone or unknown")
    keys = frozenset(_pin_of(uri) if pins is None else pins)
    return Hop(transport, uri.host, uri.port or TRANSPORTS[transport].port, pins=keys)


def hop_to(server: Listed) -> Hop:
    """Return the hop to a listed server, over TLS: over nothing else does it prove that its key is the listed one.

    Raises:
        NoRoute: the listed URI cannot be used, or is none over TLS.
    """
    try:
        uri = Uri.parse(server.uri)
    except SipError as error:
        raise NoRoute(
            f"the listed address {server.uri!r} is malformed: its operator has to mend it"
        ) from error
    hop = hop_of(uri, server.pins)
    if not hop.secure or not hop.pins:
        raise NoRoute(
            f"{server.uri!r} is listed without {'transport=tls' if hop.pins else 'a key'}, so nobody there could be "
            "known by a key: its operator has to list it anew"
        )
    return hop


def place_text(hub: int, index: int) -> str:
    """Return a place as the URI parameter has it."""
    return f"{hub}.{index}"


def at_place(uri: Uri, node: ListedNode) -> Uri:
    """Return `uri`, an address of `node`, so that it says whose it is."""
    return uri.with_params(**{PLACE_PARAM: place_text(node.hub, node.index)})


def named_node(nodes: tuple[NodeT, ...], uri: Uri) -> NodeT | None:
    """Return the node of one hub's list that `uri` names; None when it names none.

    The place says which it is, and the address has to be the listed one. Without a place it is the active node at that
    address; where the hub lists several there, the one that it listed last, since an operator who lists an address
    anew means the newer key.

    Args:
        nodes: each at its index.
    """
    try:
        wanted, place = hop_of(uri, ()), _place_of(uri)
    except NoRoute:
        return None
    if place is None:
        at = _by_address(nodes).get((wanted.transport, wanted.host, wanted.port))
        return None if at is None else nodes[at]
    hub, index = place
    found = nodes[index] if index < len(nodes) else None
    return found if found is not None and found.hub == hub and is_at(found, wanted) else None


_Address = tuple[str, str, int]
_addresses: dict[
    int, tuple[tuple[ListedNode, ...], dict[_Address, int]]
] = {}  # by identity, with what keeps that


def _by_address(nodes: tuple[ListedNode, ...]) -> dict[_Address, int]:
    """Return where in a list the active node at an address is. Lists may be long, and change seldom."""
    known = _addresses.get(id(nodes))
    if known is None:
        if len(_addresses) >= _MAX_LISTS:
            _addresses.clear()
        found: dict[_Address, int] = {}
        for at, node in enumerate(nodes):
            if node.active:
                with suppress(NoRoute):
                    hop = hop_to(node)
                    found[hop.transport, hop.host, hop.port] = at
        known = _addresses[id(nodes)] = (nodes, found)
    return known[1]


def way_to(uri: Uri, find_node: FindNode) -> Hop:
    """Return the hop to what a Route or Contact within a call names, with the key that has to answer there.

    Raises:
        NoRoute: as for `hop_of`; or the URI names a place where the chain lists another address, or none.
    """
    place = _place_of(uri)
    if place is None or uri.has(PIN_PARAM):
        return hop_of(uri)
    node = find_node(*place)
    if node is None or not is_at(node, hop_of(uri, ())):
        raise NoRoute(f"{uri} is not where the chain lists node {place[1]} of hub {place[0]}")
    return hop_to(node)


def node_named(uri: Uri, find_node: FindNode) -> ListedNode | None:
    """Return the node whose address `uri` is, at the place in the list that it names; None when that is nobody's."""
    try:
        place = _place_of(uri)
        node = None if place is None else find_node(*place)
        return node if node is not None and is_at(node, hop_of(uri, ())) else None
    except NoRoute:
        return None


def is_listed(uri: Uri, find_node: FindNode) -> bool:
    """Return whether `uri` is the address of a node, at the place in the list that it names."""
    return node_named(uri, find_node) is not None


def is_at(node: ListedNode, wanted: Hop) -> bool:
    """Return whether the list has `node` at the transport, host and port of `wanted`."""
    try:
        hop = hop_to(node)
    except NoRoute:
        return False
    return (hop.transport, hop.host, hop.port) == (wanted.transport, wanted.host, wanted.port)


def _place_of(uri: Uri) -> tuple[int, int] | None:
    text = uri.param(PLACE_PARAM)
    if text is None:
        return None
    match = _place(text)
    if match is None:
        raise NoRoute(f"{text[:40]!r} is no place in a list: a hub, a dot and an index are needed")
    return int(match[1]), int(match[2])


def _pin_of(uri: Uri) -> tuple[bytes, ...]:
    text = uri.param(PIN_PARAM)
    if text is None:
        return ()
    try:
        pin = base64.b64decode(text + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoRoute(f"{text!r} is not a key pin") from error
    if len(pin) != 32:
        raise NoRoute(f"{text!r} is not a key pin: 32 bytes are needed")
    return (pin,)
