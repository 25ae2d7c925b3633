"""Strategies and samples of what the message layer reads and writes."""

from __future__ import annotations

import string

from hypothesis import strategies as st

from telsdk.sip.message import Headers, NameAddr, Request, Response, Uri, Via, grammar
from telsdk.sip.message.core_fields import CSeq

INVITE = (
    b"INVITE sip:5551234@telprotocol SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK74b43;rport\r\n"
    b"Via: SIP/2.0/TLS alice.example.com:5061;branch=z9hG4bKnashds8;received=192.0.2.101\r\n"
    b"Max-Forwards: 69\r\n"
    b"Record-Route: <sip:192.0.2.1;lr>\r\n"
    b'From: "Alice" <sip:5550001@telprotocol>;tag=9fxced76sl\r\n'
    b"To: <sip:5551234@telprotocol>\r\n"
    b"Call-ID: 3848276298220188511@alice.example.com\r\n"
    b"CSeq: 1 INVITE\r\n"
    b"Contact: <sip:5550001@192.0.2.101:5061;transport=tls>\r\n"
    b"Content-Type: application/sdp\r\n"
    b"Content-Length: 4\r\n"
    b"\r\n"
    b"v=0\n"
)
"""A sound request, to be spoilt."""

RINGING = (
    b"SIP/2.0 180 Ringing\r\n"
    b"v: SIP/2.0/TCP 192.0.2.4;branch=z9hG4bK776asdhds\r\n"
    b"t: <sip:5551234@telprotocol>;tag=a6c85cf\r\n"
    b"f: <sip:5550001@telprotocol>;tag=1928301774\r\n"
    b"i: a84b4c76e66710\r\n"
    b"CSeq: 314159 INVITE\r\n"
    b"l: 0\r\n"
    b"\r\n"
)

tokens = st.text(string.ascii_letters + string.digits + "-.!%*_+`'~", min_size=1, max_size=12)
labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?", fullmatch=True)
names = st.builds(".".join, st.lists(labels, max_size=2).map(lambda found: [*found, "example"]))
hosts = names | st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).map(lambda address: address.compressed)
ports = st.none() | st.integers(1, 65535)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20)
users = texts.filter(bool).map(grammar.escape_user).map(grammar.normalise_escapes)
quoted = texts.map(grammar.quote)


def _distinct(pairs: list[tuple[str, str | None]]) -> tuple[tuple[str, str | None], ...]:
    return tuple({name.lower(): value for name, value in pairs}.items())


_paramchars = st.text(string.ascii_letters + string.digits + "[]/:&+$-_.!~*'()", min_size=1, max_size=8)
uri_params = st.lists(st.tuples(_paramchars, st.none() | _paramchars), max_size=3).map(_distinct)
params = st.lists(st.tuples(tokens, st.none() | tokens | quoted), max_size=3).map(_distinct)

sip_uris = st.builds(
    Uri,
    scheme=st.sampled_from(["sip", "sips"]),
    user=st.none() | users,
    host=hosts,
    port=ports,
    params=uri_params,
    headers=st.sampled_from(["", "subject=x", "a=%20&b="]),
)
other_uris = st.builds(
    Uri, scheme=st.sampled_from(["tel", "urn", "http"]), user=st.none(), host=_paramchars.map("x".__add__)
)
uris = sip_uris | other_uris
addresses = st.builds(NameAddr, uri=uris, display=st.none() | texts, params=params)
vias = st.builds(
    Via,
    transport=st.sampled_from(["UDP", "TCP", "TLS", "WS", "WSS", "SCTP"]),
    host=hosts,
    port=ports,
    params=params,
)
cseqs = st.builds(CSeq, st.integers(0, 2**31 - 1), tokens)


@st.composite
def messages(draw: st.DrawFn) -> Request | Response:
    """Sound messages of any shape."""
    headers = Headers(
        [
            *(("Via", str(via)) for via in draw(st.lists(vias, min_size=1, max_size=3))),
            ("From", str(draw(addresses))),
            ("To", str(draw(addresses))),
            ("Call-ID", draw(tokens)),
        ]
    )
    for contact in draw(st.lists(addresses, max_size=3)):
        headers.add("m", str(contact))
    for name, value in draw(
        st.lists(st.tuples(tokens.map("X-".__add__), texts.filter(str.isprintable)), max_size=3)
    ):
        headers.add(name, value.strip())
    body = draw(st.binary(max_size=40))
    cseq = draw(cseqs)
    headers.add("CSeq", str(cseq))
    if draw(st.booleans()):
        uri = draw(uris.filter(lambda uri: not uri.headers))
        return Request(cseq.method, uri, headers, body)
    status = draw(st.integers(100, 699))
    return Response(status, draw(texts.filter(str.isprintable)), headers, body)
