"""The caller tokens that a UC puts on what it says."""

from __future__ import annotations

import time

from telsdk.address import aor
from telsdk.credential.session import Login
from telsdk.sip import identity
from telsdk.sip.message import Message
from telsdk.uc.trust import IDENTITY, fingerprints_in


class Tokens:
    """Signs for one login."""

    def __init__(self, login: Login) -> None:
        self._login = login

    def header(
        self, message: Message, act: str, dest: str, *, sdp: bytes = b"", body: bytes | None = None
    ) -> tuple[str, str]:
        """The Identity header field for `message` (RFC 8224).

        Args:
            act: what it stands in: "INVITE", "INVITE 200", "MESSAGE".
            dest: SIP URI of who is spoken to.
            sdp: the session description whose media keys are to be bound.
            body: what is signed besides.
        """
        value = identity.issue(
            act=act,
            orig=aor(self._login.number),
            dest=dest,
            call_id=message.call_id,
            cseq=message.cseq.number,
            media=fingerprints_in(sdp) if sdp else (),
            body=body,
            delegation=self._login.text,
            key=self._login.key.private,
            now=time.time(),
        )
        return IDENTITY, value
