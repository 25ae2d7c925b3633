"""What RFC 3261 section 18 asks of every element, whatever socket it has: Via, and where a response goes."""

from __future__ import annotations

from collections.abc import Callable

from telsdk.sip.headers import Via
from telsdk.sip.hop import DEFAULT_PORTS, Hop
from telsdk.sip.message import Request

MAGIC = "z9hG4bK"  # 8.1.1.7: a branch that starts so is unique


def receive_via(request: Request, source: Hop) -> Via:
    """Note in the top Via where the request really came from (18.2.1, RFC 3581 4); returns that Via."""
    via = request.via
    wants_port = via.has("rport")
    if not wants_port and via.host == source.host:
        return via
    via = via.with_param("received", source.host)
    if wants_port:
        via = via.with_param("rport", str(source.port))
    request.headers.replace_first("Via", str(via))
    return via


def reply_hop(via: Via, source: Hop) -> Hop:
    """Where responses to a request with this (stamped) top Via go (18.2.2, RFC 3581 4).

    A `maddr` is not followed: whoever asks would choose who is flooded.
    """
    if source.reliable or via.rport is not None:
        return source
    port = via.port if via.port is not None else DEFAULT_PORTS["UDP"]
    return Hop(source.transport, source.host, port, source.flow)


def server_key(request: Request, via: Via) -> tuple[object, ...]:
    """What makes two requests the same (17.2.3). ACK has the key of its INVITE; CANCEL but for the method."""
    method = "INVITE" if request.method == "ACK" else request.method
    branch = via.branch
    if branch is not None and branch.startswith(MAGIC) and len(branch) > len(MAGIC):
        return (branch, via.host, via.port, method)
    # RFC 2543 clients: no two requests of one Call-ID, CSeq, From tag and URI by the same way are different.
    cseq = request.cseq.number
    return (str(request.uri), request.call_id, cseq, request.from_tag, branch, via.host, via.port, method)


def push_via(request: Request, hop: Hop, sent_by: Callable[[str], tuple[str, int]], token: str) -> str:
    """Put our Via on top of a request that leaves for `hop` (18.1.1); returns its branch."""
    host, port = sent_by(hop.transport)
    branch = MAGIC + token
    host = f"[{host}]" if ":" in host and not host.startswith("[") else host
    rport = "" if hop.reliable else ";rport"
    request.headers.insert("Via", f"SIP/2.0/{hop.transport} {host}:{port}{rport};branch={branch}")
    return branch
