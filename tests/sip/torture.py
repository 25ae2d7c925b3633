"""What the 49 messages of RFC 4475 are about, each as a message of our own, under the RFC's name for it.

Each has the one trait (or the many) for which the RFC has its message, told in the comment, and is otherwise as plain
as can be. What becomes of them is in `tests.sip.message.test_torture`, `tests.sip.test_torture_answers` and
`tests.node.test_node_torture`.
"""

from __future__ import annotations

from typing import Final

SDP: Final = (
    b"v=0\r\no=ada 17 17 IN IP4 192.0.2.30\r\ns=-\r\nc=IN IP4 192.0.2.30\r\nt=0 0\r\n"
    b"m=audio 40000 RTP/AVP 0 8\r\n"
)
OTHER_SDP: Final = SDP + b"m=video 40002 RTP/AVP 31\r\na=rtpmap:31 H261/90000\r\n"
TYPE: Final = "Content-Type: application/sdp"


def _message(*lines: str | bytes, body: bytes = b"") -> bytes:
    """Put lines together; ``{size}`` in one stands for the number of octets in the body."""
    octets = [line if isinstance(line, bytes) else line.encode() for line in lines]
    return b"\r\n".join([*octets, b"", body]).replace(b"{size}", b"%d" % len(body))


_second = _message(
    "INVITE sip:eve@biloxi.example SIP/2.0",
    "t: sip:eve@biloxi.example",
    "From: sip:ada@atlanta.example;tag=second",
    "Max-Forwards: 9",
    "Call-ID: dblreq.2@192.0.2.30",
    "CSeq: 2 INVITE",
    "Via: SIP/2.0/UDP 192.0.2.30;branch=z9hG4bKtwo",
    TYPE,
    "Content-Length: {size}",
    body=SDP,
)

DOUBLE_TAIL: Final = b"\r\n" + _second
"""What follows the first request of dblreq in its packet."""

