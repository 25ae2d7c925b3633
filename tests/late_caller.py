"""A caller whose INVITE offers nothing, straight at a user client, and who answers the offer of the 200 in the ACK."""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import Any

from telsdk.address import aor
from telsdk.credential.session import Login
from telsdk.sip.auth import caller_token
from telsdk.sip.message import Request, Response
from telsdk.sip.session import SessionDescription
from telsdk.sip.ua import Dialog
from telsdk.uc.client import UserClient
from telsdk.uc.trust import fingerprints_in
from tests.network import HOST
from tests.peer import Peer


class LateCaller(Peer):
    """Over UDP. With a login it proves itself as a user client would that calls so; without, it is a plain phone."""

    def __init__(self, callee: UserClient, login: Login | None = None) -> None:
        super().__init__(login.number if login else "stranger")
        self.callee = callee
        self.login = login
        self._invite: Request | None = None
        self._dialog: Dialog | None = None

    async def call(self, **bend: Any) -> Response:
        """Call; return the first answer that is no 100."""
        invite = self.request("INVITE", aor(self.callee.number))
        if self.login is not None:
            sealed(invite, self.login, **{"act": "INVITE", "dest": aor(self.callee.number), **bend})
        return await self.send_invite(invite)

    async def send_invite(self, invite: Request) -> Response:
        self._invite = invite
        await self.send(invite, HOST, self.callee._sockets.port)
        return await self._response(lambda response: response.status != 100)

    async def answered(self) -> Response:
        """The 200 to the call, once somebody takes it."""
        response = await self._response(lambda response: response.status >= 200)
        assert response.status == 200, response
        assert self._invite is not None
        self._dialog = Dialog.of_caller(self._invite, response)
        return response

    def ack(self, sdp: bytes, login: Login | None = None, **bend: Any) -> Request:
        """The ACK with this answer; proven, where there is a login, with an honest token of which some is bent."""
        assert self._invite is not None
        assert self._dialog is not None
        ack = self._dialog.request("ACK", cseq=self._invite.cseq.number)
        branch = secrets.token_hex(8)
        ack.headers.insert("Via", f"SIP/2.0/UDP {HOST}:{self.port};branch=z9hG4bK{branch};rport")
        if sdp:
            ack.headers.add("Content-Type", "application/sdp")
            ack.body = sdp
        if login or self.login:
            fields = {
                "act": "ACK",
                "dest": aor(self.callee.number),
                "media": fingerprints_in(sdp) if sdp else (),
            }
            sealed(ack, login or self.login, **{**fields, **bend})  # type: ignore[arg-type]
        return ack

    async def say(self, message: Request) -> None:
        await self.send(message, HOST, self.callee._sockets.port)

    async def _response(self, wanted: Any) -> Response:
        assert self._invite is not None
        async with asyncio.timeout(10):
            while True:
                message = await self.receive()
                if isinstance(message, Response) and message.cseq == self._invite.cseq and wanted(message):
                    return message


def sealed(request: Request, login: Login, **fields: Any) -> Request:
    """`request` with an Identity of that login."""
    value = caller_token.issue(
        **{
            "call_id": request.call_id,
            "cseq": request.cseq.number,
            "orig": aor(login.number),
            "delegation": login.text,
            "key": login.key.private,
            "now": time.time(),
            **fields,
        }
    )
    request.headers.set("Identity", value)
    return request


def other_keys(sdp: bytes) -> bytes:
    """The description with the media key of whoever wants to sit in between."""
    description = SessionDescription.parse(sdp)
    description.replace_fingerprints([("sha-256", ":".join(f"{byte:02X}" for byte in range(32)))])
    return bytes(description)
