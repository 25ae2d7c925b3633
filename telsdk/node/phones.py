"""A user asks their node for a phone password, and gets it: OPTIONS with an Accept that names it.

    UC   -> OPTIONS sip:node   Accept: application/vnd.telprotocol.phone-password+json;lifetime=604800
                               Authorization: Bearer (session token)
    node -> 200                Content-Type: application/vnd.telprotocol.phone-password+json

OPTIONS asks what a server offers and changes nothing there, with the body that Accept asks for (RFC 3261 11.2). Issuing
changes nothing either: the password is an HMAC, and the node that gave it keeps no note of it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from typing import ClassVar, Final

from telsdk.clock import Wall
from telsdk.credential.phone import DEFAULT_LIFETIME, PhonePasswords
from telsdk.credential.phoneaccount import CONTENT_TYPE, PhoneAccount, PhoneServer
from telsdk.directory import Directory
from telsdk.errors import TelError
from telsdk.freshness import Freshness
from telsdk.net.sockets import Address, Listener
from telsdk.node.admission import Admission, PhonesRefused
from telsdk.node.settings import NodeSettings
from telsdk.server.answers import behind, date, refusal
from telsdk.sip.errors import AuthError
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response

log = logging.getLogger(__name__)

LIFETIME: Final = "lifetime"
"""Parameter of the Accept value: seconds that the password is to hold."""

_PREFERRED: Final = ("TLS", "TCP", "WSS", "WS")
_seconds = re.compile(r"[1-9][0-9]{0,9}").fullmatch


class Overheard(AuthError):
    """A password was asked for where others could read it."""

    status: ClassVar[int] = 403


class LifetimeMalformed(AuthError):
    """What was asked for is no number of seconds."""

    status: ClassVar[int] = 400


class Phones:
    """Issues the phone passwords of one node.

    Args:
        servers: where this node takes phones, the best first.
    """

    def __init__(
        self,
        directory: Directory,
        admission: Admission,
        settings: NodeSettings,
        servers: tuple[PhoneServer, ...],
    ) -> None:
        self._directory = directory
        self._admission = admission
        self._settings = settings
        self._servers = servers

    def serves(self, request: Request) -> bool:
        """Return whether this request, which is for the node itself, asks for a phone password."""
        return request.method == "OPTIONS" and _asked(request) is not None

    def answer(self, request: Request, source: Hop, wall: Wall, *, chain: Freshness) -> Response:
        """Return the response to `request`.

        Args:
            wall: seconds since 1970.
            chain: how old this node's copy of the chain is.
        """
        if chain.stale:
            return behind(request, self._settings.retry_after, chain)
        try:
            account = self._issue(request, source, wall)
        except AuthError as refused:
            response = refusal(request, refused.status, refused)
            if refused.status == 401:
                response.headers.add("WWW-Authenticate", self._admission.token_challenge(refused))
            return response
        except TelError as error:
            return refusal(request, 404, error)
        response = request.response(200, headers=[("Content-Type", CONTENT_TYPE), date(wall)])
        response.body = account.body()
        return response

    def _issue(self, request: Request, source: Hop, wall: Wall) -> PhoneAccount:
        if not source.secure:
            raise Overheard(f"a password is not sent over {source.transport}: ask over TLS")
        passwords = self._passwords()
        login = self._admission.session(request, source, wall)
        facts = self._directory.number(login.number)
        assert facts is not None  # or there had been no session
        lifetime = min(_lifetime(request), self._settings.phone_lifetime)
        by_light = login.grant.credential is not None and login.grant.credential == facts.credential
        issued = passwords.issue(facts, wall, lifetime, by_light=by_light)
        log.info("issued a phone password of %s until %d", login.number, issued.expiry)
        return PhoneAccount(issued, self._servers, self._settings.digest_algorithm)

    def _passwords(self) -> PhonePasswords:
        if self._admission.phones is None:
            raise PhonesRefused(
                "this node takes no phones, so it has no passwords for them: ask its operator"
            )
        return self._admission.phones


def phone_servers(listed: Address, listeners: Iterable[Listener]) -> tuple[PhoneServer, ...]:
    """Return where a node takes phones, the best for them first.

    Its extra TLS listeners show a certificate that phones can check. At the listed address it shows a key that is
    pinned on chain, of which phones know nothing, so UDP is named before that.

    Args:
        listed: the address in the list on chain.
    """
    extra = sorted(listeners, key=lambda one: _PREFERRED.index(one.transport))
    named = [PhoneServer(one.transport.lower(), *one.address) for one in extra]
    main = [PhoneServer(transport, *listed) for transport in ("udp", "tls")]
    sip = [one for one in named if not one.transport.startswith("ws")]
    return (*sip, *main, *(one for one in named if one.transport.startswith("ws")))


def _asked(request: Request) -> str | None:
    """Return the parameters of the Accept value that asks for a phone password; None: none does."""
    for value in request.headers.all("Accept"):
        kind, _, params = value.partition(";")
        if kind.strip().lower() == CONTENT_TYPE:
            return params
    return None


def _lifetime(request: Request) -> int:
    for param in (_asked(request) or "").split(";"):
        name, _, value = param.partition("=")
        if name.strip().lower() == LIFETIME:
            if not _seconds(value.strip()):
                raise LifetimeMalformed(f"{value.strip()[:20]!r} is no lifetime: give it in whole seconds")
            return int(value)
    return DEFAULT_LIFETIME
