"""Proxies of others between phones and a node: the connections that come here are theirs, and not the phones'.

A proxy closes a connection that is idle, or is restarted, and opens another. So a phone that registered by a Path is
bound to the proxy (RFC 3327 section 5.3) and not to the connection that its REGISTER came by. The proxy is known by its
host and the port where it takes connections, as its Path names it, and on requests its Via. The host has to be the one
that it comes from, or a Path would let everybody who may register have us send to whom they like.
"""

from __future__ import annotations

from telsdk.net.route import NoRoute, hop_of
from telsdk.sip.hop import TRANSPORTS, Hop
from telsdk.sip.message import Request, Uri
from telsdk.sip.server import Binding


def edge_of(binding: Binding) -> Hop | None:
    """Return the proxy that a binding leads by; None without one, or if its Path names a host it did not come from."""
    return edge_at(binding.path[0].uri, binding.hop) if binding.path else None


def edge_at(uri: Uri, source: Hop) -> Hop | None:
    """Return the proxy that calls itself `uri` in a Path or Record-Route; None if it sends from another host."""
    try:
        hop = hop_of(uri)
    except NoRoute:
        return None
    return hop if (hop.transport, hop.host) == (source.transport, source.host) else None


def sending_edge(request: Request, source: Hop) -> Hop:
    """Return the proxy that a request comes from, if it comes from one. Only its port is taken from what it says."""
    return Hop(source.transport, source.host, request.via.port or TRANSPORTS[source.transport].port)
