"""The messages that benchmarks/parse.py reads: INVITEs of 1,000 bytes, no two of them of one call."""

from __future__ import annotations

from typing import Final

_SDP: Final = (
    "v=0\r\no=- {n} 2 IN IP4 198.51.100.17\r\ns=-\r\nc=IN IP4 198.51.100.17\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
    "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
)
_INVITE: Final = (
    "INVITE sip:{callee}@example.com SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 192.0.2.33:5070;rport;branch=z9hG4bK{n:x}.7f3a9d\r\n"
    "Via: SIP/2.0/TCP 198.51.100.17:{port};branch=z9hG4bK{n:x}c0ffee;received=198.51.100.17\r\n"
    "Max-Forwards: 69\r\n"
    "Route: <sip:203.0.113.5:5060;lr>\r\n"
    "Record-Route: <sip:192.0.2.33:5070;lr>\r\n"
    'From: "Alice Example" <sip:{caller}@example.com>;tag={n:x}ab12cd34\r\n'
    "To: <sip:{callee}@example.com>\r\n"
    "Call-ID: {n:x}-3848276298220188511@198.51.100.17\r\n"
    "CSeq: 1 INVITE\r\n"
    "Contact: <sip:{caller}@198.51.100.17:{port};transport=tcp>\r\n"
    "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, MESSAGE, INFO, UPDATE\r\n"
    "Supported: replaces, timer, outbound, path, 100rel, norefersub\r\n"
    "User-Agent: a telephone of some make and model/4.2\r\n"
    "Session-Expires: 18000\r\n"
    "Content-Type: application/sdp\r\n"
    "Content-Length: {length}\r\n\r\n{body}"
)


def invite(n: int) -> bytes:
    """The `n`-th call: tags, branches, Call-ID, users and ports are its own."""
    values = {"n": 10_000_000 + n, "port": 20_000 + n, "caller": 5_550_000 + n, "callee": 7_770_000 + n}
    body = _SDP.format(**values)
    return _INVITE.format(**values, length=len(body), body=body).encode()
