"""PJSUA2 and our user agent call each other: reliable responses, session timers, hold, UPDATE, REFER."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from telsdk.clock import Monotonic
from telsdk.net.driver import Driver, Wire
from telsdk.net.sockets import bind
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Uri, parse
from telsdk.sip.session import Agreement, SessionDescription
from telsdk.sip.transaction import Event, Stack
from telsdk.sip.ua import (
    Answered,
    Call,
    CallState,
    Dialog,
    IncomingCall,
    OfferAnswered,
    ReferAnswered,
    Referred,
    Reinvited,
    UserAgent,
)
from telsdk.sip.ua.call import ProvisionalConfirmed
from tests.interop.dissection import Recording
from tests.interop.phones.pjsua import SCRIPT, python_with_pjsua
from tests.network import HOST

pytestmark = pytest.mark.interop

SUPPORTED = ("100rel", "timer", "replaces", "norefersub")
PATIENCE = 15.0  # seconds that anything may take


class Phone:
    """Our user agent on a UDP socket, with an application that agrees to every offer.

    Args:
        recording: takes every message that passes.
    """

    def __init__(self, address: tuple[str, int], recording: Recording) -> None:
        host, port = address
        self.stack = Stack(sent_by=lambda _: address, token=lambda: secrets.token_hex(12))
        self.ua = UserAgent(
            self.stack,
            aor=Uri.parse(f"sip:us@{host}"),
            contact=f"<sip:us@{host}:{port}>",
            next_hop=self._next_hop,
            supported=SUPPORTED,
            takes_refer=True,
        )
        self.wire: list[str] = []
        self._recording = recording
        self.driver = Driver(self.stack, self, roles=(self.ua,), tap=self._note)
        self.agreement = Agreement()
        self.seen: list[Event] = []
        self._changed = asyncio.Event()
        self.capable = SessionDescription.parse(
            f"v=0\r\no=- 5 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
            "m=audio 16000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\n".encode()
        )

    @staticmethod
    def _next_hop(uri: Uri, _dialog: Dialog | None) -> Hop:
        return Hop("UDP", uri.host, uri.port or 5060)

    def _note(self, passed: Wire) -> None:
        self._recording.tap(passed)
        if passed.data.strip():
            message = parse(passed.data)
            self.wire.append(f"{message.cseq.method} {message.start_line.split()[1]}")

    def on_event(self, event: Event, now: Monotonic) -> None:
        self.ua.handle(event, now)

    def role_events(self) -> list[Event]:
        return self.ua.take_events()

    def on_role_event(self, event: Event, now: Monotonic) -> None:
        self._act(event, now)
        self.seen.append(event)
        self._changed.set()

    def give_up(self, event: Event, now: Monotonic) -> None:
        self.ua.give_up(event, now)

    def on_flow_closed(self, hop: Hop) -> None:
        pass

    def _act(self, event: Event, now: Monotonic) -> None:
        match event:
            case IncomingCall(call=call, request=request):
                body = self._answer(request)
                self.ua.ring(call, now, status=183, body=body)
                self.ua.accept(call, body, now)
            case Reinvited(call=call, tx=tx, request=request):
                self.ua.accept_offer(call, tx, self._answer(request), now)
            case Answered(call=call) | OfferAnswered(call=call):
                ours, theirs = map(SessionDescription.parse, (call.local_sdp, call.remote_sdp))
                self.agreement.answered(ours, theirs)
            case Referred(call=call, tx=tx):
                referral = self.ua.transfers.accept(call, tx, now)
                for status in (180, 200):
                    self.ua.transfers.notify(referral, status, now)

    def _answer(self, request: Request) -> bytes:
        return bytes(self.agreement.answer(SessionDescription.parse(request.body), self.capable))

    async def until(self, holds: Callable[[], object]) -> None:
        """Return once this holds, which events may bring about."""
        async with asyncio.timeout(PATIENCE):
            while not holds():
                self._changed.clear()
                await self._changed.wait()

    async def saw(self, kind: type[Event]) -> Event:
        await self.until(lambda: any(isinstance(event, kind) for event in self.seen))
        return next(event for event in reversed(self.seen) if isinstance(event, kind))

    def offer(self, call: Call, method: str, *, held: bool) -> None:
        self.agreement.held = held
        request = self.ua.within(call, method)
        request.body = bytes(self.agreement.offer(self.capable))
        (self.ua.offer if method == "INVITE" else self.ua.update)(call, request, self.driver.now())
        self.driver.kick()


class Pjsua:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    def tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())

    async def says(self, line: str) -> None:
        """Return once it has said this."""
        assert self._process.stdout is not None
        said = []
        async with asyncio.timeout(PATIENCE):
            while raw := await self._process.stdout.readline():
                said.append(raw.decode().strip())
                if said[-1] == line:
                    return
        raise AssertionError(f"PJSUA2 ended without {line!r}: {said}")


@asynccontextmanager
async def both(recording: Recording) -> AsyncIterator[tuple[Phone, Pjsua, int]]:
    """Ours, PJSUA2, and its port."""
    spare = bind(HOST)
    port = spare.port
    spare.close()
    process = await asyncio.create_subprocess_exec(
        python_with_pjsua(),
        str(SCRIPT),
        json.dumps({"port": str(port)}),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    sockets = bind(HOST)
    phone = Phone((sockets.host, sockets.port), recording)
    await phone.driver.listen(sockets, None)
    try:
        pjsua = Pjsua(process)
        await pjsua.says("ready")
        yield phone, pjsua, port
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), PATIENCE)
        except TimeoutError:
            process.kill()
            await process.wait()
        await phone.driver.close()


async def we_call(phone: Phone, port: int) -> Call:
    uri = Uri.parse(f"sip:pjsua@{HOST}:{port}")
    request = phone.ua.new_request("INVITE", uri, body=bytes(phone.agreement.offer(phone.capable)))
    call = phone.ua.invite(request, Hop("UDP", HOST, port), phone.driver.now())
    phone.driver.kick()
    await phone.saw(Answered)
    return call


async def test_we_call_hold_resume_and_hang_up(recording: Recording) -> None:
    async with both(recording) as (phone, pjsua, port):
        call = await we_call(phone, port)
        await pjsua.says("state CONFIRMED")
        assert "PRACK 200" in phone.wire
        assert phone.agreement.directions() == ["sendrecv"]
        assert call.timer is not None
        assert (call.timer.interval, call.timer.ours) == (1800, True)
        for method, held, direction in (("INVITE", True, "sendonly"), ("UPDATE", False, "sendrecv")):
            phone.offer(call, method, held=held)
            await phone.until(lambda: not call.is_negotiating)
            assert phone.agreement.directions() == [direction]
        phone.ua.hang_up(call, phone.driver.now())
        phone.driver.kick()
        await pjsua.says("state DISCONNECTED")


async def test_it_calls_holds_resumes_and_hangs_up(recording: Recording) -> None:
    async with both(recording) as (phone, pjsua, _):
        pjsua.tell(f"call sip:us@{HOST}:{phone.stack.sent_by('UDP')[1]}")
        await pjsua.says("state CONFIRMED")
        incoming = await phone.saw(IncomingCall)
        assert isinstance(incoming, IncomingCall)
        await phone.saw(ProvisionalConfirmed)
        await phone.until(lambda: incoming.call.state is CallState.CONFIRMED)
        assert incoming.call.timer is not None
        assert (incoming.call.timer.interval, incoming.call.timer.ours) == (300, False)
        pjsua.tell("hold")
        await phone.until(lambda: phone.agreement.is_held_by_peer)
        assert phone.agreement.directions() == ["recvonly"]
        pjsua.tell("resume")
        await phone.until(lambda: not phone.agreement.is_held_by_peer)
        assert phone.agreement.directions() == ["sendrecv"]
        pjsua.tell("bye")
        await phone.until(lambda: incoming.call.ended)


async def test_transfers_are_asked_for_told_and_refused(recording: Recording) -> None:
    async with both(recording) as (phone, pjsua, port):
        call = await we_call(phone, port)
        await pjsua.says("state CONFIRMED")
        pjsua.tell(f"refer sip:carol@{HOST}:9")
        await pjsua.says("transfer 200 True")
        request = phone.ua.transfers.request(call, Uri.parse(f"sip:carol@{HOST}:9"))
        phone.ua.transfers.send(call, request, phone.driver.now())
        phone.driver.kick()
        answered = await phone.saw(ReferAnswered)
        assert isinstance(answered, ReferAnswered)
        assert answered.status == 603
        assert call.state is CallState.CONFIRMED
