"""Find the hop that a SIP URI names. Addresses come from the list on the chain, not from DNS (so not RFC 3263)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Protocol, TypeVar

from telsdk.sip.errors import SipError
from telsdk.sip.hop import TRANSPORTS, Hop
from telsdk.sip.message import Uri

PIN_PARAM = "pin"
"""The URI parameter of a UC's Contact that says which key answers there.

A UC compares it with the key of the caller token. A node that has to reach the Contact has nothing else to go by."""


class NoRoute(SipError):
    """A URI names no place that we can send to."""


class Listed(Protocol):
    """A server in the list on the chain: a hub or a node."""

    @property
    def uri(self) -> str: ...

    @property
    def pins(self) -> tuple[bytes, ...]: ...


ListedT = TypeVar("ListedT", bound=Listed)


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


def find(servers: Iterable[ListedT], uri: Uri) -> ListedT | None:
    """Return the listed server that has the transport, host and port of `uri`; None when there is none."""
    try:
        wanted = hop_of(uri, ())
    except NoRoute:
        return None
    return find_at(servers, wanted)


def find_at(servers: Iterable[ListedT], wanted: Hop) -> ListedT | None:
    """Return the listed server that has the transport, host and port of `wanted`; None when there is none."""
    for server in servers:
        try:
            hop = hop_to(server)
        except NoRoute:
            continue
        if (hop.transport, hop.host, hop.port) == (wanted.transport, wanted.host, wanted.port):
            return server
    return None


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
