"""A network with something to win: Alice's number, at nodes that Mallory can reach like everybody.

Mallory is who attacks: she owns the number of CAROL, sees all that passes, and has every key but Alice's. A test bends
one thing of what Alice would send, sends it, and holds that nobody gained anything by it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from telsdk.clock import Wall
from telsdk.credential.deep import KeystoreSigner
from telsdk.credential.session import Login, login_deep
from telsdk.directory import Domain
from telsdk.number import Number
from telsdk.sip.auth import jws, session_token
from telsdk.sip.message import Request, Response
from tests.network import ALICE, CAROL, HOST, Network
from tests.peer import Peer

Claims = dict[str, Any]


class Siege:
    """What an attacker has to work with."""

    def __init__(self, network: Network, mallory: Peer) -> None:
        self.network = network
        self.mallory = mallory
        self.alice = network.log_in(ALICE)
        self.carol = network.log_in(CAROL)

    def register(self, number: Number = ALICE) -> Request:
        """A REGISTER of `number`, with Mallory's Contact: what she wants is Alice's calls."""
        self.mallory.user = number
        return self.mallory.request("REGISTER", "sip:telprotocol")

    def token(
        self, request: Request, login: Login | None = None, *, node: int = 0, bend: Claims | None = None
    ) -> str:
        """A session token for `request` at a node, with some claims bent before they are signed."""
        login = login or self.alice
        made = session_token.issue(
            request,
            audience=self.network.listed[node].uri,
            delegation=login.text,
            key=login.key.private,
            now=Wall(time.time()),
            jti=secrets.token_urlsafe(16),
        )
        return made if bend is None else sign({**claims_of(made), **bend}, login.key.private)

    async def send(self, request: Request, token: str | None, node: int = 0) -> Response:
        """The node's final answer to `request` with that token."""
        if token is not None:
            request.headers.set("Authorization", f"Bearer {token}")
        # A transaction of its own: else the node would say again what it said.
        via = f"SIP/2.0/UDP {HOST}:{self.mallory.port};branch=z9hG4bK{secrets.token_hex(8)};rport"
        request.headers.set("Via", via)
        return await self.mallory.ask(request, HOST, self.network.listed[node].sockets.port)

    async def login(self, login: Login, node: int = 0, number: Number = ALICE) -> Response:
        """What comes of a REGISTER of `number` by an honest token of `login`."""
        request = self.register(number)
        return await self.send(request, self.token(request, login, node=node), node)

    def delegated(self, signer: KeystoreSigner, domain: Domain | None = None, **bend: Any) -> Login:
        """A session of Mallory's by a delegation for Alice's number that `signer` signs, with some fields bent."""
        facts = self.network.facts.numbers[ALICE]
        domain = domain or self.network.facts.domain
        made = login_deep(signer, replace(facts, owner=signer.address), domain, "stolen", Wall(time.time()))
        delegation = replace(made.delegation, **bend).signed_by(signer, domain)
        return replace(made, delegation=delegation)

    def owner_of(self, number: Number) -> KeystoreSigner:
        return KeystoreSigner(self.network.accounts[number])

    def bound(self, number: Number = ALICE) -> int:
        """How many bindings `number` has at all nodes together: where its calls go."""
        return sum(len(node.registrar.bindings(str(number))) for node in self.network.nodes)


@asynccontextmanager
async def siege(nodes: int = 1, **settings: Any) -> AsyncIterator[Siege]:
    """Nodes that know Alice's and Carol's numbers; nobody is logged in."""
    async with Network(nodes) as network:
        for number in (ALICE, CAROL):
            network.own(number)
        for index in range(nodes):
            await network.start_node(index, **settings)
        with Peer(ALICE) as mallory:
            yield Siege(network, mallory)


def claims_of(token: str) -> Claims:
    return dict(jws.parse_json(jws.decode(token.split(".")[1])))


def sign(claims: Claims, key: ec.EllipticCurvePrivateKey, header: jws.Json = session_token.HEADER) -> str:
    return jws.sign(claims, header, key)


def repacked(token: str, header: bytes | None = None, payload: bytes | None = None) -> str:
    """The token with another header or payload under its old signature."""
    old_header, old_payload, signature = token.split(".")
    return ".".join(
        (
            old_header if header is None else jws.encode(header),
            old_payload if payload is None else jws.encode(payload),
            signature,
        )
    )
