"""Writes the first seeds of the corpus: messages of our own making, a few for each target."""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.invites import invite  # noqa: E402
from fuzz.fieldexamples import EXAMPLES  # noqa: E402
from telsdk.sip.message.field_table import FIELDS  # noqa: E402

CORPUS = ROOT / "fuzz/corpus"

ANSWER = (
    b"SIP/2.0 200 OK\r\nv: SIP/2.0/WSS [2001:db8::1]:8443;branch=z9hG4bK1;rport=9\r\n"
    b'f: "A \\"b\\"" <sips:a@b>;tag=1\r\nt: sip:c@d;tag=2\r\ni: x@y\r\nCSeq: 2 BYE\r\n'
    b"Subject: folded\r\n  line\r\nl: 2\r\n\r\nhi"
)
BYE = (
    b"BYE sip:a@h SIP/2.0\r\nv:SIP/2.0/TCP h;branch=z9hG4bK2\r\nf:<sip:a@b>;tag=1\r\nt:<sip:c@d>\r\ni:x\r\n"
    b"CSeq:3 BYE\r\nl:0\r\n\r\n"
)
VALUES = {
    "via": b"SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport, SIP/2.0 / TLS [::1] : 5061;received=::2",
    "contact": b'"A, B" <sip:a%41@h:1?x=y>;q=0.5;expires=60, <sips:c@d>;+sip.instance="<urn:uuid:0>"',
    "cseq": b"2147483647 INVITE",
    "warning": b'399 telsdk "text"',
    "retry-after": b"18 (busy);duration=3",
    "date": b"Sat, 13 Nov 2010 23:29:00 GMT",
    "route": b"<sip:h;lr>, <sip:[::1]:5060;transport=tcp;lr>",
}
URIS = (
    b"sip:alice:pw@h.example:5061;transport=tcp;maddr=192.0.2.1?subject=a%20b&priority=urgent",
    b"tel:+1-201-555-0123",
    b"<sips:%00%61@[2001:db8::1]>;tag=x",
)
SDP = invite(0).partition(b"\r\n\r\n")[2]
PROGRAMS = (
    bytes(range(60)),
    b"\x01" + bytes((1, 0, 0, 0, 1, 3, 3, 0, 2) * 6),
    b"\x00" + bytes((0, 0, 0, 2, 2, 0, 4, 0, 5) * 6),
)


MESSAGE = (
    b'MESSAGE sip:b@192.0.2.11;lr SIP/2.0\r\nVia:\r\nv :SIP / 2.0/UDP h;x="\xe9,";branch=z9hG4bK1;rport, nonsense\r\n'
    b'f:"\xe9"<sip:a@b>;tag="\xe9"\r\nTo: <sip:c@d>\r\n \r\ni:c\r\nCSeq: 1 MESSAGE\r\nRoute: <sip:192.0.2.11;lr>,\r\n'
    b" <sips:e@f?a=b>\r\nDate: x\r\nServer: a\r\nServer: b\r\nl: 002\r\n\r\nhi"
)
REFUSED = (
    b"BYE sip:a@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK2;received=192.0.2.1\r\nFrom: <sip:a@b>;tag\r\n"
    b'To: <sip:c@d>;tag=""\r\nt: <sip:e@f>\r\nCall-ID: \xe9\r\nCSeq: 3 BYE\r\n\r\n'
)

RELAYED = (
    bytes([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0, 3, 0, 0]),
    bytes([0, 1, 1, 0, 1, 0, 0, 2, 0, 1, 0, 3, 0, 0, 3, 2, 0, 0, 2, 0, 0, 0, 0, 6]),
)


def seeds() -> dict[str, list[bytes]]:
    """By target."""
    keys = sorted(FIELDS)
    examples = [(key, EXAMPLES[key][0].encode()) for key in keys]
    return {
        "message": [invite(0), ANSWER, invite(1).replace(b"Content-Length", b"l"), MESSAGE, REFUSED],
        "stream": [b"\x05\x11" + BYE + b"\r\n\r\n" + BYE, b"\x01\x20" + BYE + ANSWER + b"\r\n\r\n"],
        "sdp": [
            SDP,
            SDP.replace(b"\r\n", b"\n") + b"a=fingerprint:sha-256 " + b":".join([b"0A"] * 32) + b"\n",
        ],
        "uri": list(URIS),
        "fields": [bytes([keys.index(key)]) + value for key, value in [*VALUES.items(), *examples]],
        "transactions": list(PROGRAMS),
        "edits": list(PROGRAMS),
        "relays": [*PROGRAMS, *RELAYED],
    }


def main() -> None:
    for target, inputs in seeds().items():
        folder = CORPUS / target
        folder.mkdir(parents=True, exist_ok=True)
        for data in inputs:
            (folder / f"seed-{sha256(data).hexdigest()[:12]}").write_bytes(data)


if __name__ == "__main__":
    main()
