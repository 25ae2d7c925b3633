"""What RFC 3261 section 18 asks of every element, whatever socket it has: Via, and where a response goes."""

from __future__ import annotations

from dataclasses import replace

from telsdk.sip.errors import SipParseError
from telsdk.sip.hop import TRANSPORTS, Hop
from telsdk.sip.message import Request, Response, Via

MAX_UDP_REQUEST = 1_300
"""Bytes from which a request goes by TCP rather than UDP where the path MTU is not known (18.1.1)."""

MAX_DATAGRAM = 65_507
"""Bytes that fit into one datagram over IPv4; over IPv6 there is room for 20 more."""

MAGIC = "z9hG4bK"  # 8.1.1.7: a branch that starts so is unique


def receive_via(request: Request, source: Hop) -> Via:
    """Note in the top Via where the request really came from (18.2.1, RFC 3581 4); return that Via as it came."""
    host = source.host
    if "%" in host:
        # The zone of a link-local address means something here alone (RFC 4007).
        host = host.partition("%")[0]
    return request.stamp_via(host, source.port)


def branch_of(response: Response) -> str | None:
    """Return the branch in the top Via of a response: what tells whose answer it is (17.1.3). None where it has none.

    Nothing else in that Via is looked at: if the branch is one of ours, the rest is what we wrote.
    """
    headers = response.headers
    line = headers.raw[headers.shape.first["via"]]
    start = line.find(";branch=") + 8
    comma = line.find(",")
    if comma > start >= 8:
        line = line[:comma]  # of the other values nothing is wanted
    if start < 8 or -1 < comma < start or '"' in line or "\r" in line:
        try:
            return response.via.branch
        except SipParseError:
            return None
    end = line.find(";", start)
    return (line[start:] if end < 0 else line[start:end]).strip(" \t")


def reply_hop(via: Via, source: Hop) -> Hop:
    """Return where responses to a request with this top Via go (18.2.2, RFC 3581 4).

    A `maddr` is not followed: whoever asks would choose who is flooded.
    """
    if source.transport != "UDP":
        return source
    port = via.port if via.port is not None else TRANSPORTS["UDP"].port
    if port == source.port or via.has("rport"):
        return source
    return Hop(source.transport, source.host, port, source.flow)


def server_key(request: Request, via: Via) -> tuple[object, ...]:
    """Return what makes two requests the same (17.2.3). ACK has the key of its INVITE; CANCEL but for the method."""
    method = "INVITE" if request.method == "ACK" else request.method
    branch = via.branch
    if branch is not None and branch[:7] == MAGIC and len(branch) > 7:
        return (branch, via.host, via.port, method)
    # RFC 2543 clients: no two requests of one Call-ID, CSeq, From tag and URI by the same way are different.
    cseq = request.cseq.number
    return (str(request.uri), request.call_id, cseq, request.from_tag, branch, via.host, via.port, method)


def push_via(request: Request, via: str) -> None:
    """Put our Via on top of a request that leaves (18.1.1)."""
    headers = request.headers
    headers.insert_line(headers.shape.first.get("via", 0), "via", f"Via: {via}")


def instead_of_udp(hop: Hop, size: int) -> Hop | None:
    """Return the hop by TCP for a request of `size` bytes, too large for UDP (18.1.1); None if it may go as it is.

    Not where datagrams came from: a phone behind NAT is reached by its flow and by nothing else (RFC 5626 5.3).
    """
    if hop.transport != "UDP" or size <= MAX_UDP_REQUEST or hop.is_source:
        return None
    return replace(hop, transport="TCP")
