"""The tokens that a UC puts on its messages: caller tokens for its peer, session tokens for hub and node."""

from __future__ import annotations

import secrets
import time

from telsdk.address import aor
from telsdk.clock import Wall
from telsdk.credential.session import Login
from telsdk.sip.auth import caller_token, session_token
from telsdk.sip.message import Message, Request
from telsdk.uc.trust import IDENTITY, fingerprints_in


class Tokens:
    """The signer of one login's tokens."""

    def __init__(self, login: Login) -> None:
        self._login = login

    def session(self, request: Request, audience: str) -> tuple[str, str]:
        """Make the Authorization header field for `request`, which must be complete but for it (RFC 8898).

        Args:
            audience: the SIP URI of the server that it is for, as the chain lists it. No other accepts it.
        """
        token = session_token.issue(
            request,
            audience=audience,
            delegation=self._login.text,
            key=self._login.key.private,
            now=Wall(time.time()),
            jti=secrets.token_urlsafe(16),
        )
        return "Authorization", f"Bearer {token}"

    def header(
        self, message: Message, act: str, dest: str, *, sdp: bytes = b"", body: bytes | None = None
    ) -> tuple[str, str]:
        """Make the Identity header field for `message` (RFC 8224).

        Args:
            act: the kind of message: "INVITE", "INVITE 200", "MESSAGE".
            dest: the SIP URI of the other side.
            sdp: the session description whose media keys are signed.
            body: what is signed besides.
        """
        value = caller_token.issue(
            act=act,
            orig=aor(self._login.number),
            dest=dest,
            call_id=message.call_id,
            cseq=message.cseq.number,
            media=fingerprints_in(sdp) if sdp else (),
            body=body,
            delegation=self._login.text,
            key=self._login.key.private,
            now=Wall(time.time()),
        )
        return IDENTITY, value
