"""Our own node for a load generator that knows no chain: `telsdk.node.node.Node`, but for three answers.

A generator such as sipp has no number and no wallet, and sends for everybody from one port. So replaced are:

    who a user is       a name such as u00007 stands for a number; its password is a word, not an HMAC
    who may register    everybody, where no passwords are asked for
    where it is bound   where its Contact points, as other registrars have it, and not where it sent from

All else is the node's own: parsing, transactions, the digest, logins, bindings, routing and route tokens.

Call `benchmarks.sipload.facts.name_users` before this is imported.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import ip_network
from typing import ClassVar

from benchmarks.sipload.facts import HUB, OWNER, PASSWORD, LoadFacts, number_of
from telsdk.clock import Monotonic, Wall
from telsdk.credential.grant import Grant
from telsdk.credential.phone import Granted, PhonePasswords
from telsdk.freshness import Freshness
from telsdk.net.limits import NO_CONNECTION_LIMITS
from telsdk.net.pins import TlsIdentity
from telsdk.net.route import hop_of
from telsdk.net.sockets import BoundSockets, bind
from telsdk.node.admission import Admission, LoginMissing
from telsdk.node.call_policy import CallPolicy
from telsdk.node.logins import BoundLogin, LoginKind
from telsdk.node.node import Node
from telsdk.node.registration_policy import RegistrationPolicy
from telsdk.node.settings import NodeSettings
from telsdk.node.shares import NO_SHARES
from telsdk.server import memory
from telsdk.server.gate import NO_LIMITS
from telsdk.sip.hop import Hop
from telsdk.sip.message import Credentials, Request, Response

_PLAYED = (
    ip_network("192.0.2.0/24"),
)  # whoever is played by the benchmark itself, and sent to by their Contact
_EXPIRY = int(time.time()) + 7 * 86400  # of every login: longer than any load lasts


class LoadPasswords(PhonePasswords):
    """One password for all."""

    def granted(self, username: str, now: Wall) -> Granted:  # noqa: ARG002
        return Granted((PASSWORD,), (_grant(username),), _EXPIRY)


class LoadAdmission(Admission):
    """Judges phones by their digest, and calls too, whatever their From says."""

    passwords_class = LoadPasswords

    def call(self, request: Request, source: Hop, wall: Wall) -> BoundLogin:
        """The login that an INVITE proves by its password.

        Raises:
            AuthError: it has none, or a wrong one.
        """
        value = request.headers.get("Proxy-Authorization")
        if value is None:
            raise LoginMissing("a call needs a password")
        return self._phone(request, Credentials.parse(value), source, wall)


class OpenAdmission(LoadAdmission):
    """Takes whoever registers for whom they say they are."""

    def login(self, request: Request, source: Hop, now: Wall) -> BoundLogin:  # noqa: ARG002
        return BoundLogin(LoginKind.PHONE, _grant(request.to.uri.user or ""), _EXPIRY)


class PasswordCalls(CallPolicy):
    """Asks every caller for a password: a generator calls from a port where nobody is logged in."""

    def admit(self, request: Request, source: Hop, wall: Wall) -> BoundLogin | None:
        assert isinstance(self._admission, LoadAdmission)
        return self._admission.call(request, source, wall)


class ContactRegistration(RegistrationPolicy):
    """Binds a user to the place that its Contact names."""

    _places: ClassVar[dict[str, Hop]] = {}
    """By Contact, as many as there are users: to work it out again would count as the node's own work."""

    def answer(
        self, request: Request, source: Hop, now: Monotonic, wall: Wall, *, chain: Freshness
    ) -> Response:
        contact = request.headers.get("Contact")
        if contact is not None and contact not in self._places:
            place = hop_of(request.contacts[0].uri)
            # A generator's phones take no TCP, which a long INVITE over UDP would else go by (RFC 3261 18.1.1).
            self._places[contact] = replace(place, is_source=place.transport == "UDP")
        place = source if contact is None else self._places[contact]
        return RegistrationPolicy.answer(self, request, place, now, wall, chain=chain)


class OpenNode(Node):
    """A node that asks nobody for a password."""

    admission_class = OpenAdmission
    registration_class = ContactRegistration


class PasswordNode(Node):
    """A node that asks for a password at REGISTER and at INVITE."""

    admission_class = LoadAdmission
    registration_class = ContactRegistration
    calls_class = PasswordCalls


@asynccontextmanager
async def running(sockets: BoundSockets, *, auth: bool, users: int) -> AsyncIterator[None]:
    """A node, by UDP and TLS, in a process that is its own: the collector is looked after as in `telsdk node run`.

    Args:
        auth: passwords are asked for.
        users: how many there are, from u00000 on.
    """
    identity = TlsIdentity.generate()
    facts = LoadFacts(users, f"sip:127.0.0.1:{sockets.port};transport=tls", identity.pin)
    node = await (PasswordNode if auth else OpenNode).launch(
        facts,
        HUB,
        0,
        sockets,
        identity,
        phone_secrets=(b"x" * 32,),
        settings=NodeSettings(
            max_users=1_000_000,
            max_open=100_000,
            allowed_networks=_PLAYED,
            gate=NO_LIMITS,
            shares=NO_SHARES,
            connections=NO_CONNECTION_LIMITS,
        ),
    )
    try:
        async with memory.kept_clean():
            yield
    finally:
        await node.stop()


async def serve(port: int, *, auth: bool, users: int) -> None:
    """Run a node on 127.0.0.1 until the process gets SIGTERM or SIGINT; else as `running`.

    Raises:
        ListenError: the port is taken.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running(bind("127.0.0.1", port), auth=auth, users=users):
        await stop.wait()


def _grant(username: str) -> Grant:
    return Grant(number_of(username), 1, 0, OWNER)
