"""What two phones say in a call through a proxy, as octets: their requests, and their responses to what reached them.

Nothing here uses telsdk: a generator that read with our own parser would not notice what that gets wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import md5
from typing import Final

DOMAIN: Final = "bench.local"
CALLER: Final = ("192.0.2.10", 5060)
"""Where all callers send from."""
CALLEE: Final = ("192.0.2.20", 5060)
"""Where all callees are."""
CHALLENGED: Final = {
    "SIP/2.0 401": ("www-authenticate", "Authorization"),
    "SIP/2.0 407": ("proxy-authenticate", "Proxy-Authorization"),
}
"""The field of a challenge and of its answer."""

_ABOUT: Final = (
    "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, MESSAGE, SUBSCRIBE, INFO, PRACK, UPDATE\r\n"
    "Supported: replaces, outbound, gruu, path\r\n"
)
_SESSION: Final = "Accept: application/sdp\r\nSession-Expires: 1800\r\nContent-Type: application/sdp\r\n"
_AGENT: Final = "User-Agent: a telephone of some make and model/4.2\r\n"
_SDP: Final = (
    "v=0\r\no=- {n} 2 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio {port} RTP/AVP 96 0 8 101\r\n"
    "a=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\na=rtpmap:101 telephone-event/48000\r\n"
    "a=fmtp:101 0-15\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=ptime:20\r\na=maxptime:60\r\na=sendrecv\r\n"
)


@dataclass(frozen=True)
class Received:
    """A message that reached a phone: its start line, and its fields as (name in lower case, value)."""

    start: str
    fields: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, data: bytes) -> Received:
        start, *lines = data.partition(b"\r\n\r\n")[0].decode().split("\r\n")
        pairs = (line.partition(":") for line in lines)
        return cls(start, tuple((name.strip().lower(), value.strip()) for name, _, value in pairs))

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key == name]

    def one(self, name: str) -> str:
        """The value of a field.

        Raises:
            ValueError: there is none, or more than one.
        """
        (value,) = self.all(name)
        return value


@dataclass(frozen=True)
class Call:
    """The requests of one caller, to one callee.

    Attributes:
        n: no two calls, and no two registrations, may have the same.
        user: the callee, and whose password is the caller's.
    """

    n: int
    user: str

    def invite(self, *fields: str) -> bytes:
        """An INVITE of about 900 bytes."""
        sdp = _SDP.format(n=self.n, host=CALLER[0], port=20_000 + self.n % 40_000)
        cseq = 1 + len(fields)  # a second INVITE is another request (RFC 3261 22.2)
        more = "".join(f"{field}\r\n" for field in fields)
        contact = f"Contact: <sip:caller@{CALLER[0]}:{CALLER[1]};transport=udp>\r\n"
        return self._request(
            "INVITE",
            self._aor,
            cseq,
            contact + _ABOUT + _AGENT + more + _SESSION,
            sdp,
        )

    def ack_refusal(self, refusal: Received) -> bytes:
        """The ACK of a refusal, which is part of the INVITE's transaction (RFC 3261 17.1.1.3)."""
        return self._request("ACK", self._aor, 1, "", to=refusal.one("to"), branch=self._branch(1, "INVITE"))

    def within(self, method: str, accepted: Received) -> bytes:
        """ACK or BYE, by the route set and the target of the 200 (RFC 3261 12.1.2)."""
        cseq = int(accepted.one("cseq").split()[0]) + (method != "ACK")
        routes = [part for value in accepted.all("record-route") for part in value.split(",")]
        target = accepted.one("contact").partition("<")[2].partition(">")[0]
        more = "".join(f"Route: {route.strip()}\r\n" for route in reversed(routes))
        return self._request(method, target, cseq, more + _AGENT, to=accepted.one("to"))

    def register(self, *fields: str) -> bytes:
        """A REGISTER for the callee."""
        more = "".join(f"{field}\r\n" for field in fields)
        contact = f"Contact: <sip:{self.user}@{CALLEE[0]}:{CALLEE[1]};transport=udp>\r\nExpires: 3600\r\n"
        return self._request(
            "REGISTER",
            f"sip:{DOMAIN}",
            1 + len(fields),
            contact + _AGENT + more,
            sender=self._aor,
            to=f"<{self._aor}>",
        )

    def credentials(self, refusal: Received, method: str, password: str) -> str:
        """The field that answers a challenge: MD5, qop=auth (RFC 2617 section 3.2.2)."""
        asked, given = CHALLENGED[refusal.start[:11]]
        parts = (part.strip().partition("=") for part in refusal.one(asked).partition(" ")[2].split(","))
        params = {name: value.strip('"') for name, _, value in parts}
        secret = _md5(f"{self.user}:{params['realm']}:{password}")
        nonce, wanted = params["nonce"], _md5(f"{method}:{self._aor}")
        response = _md5(f"{secret}:{nonce}:00000001:0a4f113b:auth:{wanted}")
        return (
            f'{given}: Digest username="{self.user}",realm="{params["realm"]}",nonce="{nonce}",uri="{self._aor}",'
            f'response="{response}",algorithm=MD5,cnonce="0a4f113b",qop=auth,nc=00000001'
        )

    @property
    def _aor(self) -> str:
        return f"sip:{self.user}@{DOMAIN}"

    def _branch(self, cseq: int, method: str) -> str:
        return f"z9hG4bK{self.n:x}.{cseq}{method}"

    def _request(
        self,
        method: str,
        uri: str,
        cseq: int,
        more: str,
        body: str = "",
        *,
        sender: str = f"sip:caller@{DOMAIN}",
        to: str | None = None,
        branch: str | None = None,
    ) -> bytes:
        return (
            f"{method} {uri} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {CALLER[0]}:{CALLER[1]};branch={branch or self._branch(cseq, method)};rport\r\n"
            f'From: "A Caller" <{sender}>;tag={self.n:x}c\r\n'
            f"To: {to or f'<{self._aor}>'}\r\n"
            f"Call-ID: {self.n:x}-3848276298220188511@{CALLER[0]}\r\n"
            f"CSeq: {cseq} {method}\r\nMax-Forwards: 70\r\n"
            f"{more}Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()


def respond(request: Received, status: str, n: int = 0) -> bytes:
    """What the callee answers: `status` is code and phrase. A 200 to an INVITE brings a session."""
    method = request.one("cseq").split()[1]
    copied = [
        ("Via", "via"),
        ("Record-Route", "record-route"),
        ("From", "from"),
        ("Call-ID", "call-id"),
        ("CSeq", "cseq"),
    ]
    lines = [f"{name}: {value}" for name, key in copied for value in request.all(key)]
    to = request.one("to")
    lines.append(f"To: {to if ';tag=' in to else f'{to};tag={n:x}s'}")
    body, about = "", ""
    if method == "INVITE":
        lines.append(f"Contact: <sip:callee@{CALLEE[0]}:{CALLEE[1]};transport=udp>")
    if method == "INVITE" and status.startswith("200"):
        body = _SDP.format(n=n, host=CALLEE[0], port=20_002 + n % 40_000)
        about = _ABOUT + "Content-Type: application/sdp\r\n"
    head = "\r\n".join([f"SIP/2.0 {status}", *lines])
    return f"{head}\r\n{about}{_AGENT}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def _md5(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()
