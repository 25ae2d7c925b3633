"""Users who do nothing but register and stay: by session token over TLS, or as phones by digest over UDP."""

from __future__ import annotations

import secrets
import socket
import ssl
import time
from collections.abc import Callable

from benchmarks.loopback.facts import Facts, log_in
from benchmarks.loopback.places import HOST, Place
from benchmarks.loopback.servers import PHONE_SECRET
from telsdk.address import REALM, aor
from telsdk.clock import Wall
from telsdk.credential.phone import PhonePassword, PhonePasswords
from telsdk.credential.session import Login
from telsdk.net.pins import TlsIdentity, client_context
from telsdk.net.route import PIN_PARAM, pin_text
from telsdk.number import Number
from telsdk.sip.auth import digest
from telsdk.sip.message import Challenge, Request, Response, parse
from telsdk.uc.tokens import Tokens

TIMEOUT = 20.0  # seconds for an answer
_CONTEXT = client_context()


def prepare(kind: str, facts: Facts, number: Number) -> Callable[[Place], socket.socket]:
    """What registers a user of that kind, "tls" or "udp", at a node; what takes time is done before."""
    if kind == "tls":
        login = log_in(facts, number)
        return lambda node: by_tls(login, node)
    issued = PhonePasswords([PHONE_SECRET], facts).issue(facts.numbers[number], Wall(time.time()))
    return lambda node: by_udp(issued, node)


def by_tls(login: Login, node: Place) -> ssl.SSLSocket:
    """A connection over which a user client is registered."""
    number = login.number
    plain = socket.create_connection((HOST, node.port), TIMEOUT)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection = _CONTEXT.wrap_socket(plain)
    pin = pin_text(TlsIdentity(login.key.private).pin)
    request = _register(number, "TLS", connection.getsockname()[1], f";transport=tls;{PIN_PARAM}={pin}")
    request.headers.add(*Tokens(login).session(request, node.uri))
    connection.sendall(bytes(request))
    response = parse(connection.recv(65_535))
    assert isinstance(response, Response)
    assert response.status == 200, response.reason
    return connection


def by_udp(issued: PhonePassword, node: Place) -> socket.socket:
    """A socket from which a phone is registered."""
    number = Number.parse(issued.username.partition(".")[0])
    phone = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    phone.settimeout(TIMEOUT)
    phone.connect((HOST, node.port))
    port = phone.getsockname()[1]
    refused = _ask(phone, _register(number, "UDP", port))
    answer = digest.answer(
        Challenge.parse(refused.headers.get("WWW-Authenticate") or ""),
        method="REGISTER",
        uri=f"sip:{REALM}",
        user=issued.username,
        password=issued.password,
        cnonce=secrets.token_hex(4),
    )
    request = _register(number, "UDP", port, cseq=2)
    request.headers.add("Authorization", answer)
    response = _ask(phone, request)
    assert response.status == 200, response.reason
    return phone


def _register(number: Number, transport: str, port: int, params: str = "", cseq: int = 1) -> Request:
    return Request(
        "REGISTER",
        f"sip:{REALM}",
        [
            ("Via", f"SIP/2.0/{transport} {HOST}:{port};branch=z9hG4bK{secrets.token_hex(12)}"),
            ("Max-Forwards", "70"),
            ("From", f"<{aor(number)}>;tag={secrets.token_hex(8)}"),
            ("To", f"<{aor(number)}>"),
            ("Call-ID", f"{secrets.token_hex(12)}-{port}"),
            ("CSeq", f"{cseq} REGISTER"),
            ("Contact", f"<sip:{number}@{HOST}:{port}{params}>"),
            ("Expires", "3600"),
        ],
    )


def _ask(phone: socket.socket, request: Request) -> Response:
    phone.send(bytes(request))
    response = parse(phone.recv(65_535))
    assert isinstance(response, Response)
    return response
