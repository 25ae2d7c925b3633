"""Lines of each typed header field: of every one those that stand in the section which defines it, and others as sound.

The first of each is a seed of the fuzzer; `tests/sip/message/test_field_table.py` reads them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

EXAMPLES: Final[Mapping[str, tuple[str, ...]]] = {
    "accept": ("application/sdp;level=1, application/x-private, text/html", "", "*/*", "text/*;q=0.5"),
    "accept-encoding": ("gzip", "", "*;q=0"),
    "accept-language": ("da, en-gb;q=0.8, en;q=0.7", "", "*"),
    "alert-info": ("<http://www.example.com/sounds/moo.wav>",),
    "allow": ("INVITE, ACK, OPTIONS, CANCEL, BYE", ""),
    "authentication-info": (
        'nextnonce="47364c23432d2e131a5fb210812c"',
        'qop=auth, rspauth="6f", cnonce="0a", nc=00000001',
    ),
    "authorization": (
        'Digest username="Alice", realm="atlanta.com", nonce="84a4cc6f3082121f32b42a2187831a9e", '
        'response="7587245234b3434cc3412213e5f113a5432"',
        "Bearer eyJh.eyJh.sig-_",
    ),
    "call-id": (
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf6@biloxi.com",
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf6@192.0.2.4",
    ),
    "call-info": (
        "<http://wwww.example.com/alice/photo.jpg> ;purpose=icon, <http://www.example.com/alice/> ;purpose=info",
    ),
    "contact": (
        '"Mr. Watson" <sip:watson@worcester.bell-telephone.com> ;q=0.7; expires=3600, '
        '"Mr. Watson" <mailto:watson@bell-telephone.com> ;q=0.1',
        "<sips:bob@192.0.2.4>;expires=60",
        "*",
    ),
    "content-disposition": ("session", "icon;handling=optional"),
    "content-encoding": ("gzip", "tar"),
    "content-language": ("fr", "de-1996, mi"),
    "content-length": ("349", "173"),
    "content-type": ("application/sdp", "text/html; charset=ISO-8859-4", 'multipart/mixed;boundary="a b"'),
    "cseq": ("4711 INVITE",),
    "date": ("Sat, 13 Nov 2010 23:29:00 GMT",),
    "error-info": ("<sip:not-in-service-recording@atlanta.com>",),
    "expires": ("5",),
    "from": (
        '"A. G. Bell" <sip:agb@bell-telephone.com> ;tag=a48s',
        "sip:+12125551212@server.phone2net.com;tag=887s",
        "Anonymous <sip:c8oqz84zk7z@privacy.org>;tag=hyh8",
    ),
    "in-reply-to": ("70710@saturn.bell-tel.com, 17320@saturn.bell-tel.com",),
    "max-forwards": ("6",),
    "min-expires": ("60",),
    "mime-version": ("1.0",),
    "organization": ("Boxes by Bob", ""),
    "priority": ("emergency", "non-urgent"),
    "proxy-authenticate": (
        'Digest realm="atlanta.com", domain="sip:ss1.carrier.com", qop="auth", '
        'nonce="f84f1cec41e6cbe5aea9c8e88d359", opaque="", stale=FALSE, algorithm=MD5',
    ),
    "proxy-authorization": (
        'Digest username="Alice", realm="atlanta.com", nonce="c60f3082ee1212b402a21831ae", '
        'response="245f23415f11432b3434341c022"',
    ),
    "proxy-require": ("foo",),
    "record-route": ("<sip:server10.biloxi.com;lr>, <sip:bigbox3.site3.atlanta.com;lr>",),
    "reply-to": ("Bob <sip:bob@biloxi.com>",),
    "require": ("100rel",),
    "retry-after": ("18000;duration=3600", "120 (I'm in a meeting)", "5 (a (b (c)))"),
    "route": ("<sip:bigbox3.site3.atlanta.com;lr>, <sip:server10.biloxi.com;lr>",),
    "server": ("HomeServer v2", "a/1.0 (b (c)) d"),
    "subject": ("Need more boxes", "Tech Support", "A tornado is heading our way!"),
    "supported": ("100rel", ""),
    "timestamp": ("54", "54.21 0.5", "54. .5"),
    "to": ("The Operator <sip:operator@cs.columbia.edu>;tag=287447", "sip:+12125551212@server.phone2net.com"),
    "unsupported": ("foo",),
    "user-agent": ("Softphone Beta1.5",),
    "via": (
        "SIP/2.0/UDP erlang.bell-telephone.com:5060;branch=z9hG4bK87asdks7",
        "SIP/2.0/UDP 192.0.2.1:5060 ;received=192.0.2.207 ;branch=z9hG4bK77asjd",
        "SIP / 2.0 / UDP first.example.com: 4000;ttl=16 ;maddr=224.2.0.1 ;branch=z9hG4bKa7c6a8dlze.1",
    ),
    "warning": (
        "307 isi.edu \"Session parameter 'foo' not understood\"",
        "301 isi.edu \"Incompatible network address type 'E.164'\"",
        '399 [2001:db8::1]:5060 "a, \\"b\\""',
    ),
    "www-authenticate": (
        'Digest realm="atlanta.com", domain="sip:boxesbybob.com", qop="auth", '
        'nonce="f84f1cec41e6cbe5aea9c8e88d359", opaque="", stale=FALSE, algorithm=MD5',
    ),
    "rseq": ("988789",),
    "rack": ("776656 1 INVITE",),
    "privacy": ("id", "header;user;critical", "header ; session"),
    "p-asserted-identity": ('"Cullen Jennings" <sip:fluffy@cisco.com>, tel:+14085264000',),
    "reason": (
        'SIP ;cause=200 ;text="Call completed elsewhere"',
        'Q.850 ;cause=16 ;text="Terminated"',
        'SIP ;cause=600 ;text="Busy Everywhere", Q.850;cause=17',
    ),
    "path": ("<sip:P3.EXAMPLEHOME.COM;lr>,<sip:P1.EXAMPLEVISITED.COM;lr>",),
    "refer-to": (
        "sip:alice@atlanta.example.com",
        "<sip:dave@denver.example.org?Replaces=12345%40192.168.118.3%3Bto-tag%3D12345%3Bfrom-tag%3D5FFE-3994>",
        "<sip:carol@cleveland.example.org;method=SUBSCRIBE>",
        "http://www.ietf.org",
    ),
    "service-route": ("<sip:P2.HOME.EXAMPLE.COM;lr>,<sip:HSP.HOME.EXAMPLE.COM;lr>",),
    "replaces": (
        "98732@sip.example.com ;from-tag=r33th4x0r ;to-tag=ff87ff",
        "12adf2f34456gs5;to-tag=12345;from-tag=54321;early-only",
    ),
    "referred-by": ('sip:referror@referror.example ;cid="20398823.2UWQFN309shb3@referror.example"',),
    "sip-etag": ("dx200xyz",),
    "sip-if-match": ("dx200xyz",),
    "session-expires": ("4000", "4000;refresher=uac", "90 ; Refresher = UAS;x=y"),
    "min-se": ("3600", "60;x=y"),
    "refer-sub": ("false", "true", "False;x=y"),
    "max-breadth": ("69",),
    "flow-timer": ("126",),
    "event": ("presence", "foo; id=1234", "presence.winfo;x=y"),
    "allow-events": ("presence, presence.winfo",),
    "subscription-state": (
        "active;expires=3600",
        "terminated;reason=deactivated",
        "pending",
        "terminated;retry-after=5",
    ),
    "identity": (
        "eyJhbGciOiJFUzI1NiJ9.eyJvcmlnIjp7fX0.rq3pjT1hoRwakEGjHCnWSwUnshd0-zJ6F1VOg;info=<https://biloxi.example.org/biloxi.cert>;alg=ES256",
        '..rq3p/jT1+ ; info = <https://biloxi.example.org/biloxi.cert> ; ppt="shaken"',
    ),
}
