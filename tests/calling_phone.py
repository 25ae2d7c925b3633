"""A phone that calls and is called: the test says when it does what, and sees every message that reaches it."""

from __future__ import annotations

import secrets

from telsdk.address import aor
from telsdk.number import Number
from telsdk.sip.auth import digest
from telsdk.sip.message import Challenge, Request, Response
from telsdk.sip.ua import Dialog
from tests.network import HOST
from tests.phone import Phone


class CallingPhone(Phone):
    """A phone whose calls are dialogs of RFC 3261 section 12, each with a Call-ID of its own."""

    async def invite(self, target: Number, body: bytes = b"") -> Request:
        """Calls, is challenged once, and calls again with the password; the answers are still to come."""
        self._call_id = secrets.token_hex(8)
        refused = await self.call_without_password(target, body)
        assert refused.status == 407, refused
        challenge = Challenge.parse(refused.headers.get("Proxy-Authenticate") or "")
        answer = digest.answer(
            challenge, method="INVITE", uri=aor(target), user=self.issued.username,
            password=self.issued.password, cnonce="0a4f113b",
        )  # fmt: skip
        request = self._invite(target, body, ("Proxy-Authorization", answer))
        await self.send(request, HOST, self.port_of_node)
        return request

    async def call_as(self, sender: str, target: Number, body: bytes = b"") -> Request:
        """Calls under another address, without a password; the answers are still to come."""
        request = self._invite(target, body)
        request.headers.set("From", f"<{sender}>;tag={request.from_tag}")
        await self.send(request, HOST, self.port_of_node)
        return request

    async def call_without_password(self, target: Number, body: bytes = b"") -> Response:
        """What is answered to a call, which is refused; acknowledged."""
        request = self._invite(target, body)
        refused = await self.ask(request, HOST, self.port_of_node)
        await self.acknowledge_refusal(request, refused)
        return refused

    async def acknowledge_refusal(self, request: Request, refused: Response) -> None:
        """The ACK to a refusal, which is part of its transaction (17.1.1.3)."""
        fields = [
            ("Via", str(request.via)),
            ("From", str(request.from_)),
            ("To", str(refused.to)),
            ("Call-ID", request.call_id),
            ("CSeq", f"{request.cseq.number} ACK"),
            ("Max-Forwards", "70"),
        ]
        await self.send(Request("ACK", request.uri, fields), HOST, self.port_of_node)

    async def cancel(self, request: Request) -> None:
        """Gives up a call that is not answered yet; takes the 487 of the INVITE, and acknowledges it."""
        fields = [
            ("Via", str(request.via)),
            ("From", str(request.from_)),
            ("To", str(request.to)),
            ("Call-ID", request.call_id),
            ("CSeq", f"{request.cseq.number} CANCEL"),
            ("Max-Forwards", "70"),
        ]
        await self.send(Request("CANCEL", request.uri, fields), HOST, self.port_of_node)
        refused = await self.final(request)
        assert refused.status == 487, refused
        await self.acknowledge_refusal(request, refused)

    async def rings(self, request: Request) -> Response:
        """The next 180 to this call of ours."""
        while True:
            message = await self.receive()
            if isinstance(message, Response) and (message.status, message.cseq) == (180, request.cseq):
                return message

    async def connected(self, request: Request) -> tuple[Dialog, Response]:
        """The dialog of our call, once it is answered and the answer acknowledged."""
        answer = await self.final(request)
        assert answer.status == 200, answer
        dialog = Dialog.of_caller(request, answer)
        await self._send_within(dialog.request("ACK", cseq=request.cseq.number))
        return dialog, answer

    async def take(self, invite: Request, body: bytes = b"") -> Dialog:
        """Answers a call; returns once the ACK is here."""
        fields = [
            ("Contact", f"<sip:{self.number}@{HOST}:{self.port}>"),
            *(("Record-Route", str(route)) for route in invite.record_routes),
        ]
        tag = secrets.token_hex(4)
        answer = invite.response(200, to_tag=tag, headers=fields)
        if body:
            answer.headers.add("Content-Type", "application/sdp")
            answer.body = body
        await self.say(answer)
        ack = await self.asked("ACK")
        assert ack.cseq.number == invite.cseq.number
        return Dialog.of_callee(invite, tag, confirmed=True)

    async def hang_up(self, dialog: Dialog) -> Response:
        """Says BYE; returns what is answered."""
        request = await self._send_within(dialog.request("BYE"))
        return await self.final(request)

    async def hung_up(self) -> Request:
        """The BYE of the peer, answered."""
        bye = await self.asked("BYE")
        await self.say(bye.response(200))
        return bye

    def _invite(self, target: Number, body: bytes, *more: tuple[str, str]) -> Request:
        fields = (("Content-Type", "application/sdp"),) if body else ()
        request = self.request("INVITE", aor(target), *fields, *more)
        request.body = body
        return request

    async def _send_within(self, request: Request) -> Request:
        branch = secrets.token_hex(8)
        request.headers.insert("Via", f"SIP/2.0/UDP {HOST}:{self.port};branch=z9hG4bK{branch};rport")
        await self.send(request, HOST, self.port_of_node)
        return request
