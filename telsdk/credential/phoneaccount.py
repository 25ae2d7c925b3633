"""What a person needs to set up a phone: user name, password, and where the node takes phones.

A node answers with it, as JSON, when a session of the number asks (`telsdk.node.phones`). Programs write settings files
for phones from it. So only one strict form is read: a hostile node cannot slip a line of its own into such a file.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Final, Self

from telsdk.address import REALM
from telsdk.credential.errors import PhoneAccountMalformed, PhoneLoginRefused
from telsdk.credential.phone import PhonePassword, PhoneUser
from telsdk.nesting import check_nesting
from telsdk.number import Number

CONTENT_TYPE: Final = "application/vnd.telprotocol.phone-password+json"
ALGORITHMS: Final = ("MD5", "SHA-256", "SHA-512-256")
MAX_SERVERS: Final = 32

_PASSWORD = re.compile(r"[a-z2-7]{26}").fullmatch
_HOST = r"(?P<host>[0-9A-Za-z](?:[0-9A-Za-z.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])"
_SIP = re.compile(rf"sip:{_HOST}:(?P<port>[0-9]{{1,5}});transport=(?P<transport>udp|tcp|tls)").fullmatch
_WEB = re.compile(rf"(?P<transport>wss?)://{_HOST}:(?P<port>[0-9]{{1,5}})").fullmatch


@dataclass(frozen=True, slots=True)
class PhoneServer:
    """One place where a node takes phones."""

    transport: str  # udp, tcp, tls, ws or wss
    host: str  # an IPv6 address without brackets
    port: int

    def __str__(self) -> str:
        """Return the place as a person enters it in a phone: a SIP URI, or the URL of a WebSocket."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        if self.transport in ("ws", "wss"):
            return f"{self.transport}://{host}:{self.port}"
        return f"sip:{host}:{self.port};transport={self.transport}"

    @classmethod
    def parse(cls, text: str) -> PhoneServer:
        """Read the place written as `text`, in its one form.

        Raises:
            PhoneAccountMalformed: it names no place.
        """
        match = _SIP(text) or _WEB(text)
        if match is None or not 0 < int(match["port"]) < 65536:
            raise PhoneAccountMalformed(
                f"{text[:80]!r} is no place for phones: one is sip:192.0.2.7:5060;transport=udp, with tcp or tls, "
                "or wss://192.0.2.7:443"
            )
        host = match["host"]
        if host.startswith("["):
            host = host[1:-1]
            try:
                IPv6Address(host)
            except ValueError as error:
                raise PhoneAccountMalformed(f"{text[:80]!r} names no IPv6 address") from error
        return cls(match["transport"], host, int(match["port"]))


@dataclass(frozen=True, slots=True)
class PhoneAccount:
    """A phone password, to be shown once, and all else that is entered in the phone."""

    issued: PhonePassword
    servers: tuple[PhoneServer, ...]  # the best for phones first
    digest: str = "MD5"

    @property
    def number(self) -> Number:
        return PhoneUser.parse(self.issued.username).number

    def server(self, transport: str | None = None) -> PhoneServer | None:
        """Return the first place that takes `transport`, or any of UDP, TCP and TLS; None when there is none."""
        wanted = ("udp", "tcp", "tls") if transport is None else (transport,)
        return next((one for one in self.servers if one.transport in wanted), None)

    def body(self) -> bytes:
        """Return the account as a node sends it."""
        return json.dumps(
            {
                "username": self.issued.username,
                "password": self.issued.password,
                "realm": REALM,
                "expiry": self.issued.expiry,
                "digest": self.digest,
                "servers": [str(server) for server in self.servers],
            }
        ).encode()

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Read what a node sent. Keys that a later version adds are passed over.

        Raises:
            PhoneAccountMalformed: it is not an account in its one form.
        """
        try:
            fields = json.loads(check_nesting(body.decode()))
            user = PhoneUser.parse(fields["username"])
            servers = tuple(map(PhoneServer.parse, fields["servers"][:MAX_SERVERS]))
            sound = (
                _PASSWORD(fields["password"]) is not None
                and (fields["realm"], fields["expiry"]) == (REALM, user.expiry)
                and fields["digest"] in ALGORITHMS
            )
        except (ValueError, TypeError, KeyError, PhoneLoginRefused) as error:
            raise PhoneAccountMalformed(f"this is no phone password: {error}") from error
        if not sound:
            raise PhoneAccountMalformed("this is no phone password: realm, expiry or digest do not fit")
        return cls(PhonePassword(str(user), fields["password"], user.expiry), servers, fields["digest"])
