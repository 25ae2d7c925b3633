"""A node that turns against its users, to show that it gains nothing.

It does all that a node can do: it lets through what it should refuse, and changes what passes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from telsdk.clock import Wall
from telsdk.node.call_policy import CallPolicy
from telsdk.node.node import Node
from telsdk.sip.auth import caller_token, jws
from telsdk.sip.message import Request
from telsdk.sip.session import SessionDescription

Attack = Callable[[Request], Request]


class HostileCalls(CallPolicy):
    """A call policy that changes requests on their way out by `attack`."""

    attack: Attack | None = None

    def outbound(self, request: Request) -> Request:
        if self.attack is not None and request.method == "INVITE":
            return self.attack(request)
        return request


class HostileNode(Node):
    """A node with `HostileCalls`. It is honest until `turn` gives it an attack."""

    calls_class = HostileCalls
    calls: HostileCalls

    def turn(self, attack: Attack | None) -> None:
        """Attack calls from now on; None makes the node honest again."""
        self.calls.attack = attack


def change_fingerprint(request: Request) -> Request:
    """Put a media key of the node's own into the SDP, to sit in the media between the two."""
    description = SessionDescription.parse(request.body)
    description.replace_fingerprints([("sha-256", ":".join(f"{byte:02X}" for byte in range(32)))])
    request.body = bytes(description)
    return request


def forge_token(request: Request) -> Request:
    """Do the same, and sign it in the caller's name, with the delegation, which is no secret, and a key of its own."""
    change_fingerprint(request)
    claims = _claims(request)
    forged = caller_token.issue(
        act="INVITE",
        orig=claims["orig"]["uri"],
        dest=claims["dest"]["uri"][0],
        call_id=request.call_id,
        cseq=request.cseq.number,
        media=SessionDescription.parse(request.body).fingerprints,
        delegation=claims["dlg"],
        key=ec.generate_private_key(ec.SECP256R1()),
        now=Wall(time.time()),
    )
    request.headers.set("Identity", forged)
    return request


def _claims(request: Request) -> dict[str, Any]:
    token = (request.headers.get("Identity") or "").partition(";")[0]
    return dict(jws.parse_json(jws.decode(token.split(".")[1])))