TORTURE: Final[dict[str, bytes]] = {
    # 3.1.1.1: all that may be folded, spaced and spelt otherwise is, and half of it means nothing.
    "wsinv": _message(
        "INVITE sip:grace@bureau.biloxi.example;strange SIP/2.0",
        "tO :",
        "\t sip:grace@bureau.biloxi.example ;   tag    = 77001n",
        'fRoM   : "A Lovelace \\\\\\""       <sip:ada@atlanta.example>',
        "  ;",
        "  tag = 3kd9",
        "mAX-fORWARDS: 0068",
        "Call-ID: wsinv.1843@192.0.2.30",
        "Content-Length   : {size}",
        "cSEQ: 0009",
        "  INVITE",
        "Via  : SIP  /   2.0",
        " /UDP",
        "    192.0.2.31;branch=old7",
        "s :",
        "Unheard-Of:   a value",
        " that goes on",
        "Unheard-Of-And-Odd: ;;,,;;,;",
        TYPE,
        "Route:",
        " <sip:desk.biloxi.example;lr;odd=value;odd-and-bare>",
        "v:  SIP  / 2.0  / TCP     loom.atlanta.example   ;",
        "  branch  =   z9hG4bKweave  ,",
        " SIP  /    2.0   / UDP  192.168.77.7   ; branch=",
        " z9hG4bKwarp",
        'm:"Said \\"\\"" <sip:ada@atlanta.example> ; fresh =',
        "      thing ;",
        "  other ; q = 0.25",
        body=OTHER_SDP,
    ),
    # 3.1.1.2: every character that a token, a user, a word and a quoted string may have, and none besides.
    "intmeth": _message(
        "~'%`+_*.!ODD-method-0987654321 "
        "sip:u_1.~(shall-we!dance)&isn't+it$/odd?,/;;*:&pw=1,too!*dear$~_.(isn't-it)@biloxi.example SIP/2.0",
        "Via: SIP/2.0/TCP host7.atlanta.example;branch=z9hG4bK~'`+_*%.!-7",
        b'To: "BEL:\\\x07 NUL:\\\x00 DEL:\\\x7f" <sip:u_1.~(shall-we!dance)&isn\'t+it$/odd?,/;;*@biloxi.example>',
        "From: one~` two'+_ three*%!.- <sip:plain@atlanta.example>"
        ";anyParam''~+*_!.-%=\"привет\";tag=_t~0'+`*%!-.",
        "Call-ID: intmeth.w%Qq-!.*_+'@w`~)(><:\\/\"][?}{",
        "CSeq: 8001 ~'%`+_*.!ODD-method-0987654321",
        "Max-Forwards: 255",
        b"anyHeader-!.%*+_`'~:\xef\xbb\xbf\xe9\x9b\xbb\xe8\xa9\xb1",
        "Content-Length: 0",
    ),
    # 3.1.1.3: escapes that mean themselves, in users, parameters and their names.
    "esc01": _message(
        "INVITE sip:sips%3Agrace%40biloxi.example@gate.example SIP/2.0",
        "To: sip:%67race@biloxi.example",
        "From: <sip:A%20da%20L@atlanta.example>;tag=11",
        "Max-Forwards: 87",
        "i: esc01.77",
        "CSeq: 31 INVITE",
        "Via: SIP/2.0/UDP host8.atlanta.example;branch=z9hG4bKesc1",
        "C: application/sdp",
        "Contact:",
        "  <sip:%61da@host8.atlanta.example;%6C%72;%6Eame=v%61lue%25%34%31>",
        "Content-Length: {size}",
        body=SDP,
    ),
    # 3.1.1.4: an escaped NUL is a user like any other.
    "escnull": _message(
        "REGISTER sip:biloxi.example SIP/2.0",
        "To: sip:nil-%00-nil@biloxi.example",
        "From: sip:nil-%00-nil@biloxi.example;tag=12",
        "Max-Forwards: 70",
        "Call-ID: escnull.78",
        "CSeq: 32 REGISTER",
        "Via: SIP/2.0/UDP host8.biloxi.example;branch=z9hG4bKnil",
        "Contact: <sip:%00@host8.biloxi.example>",
        "Contact: <sip:%00%00@host8.biloxi.example>",
        "L:0",
    ),
    # 3.1.1.5: a % where nothing is escaped is a %.
    "esc02": _message(
        "RE%47IST%45R sip:office.biloxi.example SIP/2.0",
        'To: "%Q%45" <sip:thing@biloxi.example>',
        'From: "%Q%45" <sip:thing@biloxi.example>;tag=13',
        "Call-ID: esc02.79",
        "Via: SIP/2.0/TCP host9.biloxi.example;branch=z9hG4bK8%qz1",
        "CSeq: 33 RE%47IST%45R",
        "Max-Forwards: 70",
        "Contact: <sip:one@host1.biloxi.example>",
        "C%6Fntact: <sip:two@host2.biloxi.example>",
        "Contact: <sip:three@host3.biloxi.example>",
        "l: 0",
    ),
    # 3.1.1.6: no blank between display name and <.
    "lwsdisp": _message(
        "OPTIONS sip:grace@biloxi.example SIP/2.0",
        "To: sip:grace@biloxi.example",
        "From: ada<sip:ada@atlanta.example>;tag=14",
        "Max-Forwards: 70",
        "Call-ID: lwsdisp.80@host.atlanta.example",
        "CSeq: 34 OPTIONS",
        "Via: SIP/2.0/UDP host.atlanta.example;branch=z9hG4bKlws",
        "l: 0",
    ),
    # 3.1.1.7: long values everywhere, and 34 Vias in every spelling.
    "longreq": _message(
        "INVITE sip:grace@biloxi.example SIP/2.0",
        f'To: "{"a very " * 12}long name"<sip:grace@biloxi.example:6000;p1={"long" * 12}'
        f";{'long' * 12}name=shortvalue;very{'long' * 12}=last>",
        f"F: sip:{'lovelace' * 14}@atlanta.example;tag={'29' * 60};odd{'long' * 20}name={'long' * 20}value;alone",
        f"Call-ID: longreq.one{'really' * 20}longcallid",
        "CSeq: 3882 INVITE",
        f"Odd-{'Long' * 20}-Name: odd-{'long' * 20}-value; odd-{'long' * 20}-name = odd-{'long' * 20}-value",
        *(
            f"{name}: SIP/2.0/TCP relay{number}.example"
            for number, name in enumerate(
                ["Via", "v", "V", "Via", "ViA", "VIa", "VIA", "via", "viA", "vIa", "vIA"]
                + ["V ", "v ", "V  ", "v  ", "Via ", "Via  "]
                + ["Via"] * 16
            )
        ),
        f"Via: SIP/2.0/TCP host.example;received=192.0.2.30;branch={'very' + 'long' * 40}branchvalue",
        "Max-Forwards: 70",
        f"Contact: <sip:{'lovelace' * 14}@host5.atlanta.example>",
        TYPE,
        "l: {size}",
        body=SDP,
    ),
    # 3.1.1.8: two requests in one packet.
    "dblreq": _message(
        "REGISTER sip:biloxi.example SIP/2.0",
        "To: sip:grace@biloxi.example",
        "From: sip:grace@biloxi.example;tag=first",
        "Max-Forwards: 8",
        "I: dblreq.1",
        "Contact: sip:grace@host.biloxi.example",
        "CSeq: 1 REGISTER",
        "Via: SIP/2.0/UDP 192.0.2.125;branch=z9hG4bKone",
        "Content-Length: 0",
        body=DOUBLE_TAIL,
    ),
    # 3.1.1.9: parameters and an escaped @ in the user part are the user.
    "semiuri": _message(
        "OPTIONS sip:grace;room=7%40hopper.example@biloxi.example SIP/2.0",
        "To: sip:g_hopper@biloxi.example",
        "From: sip:ada@atlanta.example;tag=15",
        "Max-Forwards: 3",
        "Call-ID: semiuri.82",
        "CSeq: 36 OPTIONS",
        "Accept: application/sdp, application/pkcs7-mime,",
        "        multipart/mixed, multipart/signed,",
        "        message/sip, message/sipfrag",
        "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKsemi",
        "l: 0",
    ),
    # 3.1.1.10: transports that nobody here speaks, below the topmost Via.
    "transports": _message(
        "OPTIONS sip:grace@biloxi.example SIP/2.0",
        "To: sip:grace@biloxi.example",
        "From: <sip:ada@atlanta.example>;tag=16",
        "Max-Forwards: 70",
        "Call-ID:  transports.83",
        "Accept: application/sdp",
        "CSeq: 37 OPTIONS",
        *(
            f"Via: SIP/2.0/{transport} t{number}.example;branch=z9hG4bKt{number}"
            for number, transport in enumerate(["UDP", "SCTP", "TLS", "PIGEON", "TCP"])
        ),
        "l: 0",
    ),
    # 3.1.1.11: parts of which one is binary, by bare line feeds in its boundary lines' neighbourhood.
    "mpart01": _message(
        "MESSAGE sip:grace@biloxi.example SIP/2.0",
        "Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK-part--1;rport",
        "Max-Forwards: 70",
        "Route: <sip:127.0.0.1:5080>",
        "Contact: <sip:ada@127.0.0.1:5070>",
        "To: <sip:grace@biloxi.example>",
        "From: <sip:ada@atlanta.example>;tag=17",
        "Call-ID: mpart01.84@YWRh..",
        "CSeq: 1 MESSAGE",
        "Content-Transfer-Encoding: binary",
        "Content-Type: multipart/mixed;boundary=between",
        "Date: Thu, 10 Dec 2015 08:15:00 GMT",
        "User-Agent: loom/1.0 (cards)",
        "Content-Length: {size}",
        body=b"--between\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\n\r\nHello\r\n"
        b"--between\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        + bytes(range(256))
        + b"\n\r\n\n\xff\xfe\r\n--between--",
    ),
    # 3.1.1.12: a reason phrase of UTF-8 and punctuation.
    "unreason": _message(
        "SIP/2.0 200 = 2**3 * 5**2 двести, и не больше",
        "Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bKdvesti",
        "Call-ID: unreason.85",
        "CSeq: 38 INVITE",
        "From: sip:ada@atlanta.example;tag=18",
        "To: sip:grace@biloxi.example;tag=81",
        "Content-Length: {size}",
        TYPE,
        "Contact: <sip:grace@host198.biloxi.example>",
        body=SDP,
    ),
    # 3.1.1.13: no reason phrase, and its blank.
    "noreason": _message(
        "SIP/2.0 100 ",
        "Via: SIP/2.0/UDP 192.0.2.105;branch=z9hG4bKmute",
        "Call-ID: noreason.86",
        "CSeq: 39 INVITE",
        "From: <sip:ada@atlanta.example>;tag=19",
        "To: <sip:grace@biloxi.example>;tag=91",
        "Content-Length: 0",
        "Contact: <sip:grace@host105.biloxi.example>",
    ),
    # 3.1.2.1: separators without parameters.
    "badinv01": _message(
        "INVITE sip:grace@biloxi.example SIP/2.0",
        "To: sip:g.hopper@biloxi.example",
        "From: sip:ada@atlanta.example;tag=20",
        "Max-Forwards: 7",
        "Call-ID: badinv01.87",
        "CSeq: 40 INVITE",
        "Via: SIP/2.0/UDP 192.0.2.15;;,;,,",
        'Contact: "Ada" <sip:ada@atlanta.example>;;;;',
        "Content-Length: {size}",
        TYPE,
        body=SDP,
    ),
    # 3.1.2.2: more body announced than there is.
    "clerr": _message(
        "INVITE sip:grace@biloxi.example SIP/2.0",
        "Max-Forwards: 80",
        "To: sip:g.hopper@biloxi.example",
        "From: sip:ada@atlanta.example;tag=21",
        "Contact: <sip:ada@hungry.atlanta.example>",
        "Call-ID: clerr.88",
        "CSeq: 41 INVITE",
        "Via: SIP/2.0/UDP host5.atlanta.example;branch=z9hG4bK-hungry",
        TYPE,
        "Content-Length: 9999",
        body=SDP,
    ),
    # 3.1.2.3: less than no body.
    "ncl": _message(
        "INVITE sip:grace@biloxi.example SIP/2.0",
        "Max-Forwards: 254",
        "To: sip:g.hopper@biloxi.example",
        "From: sip:ada@atlanta.example;tag=22",
        "Call-ID: ncl.89",
        "CSeq: 0 INVITE",
        "Via: SIP/2.0/UDP 192.0.2.53;branch=z9hG4bKless",
        "Contact: <sip:ada@host53.atlanta.example>",
        TYPE,
        "Content-Length: -999",
        body=SDP,
    ),
    # 3.1.2.4: numbers beyond their fields, in a request.
    "scalar02": _message(
        "REGISTER sip:biloxi.example SIP/2.0",
        "Via: SIP/2.0/TCP host129.biloxi.example;branch=z9hG4bKhuge",
        "To: <sip:grace@biloxi.example>",
        "From: <sip:grace@biloxi.example>;tag=23",
        f"CSeq: {2**65} REGISTER",
        "Call-ID: scalar02.90",
        "Max-Forwards: 300",
        f"Expires: 1{'0' * 100}",
        "Contact: <sip:grace@host129.biloxi.example>",
        f"  ;expires={2**48 + 1}",
        "Content-Length: 0",
    ),
    # 3.1.2.5: and in a response.
    "scalarlg": _message(
        "SIP/2.0 503 Service Unavailable",
        "Via: SIP/2.0/TCP host129.atlanta.example;branch=z9hG4bKhuger;received=192.0.2.129",
        "To: <sip:grace@biloxi.example>",
        "From: <sip:ada@atlanta.example>;tag=24",
        f"CSeq: {2**73 + 5} OPTIONS",
        "Call-ID: scalarlg.91",
        f"Retry-After: {2**89 + 7}",
        'Warning: 1812 overture "With cannon"',
        "Content-Length: 0",
    ),
    # 3.1.2.6: a quote that never ends.
    "quotbal": _message(
        "INVITE sip:grace@biloxi.example SIP/2.0",
        'To: "Admiral G. Hopper <sip:g.hopper@biloxi.example>',
        "From: sip:ada@atlanta.example;tag=25",
        "Max-Forwards: 10",
        "Call-ID: quotbal.92",
        "Contact: <sip:ada@host59.atlanta.example>",
        "CSeq: 42 INVITE",
        "Via: SIP/2.0/UDP 192.0.2.59:5050;branch=z9hG4bKopen",
        TYPE,
        "Content-Length: {size}",
        body=SDP,
    ),
    # 3.1.2.7: a Request-URI in <>.
    "ltgtruri": _message(
        "INVITE <sip:grace@biloxi.example> SIP/2.0",
        "To: sip:grace@biloxi.example",
        "From: sip:ada@atlanta.example;tag=26",
        "Max-Forwards: 23",
        "Call-ID: ltgtruri.93@192.0.2.5",
        "CSeq: 1 INVITE",
        "Via: SIP/2.0/UDP 192.0.2.5",
        "Contact: <sip:ada@host5.atlanta.example>",
        TYPE,
        "Content-Length: {size}",
        body=SDP,
    ),
    # 3.1.2.8: a blank within the Request-URI.
    "lwsruri": _message(
        "INVITE sip:grace@biloxi.example; lr SIP/2.0",
        "To: sip:grace@biloxi.example;tag=72",
        "From: sip:ada@atlanta.example;tag=27",
        "Max-Forwards: 5",
        "Call-ID: lwsruri.94",
        f"CSeq: {0x7F000000} INVITE",
        "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKgap",
        "Contact: <sip:ada@host1.atlanta.example>",
        TYPE,
        "Content-Length: {size}",
        body=SDP,
    ),
    # 3.1.2.9: two blanks between the parts of the start line.
    "lwsstart": _message(
        "INVITE  sip:grace@biloxi.example  SIP/2.0",
        "Max-Forwards: 8",
        "To: sip:grace@biloxi.example",
        "From: sip:ada@atlanta.example;tag=28",
        "Call-ID: lwsstart.95@atlanta.example",
        "CSeq: 43 INVITE",
        "Via: SIP/2.0/UDP host1.atlanta.example;branch=z9hG4bKtwice",
        "Contact: <sip:ada@host1.atlanta.example>",
        TYPE,
        "Content-Length: {size}",
        body=SDP,
    ),
    # 3.1.2.10: blanks behind the start line.
    "trws": _message(
        "OPTIONS sip:far-end@biloxi.example SIP/2.0  ",
        "Via: SIP/2.0/TCP host1.atlanta.example;branch=z9hG4bKtrail",
        "To: <sip:far-end@biloxi.example>",
        "From: <sip:near-end@atlanta.example>;tag=29",
        "Call-ID: trws.96",
        "Accept: application/sdp",
        "CSeq: 44 OPTIONS",
        "Max-Forwards: 70",
        "Content-Length: 0",
    ),
    # 3.1.2.11: header fields in a Request-URI.
    "escruri": _message(
        "INVITE sip:grace@biloxi.example?Route=%3Csip:biloxi.example%3E SIP/2.0",
        "To: sip:grace@biloxi.example",
        "From: sip:ada@atlanta.example;tag=30",
        "Max-Forwards: 7",
        "Contact: <sip:ada@host39.atlanta.example>",
        "Call-ID: escruri.97",
        "CSeq: 45 INVITE",
        "Via: SIP/2.0/UDP host-of-all-hosts.atlanta.example;branch=z9hG4bKask",
        TYPE,
        "Content-Length: {size}",
        body=SDP,
    ),
    # 3.1.2.12: a date in another zone than GMT.
    "baddate": _message(
        "INVITE sip:grace@biloxi.example SIP/2.0",
        "To: sip:grace@biloxi.example",
        "From: sip:ada@atlanta.example;tag=31",
        "Max-Forwards: 70",
        "Call-ID: baddate.98",
        "CSeq: 46 INVITE",
        "Via: SIP/2.0/UDP host.atlanta.example;branch=z9hG4bKlate",
        "Date: Thu, 10 Dec 2015 09:15:00 CET",
        "Contact: <sip:ada@host5.atlanta.example>",
        TYPE,
        "Content-Length: {size}",
        body=SDP,
    ),
    # 3.1.2.13: a Contact whose URI has header fields, outside <>.
    "regbadct": _message(
        "REGISTER sip:biloxi.example SIP/2.0",
        "To: sip:grace@biloxi.example",
        "From: sip:grace@biloxi.example;tag=32",
        "Max-Forwards: 70",
        "Call-ID: regbadct.99@192.0.2.1",
        "CSeq: 47 REGISTER",
        "Via: SIP/2.0/UDP 198.51.100.13:5060;branch=z9hG4bKbare",
        "Contact: sip:grace@biloxi.example?Route=%3Csip:sip.biloxi.example%3E",
        "l: 0",
    ),
    # 3.1.2.14: blanks within <>.
    "badaspec": _message(
        "OPTIONS sip:grace@biloxi.example SIP/2.0",
        "Via: SIP/2.0/UDP host4.atlanta.example:5060;branch=z9hG4bKloose",
        "Max-Forwards: 70",
        'From: "Lovelace, Ada" <sip:a.lovelace@atlanta.example>;tag=33',
        'To: "Hopper, Grace" < sip:g.hopper@biloxi.example >',
        "Call-ID: badaspec.100",
        "Accept: application/sdp",
        "CSeq: 48 OPTIONS",
        "l: 0",
    ),
    # 3.1.2.15: a display name with a comma and without quotes, and no blank line at the end.
    "baddn": _message(
        "OPTIONS sip:g.hopper@biloxi.example SIP/2.0",
        "Via:     SIP/2.0/UDP c.atlanta.example:5060;branch=z9hG4bKcomma",
        "Max-Forwards:      70",
        "From:    Lovelace, Ada <sip:a.lovelace@atlanta.example>;tag=34",
        "To:      Hopper, Grace <sip:g.hopper@biloxi.example>",
        "Call-ID: baddn.101@c.atlanta.example",
        "Accept: application/sdp",
        "CSeq:    49 OPTIONS",
        "l: 0",
    ).removesuffix(b"\r\n"),
    # 3.1.2.16: a version to come.
    "badvers": _message(
        "OPTIONS sip:g.hopper@biloxi.example SIP/7.0",
        "Via:     SIP/7.0/UDP c.atlanta.example;branch=z9hG4bKseven",
        "Max-Forwards:     70",
        "From:    A. Lovelace <sip:a.lovelace@atlanta.example>;tag=35",
        "To:      G. Hopper <sip:g.hopper@biloxi.example>",
        "Call-ID: badvers.102@c.atlanta.example",
        "CSeq:    1 OPTIONS",
        "l: 0",
    ),
    # 3.1.2.17: two names for one method, both known.
    "mismatch01": _message(
        "OPTIONS sip:grace@biloxi.example SIP/2.0",
        "To: sip:g.hopper@biloxi.example",
        "From: sip:ada@atlanta.example;tag=36",
        "Max-Forwards: 6",
        "Call-ID: mismatch01.103",
        "CSeq: 8 INVITE",
        "Via: SIP/2.0/UDP host.atlanta.example;branch=z9hG4bKtwo1",
        "l: 0",
    ),
    # 3.1.2.18: and one of them unknown.
    "mismatch02": _message(
        "UNHEARDOF sip:grace@biloxi.example SIP/2.0",
        "To: sip:g.hopper@biloxi.example",
        "From: sip:ada@atlanta.example;tag=37",
        "Max-Forwards: 6",
        "Call-ID: mismatch02.104",
        "CSeq: 8 INVITE",
        "Contact: <sip:ada@host.atlanta.example>",
        "Via: SIP/2.0/UDP host.atlanta.example;branch=z9hG4bKtwo2",
        TYPE,
        "l: {size}",
        body=SDP,
    ),
    # 3.1.2.19: a status beyond what a status is.
    "bigcode": _message(
        f"SIP/2.0 {2**32 + 5} more than you can count",
        "Via: SIP/2.0/UDP 192.0.2.105;branch=z9hG4bKbig",
        "Call-ID: bigcode.105",
        "CSeq: 50 INVITE",
        "From: <sip:ada@atlanta.example>;tag=38",
        "To: <sip:grace@biloxi.example>;tag=83",
        "Content-Length: 0",
        "Contact: <sip:grace@host105.biloxi.example>",
    ),
    # 3.2.1: a branch that is the cookie and nothing else.
    "badbranch": _message(
        "OPTIONS sip:grace@biloxi.example SIP/2.0",
        "To: sip:grace@biloxi.example",
        "From: sip:ada@atlanta.example;tag=39",
        "Max-Forwards: 3",
        "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK",
        "Accept: application/sdp",
        "Call-ID: badbranch.106",
        "CSeq: 8 OPTIONS",
        "l: 0",
    ),
    # 3.3.1: From, To, Call-ID and Max-Forwards are missing.
    "insuf": _message(
        "INVITE sip:grace@biloxi.example SIP/2.0",
        "CSeq: 51 INVITE",
        "Via: SIP/2.0/UDP 192.0.2.95;branch=z9hG4bKfew",
        TYPE,
        "l: {size}",
        body=SDP,
    ),
    # 3.3.2: a scheme that nobody knows.
    "unkscm": _message(
        "OPTIONS unheardOfScheme:allofitopaque SIP/2.0",
        "To: sip:grace@biloxi.example",
        "From: sip:ada@atlanta.example;tag=40",
        "Max-Forwards: 3",
        "Call-ID: unkscm.107",
        "CSeq: 52 OPTIONS",
        "Via: SIP/2.0/TCP host9.atlanta.example;branch=z9hG4bKscm1",
        "Content-Length: 0",
    ),
    # 3.3.3: a scheme that others speak.
    "novelsc": _message(
        "OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0",
        "To: sip:grace@biloxi.example",
        "From: sip:ada@atlanta.example;tag=41",
        "Max-Forwards: 3",
        "Call-ID: novelsc.108",
        "CSeq: 53 OPTIONS",
        "Via: SIP/2.0/TCP host9.atlanta.example;branch=z9hG4bKscm2",
        "Content-Length: 0",
    ),
    # 3.3.4: To, From and Contact are of schemes that nobody calls.
    "unksm2": _message(
        "REGISTER sip:biloxi.example SIP/2.0",
        "To: isbn:0132350882",
        "From: <http://www.atlanta.example>;tag=42",
        "Call-ID: unksm2.109@hyphen-host.atlanta.example",
        "CSeq: 54 REGISTER",
        "Max-Forwards: 70",
        "Via: SIP/2.0/UDP 192.0.2.21:5060;branch=z9hG4bKscm3",
        "Contact: <name:Ada_Lovelace>",
        "l: 0",
    ),
    # 3.3.5: extensions that nobody has.
    "bext01": _message(
        "OPTIONS sip:grace@biloxi.example SIP/2.0",
        "To: sip:g_hopper@biloxi.example",
        "From: sip:ada@atlanta.example;tag=43",
        "Max-Forwards: 6",
        "Call-ID: bext01.110",
        "Require: noAgentHasThis, noAgentHasThisEither",
        "Proxy-Require: noProxyHasThis, noProxyHasThisEither",
        "CSeq: 8 OPTIONS",
        "Via: SIP/2.0/TLS staple.atlanta.example;branch=z9hG4bKext",
        "Content-Length: 0",
    ),
    # 3.3.6: a body of a type that nobody reads.
    "invut": _message(
        "INVITE sip:grace@biloxi.example SIP/2.0",
        "Contact: <sip:ada@host5.atlanta.example>",
        "To: sip:g.hopper@biloxi.example",
        "From: sip:ada@atlanta.example;tag=44",
        "Max-Forwards: 70",
        "Call-ID: invut.111",
        "CSeq: 55 INVITE",
        "Via: SIP/2.0/UDP host.atlanta.example;branch=z9hG4bKtype",
        "Content-Type: application/unheard-of",
        "Content-Length: {size}",
        body=b"<sound>\r\n <card holes='7'/>\r\n</sound>",
    ),
    # 3.3.7: credentials of a scheme that nobody knows.
    "regaut01": _message(
        "REGISTER sip:biloxi.example SIP/2.0",
        "To: sip:g.hopper@biloxi.example",
        "From: sip:g.hopper@biloxi.example;tag=45",
        "Max-Forwards: 8",
        "Call-ID: regaut01.112",
        "CSeq: 56 REGISTER",
        "Via: SIP/2.0/TCP 192.0.2.253;branch=z9hG4bKauth",
        "Authorization: UnheardOfScheme opaque-data=here",
        "Content-Length:0",
    ),
    # 3.3.8: fields twice that can be there once.
    "multi01": _message(
        "INVITE sip:grace@biloxi.example SIP/2.0",
        "Contact: <sip:ada@host25.atlanta.example>",
        "Via: SIP/2.0/UDP 192.0.2.25;branch=z9hG4bKtwin",
        "Max-Forwards: 70",
        "CSeq: 5 INVITE",
        "Call-ID: multi01.113@192.0.2.1",
        "CSeq: 59 INVITE",
        "Call-ID: multi01.113@192.0.2.2",
        "From: sip:ada@atlanta.example;tag=46",
        "To: sip:grace@biloxi.example",
        "To: sip:other@biloxi.example",
        "From: sip:ada@other.example;tag=64",
        TYPE,
        "l: {size}",
        "Contact: <sip:ada@host36.atlanta.example>",
        "Max-Forwards: 5",
        body=SDP,
    ),
    # 3.3.9: two lengths.
    "mcl01": _message(
        "OPTIONS sip:grace@biloxi.example SIP/2.0",
        "Via: SIP/2.0/UDP host5.atlanta.example;branch=z9hG4bKtwolengths",
        "To: sip:grace@biloxi.example",
        "From: sip:ada@atlanta.example;tag=47",
        "Call-ID: mcl01.114",
        "CSeq: 57 OPTIONS",
        "Content-Length: 13",
        "Max-Forwards: 60",
        "Content-Length: 5",
        "Content-Type: text/plain",
        body=b"Five or thirteen octets of this, and nobody can say which.\r\n",
    ),
    # 3.3.10: a response with a second Via, to everybody on the network.
    "bcast": _message(
        "SIP/2.0 200 OK",
        "Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bKall1",
        "Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bKall2",
        "Call-ID: bcast.115",
        "CSeq: 58 INVITE",
        "From: sip:ada@atlanta.example;tag=48",
        "To: sip:grace@biloxi.example;tag=84",
        "Content-Length: {size}",
        TYPE,
        "Contact: <sip:grace@host28.biloxi.example>",
        body=SDP,
    ),
    # 3.3.11: no hop is left.
    "zeromf": _message(
        "OPTIONS sip:grace@biloxi.example SIP/2.0",
        "To: sip:grace@biloxi.example",
        "From: sip:ada@atlanta.example;tag=49",
        "Call-ID: zeromf.116",
        "CSeq: 59 OPTIONS",
        "Via: SIP/2.0/UDP host1.atlanta.example;branch=z9hG4bKnone",
        "Max-Forwards: 0",
        "Content-Length: 0",
    ),
    # 3.3.12: a parameter of the field.
    "cparam01": _message(
        "REGISTER sip:biloxi.example SIP/2.0",
        "Via: SIP/2.0/UDP saturn.biloxi.example:5060;branch=z9hG4bKpar1",
        "Max-Forwards: 70",
        "From: sip:grace@biloxi.example;tag=50",
        "To: sip:grace@biloxi.example",
        "Call-ID: cparam01.117@saturn.biloxi.example",
        "CSeq: 2 REGISTER",
        "Contact: sip:+12125550123@gate.example;oddparam",
        "l: 0",
    ),
    # 3.3.13: a parameter of the URI.
    "cparam02": _message(
        "REGISTER sip:biloxi.example SIP/2.0",
        "Via: SIP/2.0/UDP saturn.biloxi.example:5060;branch=z9hG4bKpar2",
        "Max-Forwards: 70",
        "From: sip:grace@biloxi.example;tag=51",
        "To: sip:grace@biloxi.example",
        "Call-ID: cparam02.117@saturn.biloxi.example",
        "CSeq: 3 REGISTER",
        "Contact: <sip:+12125550123@gate.example;oddparam>",
        "l: 0",
    ),
    # 3.3.14: header fields in a Contact's URI.
    "regescrt": _message(
        "REGISTER sip:biloxi.example SIP/2.0",
        "To: sip:grace@biloxi.example",
        "From: sip:grace@biloxi.example;tag=52",
        "Max-Forwards: 70",
        "Call-ID: regescrt.118@192.0.2.1",
        "CSeq: 60 REGISTER",
        "Via: SIP/2.0/UDP host5.biloxi.example;branch=z9hG4bKroute",
        "M: <sip:grace@biloxi.example?Route=%3Csip:sip.biloxi.example%3E>",
        "L:0",
    ),
    # 3.3.15: an offer from somebody who would take no answer to it.
    "sdp01": _message(
        "INVITE sip:grace@biloxi.example SIP/2.0",
        "To: sip:g_hopper@biloxi.example",
        "Contact: <sip:ada@host15.atlanta.example>",
        "From: sip:ada@atlanta.example;tag=53",
        "Max-Forwards: 5",
        "Call-ID: sdp01.119",
        "Accept: text/nobodyReadsThis",
        "CSeq: 8 INVITE",
        "Via: SIP/2.0/UDP 192.0.2.15;branch=z9hG4bKdeaf",
        "Content-Length: {size}",
        TYPE,
        body=SDP,
    ),
    # 3.4.1: as it was written by RFC 2543.
    "inv2543": _message(
        "INVITE sip:GraceH@biloxi.example SIP/2.0",
        "Via: SIP/2.0/UDP gateway.atlanta.example",
        "From: <sip:+12125550100@gateway.atlanta.example;user=phone>",
        "Record-Route: <sip:GraceH@biloxi.example;maddr=first.biloxi.example>",
        "To: sip:+12125550199@first.biloxi.example;user=phone",
        "Call-ID: inv2543.1717@gateway.atlanta.example",
        "CSeq: 61 INVITE",
        TYPE,
        body=SDP,
    ),
}
"""Names as in RFC 4475."""
