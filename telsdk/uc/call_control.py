"""The calls of a UC: send tokens, judge tokens, start and stop media."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path

from telsdk.clock import Monotonic, Wall
from telsdk.credential.asking import Asking
from telsdk.credential.wallet import WalletToAsk
from telsdk.net.driver import Driver
from telsdk.number import Number
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response, Uri
from telsdk.sip.transaction import Event
from telsdk.sip.ua import (
    Answered,
    Call,
    CallConfirmed,
    CallEnded,
    CallFailed,
    IncomingCall,
    Redirected,
    Ringing,
    UserAgent,
)
from telsdk.uc.call import PhoneCall, PhoneCallState, peer_of
from telsdk.uc.errors import (
    CalleeBrokePromise,
    CalleeDowngraded,
    CalleeRefused,
    CalleeUnverified,
    CallRejected,
)
from telsdk.uc.hold import CallHold
from telsdk.uc.holder import Holder, OwnerChange
from telsdk.uc.journal import Journal
from telsdk.uc.known_peers import KnownPeers
from telsdk.uc.latest import Latest
from telsdk.uc.media import DescriptionRefused, MediaError, MediaSession, check_first_offer
from telsdk.uc.session_changes import SessionChanges
from telsdk.uc.settings import UcSettings, Unverified, UnverifiedAnswer
from telsdk.uc.tokens import Tokens
from telsdk.uc.trust import Judge, Party, Trust, sdp_of

log = logging.getLogger(__name__)

_WHAT_IS_TAKEN = (
    "Warning",
    '399 telprotocol "Offer audio by DTLS-SRTP with ICE, rtcp-mux and Opus or G.711"',
)


class CallControl:
    """The part of a `UserClient` that handles calls. It is the `CallActions` of each."""

    def __init__(
        self,
        agent: UserAgent,
        judge: Judge,
        tokens: Tokens,
        settings: UcSettings,
        driver: Driver,
        journal: Journal,
        asking: Asking,
        peers: KnownPeers,
    ) -> None:
        waiting = settings.ringing.waiting
        self.incoming: asyncio.Queue[PhoneCall] = Latest(waiting, lambda call: call.ended_by is not None)
        self.refused: asyncio.Queue[Party] = Latest(waiting)
        self.changes: asyncio.Queue[OwnerChange] = Latest(waiting)
        self._agent = agent
        self._judge = judge
        self._tokens = tokens
        self._settings = settings
        self._driver = driver
        self._journal = journal
        self._asking = asking
        self._peers = peers
        self._loop = asyncio.get_running_loop()
        self._calls: dict[Call, PhoneCall] = {}
        self._answers: dict[Call, asyncio.Future[Response]] = {}
        self._ringing: dict[Call, Callable[[], None]] = {}
        self._changes = SessionChanges(agent, judge, tokens, driver, self.find)
        self._tasks: set[asyncio.Task[None]] = set()

    async def call(
        self,
        uri: Uri,
        callee: Holder,
        hop: Hop,
        source: Path | None,
        record: Path | None,
        on_ringing: Callable[[], None] | None,
        unverified: UnverifiedAnswer,
    ) -> PhoneCall:
        """Call `uri`, which `callee` has to answer. See `UserClient.call`."""
        media = self._media(source, record)
        try:
            offer = await media.offer()
            request = self._agent.new_request("INVITE", uri, body=offer)
            request.headers.add(*self._tokens.header(request, "INVITE", str(uri), sdp=offer))
            call = self._agent.invite(request, hop, self._driver.now())
        except BaseException:
            await media.close()
            raise
        phone_call = self._calls[call] = PhoneCall(self, call, party=None)
        phone_call.media, phone_call.callee = media, callee
        phone_call.change = self._peers.met(uri.user or "", callee)
        if phone_call.change is not None:
            self.changes.put_nowait(phone_call.change)
        answer = self._answers[call] = self._loop.create_future()
        if on_ringing is not None:
            self._ringing[call] = on_ringing
        self._driver.kick()
        try:
            response = await answer
            await self._check_answer(phone_call, response, callee, unverified)
        except BaseException:
            phone_call.hang_up()
            await phone_call.wait_ended()
            raise
        return phone_call

    async def answer(self, call: PhoneCall, source: Path | None, record: Path | None) -> None:
        """Answer the offer of a call, or make one where it has none. See `PhoneCall.answer`."""
        request = call.call.request
        theirs = sdp_of(request)
        media = self._media(source, record)
        try:
            ours = await (media.answer(theirs) if theirs else media.offer())
            header = self._tokens.header(request, "INVITE 200", peer_of(call), sdp=ours)
            self._agent.accept(call.call, ours, self._driver.now(), headers=[header])
        except BaseException as error:
            await media.close()
            if isinstance(error, DescriptionRefused):
                self.reject(call, 488)
            raise
        call.media = media
        call.was_answered()
        if theirs:
            call.held = CallHold.of(ours, theirs, offered=False)
        self._driver.kick()

    def reject(self, call: PhoneCall, status: int) -> None:
        self._agent.reject(call.call, self._driver.now(), status=status)
        self._driver.kick()

    def hang_up(self, call: PhoneCall) -> None:
        self._agent.hang_up(call.call, self._driver.now())
        self._driver.kick()

    async def hold(self, call: PhoneCall, held: bool) -> None:
        """Offer to hold or to resume. See `PhoneCall.hold`."""
        await self._changes.hold(call, held)

    async def close(self) -> None:
        """Hang up all calls, and close all media."""
        for call in tuple(self._calls.values()):
            call.hang_up()
        # A call that still waits for the other side's answer did not end by hanging up. It ends here.
        for call in tuple(self._calls.values()):
            await self._end(call, "lost")
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def find(self, call: Call) -> PhoneCall | None:
        """Return the call as the person's program knows it; None when it is over."""
        return self._calls.get(call)

    # Events of the user agent

    def act(self, event: Event, now: Monotonic) -> None:
        """Act on an event that belongs to a call."""
        match event:
            case IncomingCall(call=call, request=request):
                self._ring(call, request, now)
            case Ringing(call=call):
                self._rings(call)
            case Answered(call=call, response=response):
                self._answered(call, response)
            case CallFailed(call=call, response=response, status=status):
                self._fail(call, status, response.reason if response is not None else "")
            case Redirected(call=Call() as call, response=response):
                self._fail(call, response.status, "redirected, which only nodes follow")
            case CallEnded(call=call, by=by):
                self._fail(call, 487, f"the call was ended ({by})")
                self._ended(call, by)
            case CallConfirmed(call=call, ack=ack):
                self._confirmed(call, ack)
            case _:
                self._changes.act(event, now)

    def _ring(self, call: Call, request: Request, now: Monotonic) -> None:
        if call.ended:
            return  # the call ended while a contract wallet was asked about the caller
        party = self._judge.request(request, Wall(time.time()))
        unverified = party.trust is Trust.UNVERIFIED
        if party.trust is Trust.REFUSED or (unverified and self._settings.unverified is Unverified.REFUSE):
            log.info("refused a call: %s", party)
            self._agent.reject(call, now, status=party.status)
            self.refused.put_nowait(party)
            return
        known = self._journal.knows(party)
        if self._rings_enough(party, known):
            log.info("refused a call, as enough ring already: %s", party)
            self._agent.reject(call, now, status=486)
            self.refused.put_nowait(replace(party, status=486, reason="too many calls ring already"))
            return
        try:
            if offer := sdp_of(request):
                check_first_offer(offer)
        except DescriptionRefused as error:
            log.info("refused a call whose offer cannot be taken: %s", error)
            self._agent.reject(call, now, status=488, headers=[_WHAT_IS_TAKEN])
            self.refused.put_nowait(replace(party, status=488, reason=str(error)))
            return
        party = self._peers.met_party(party)
        if party.change is not None:
            self.changes.put_nowait(party.change)
        silent = unverified and self._settings.unverified is Unverified.SILENCE
        phone_call = self._calls[call] = PhoneCall(self, call, party=party, silent=silent)
        phone_call.state, phone_call.known = PhoneCallState.RINGING, known
        self._agent.ring(call, now)
        self.incoming.put_nowait(phone_call)

    def _rings_enough(self, party: Party, known: bool) -> bool:
        """Return whether one more call by `party` would be more than may ring at a time."""
        limits = self._settings.ringing
        ringing = [
            one for one in self._calls.values() if not one.outgoing and one.state is PhoneCallState.RINGING
        ]
        if len(ringing) >= limits.most:
            return True
        if not known and sum(not one.known for one in ringing) >= limits.of_strangers:
            return True
        if not party.trust.proven:
            return False
        of_one = [one for one in ringing if one.party is not None and one.party.number == party.number]
        return len(of_one) >= limits.of_one

    def _confirmed(self, call: Call, ack: Request) -> None:
        """Let media flow with a caller who offered nothing, once the answer in the ACK is known to be theirs.

        A caller who was proven by the INVITE has to prove the media key of this answer too: the token there had none
        to sign.
        """
        phone_call = self._calls.get(call)
        if phone_call is None or call.ended or sdp_of(call.request):
            return
        party = self._judge.within(ack, phone_call.party, Wall(time.time()))
        answer = sdp_of(ack)
        if party.trust is Trust.REFUSED or not answer:
            log.warning("ended a call: its ACK brings no answer that can be trusted: %s", party)
            phone_call.hang_up()
            return
        if phone_call.party is not None:
            phone_call.party = replace(phone_call.party, media_bound=party.media_bound)
        phone_call.held = CallHold.of(call.local_sdp, answer, offered=True)
        self._spawn(self._take_late(phone_call, answer))

    async def _take_late(self, phone_call: PhoneCall, answer: bytes) -> None:
        assert phone_call.media is not None
        try:
            await phone_call.media.accept(answer)
        except MediaError as error:
            log.warning("ended a call: the answer in its ACK cannot be used: %s", error)
            phone_call.hang_up()
        except Exception:
            phone_call.hang_up()
            raise

    def _rings(self, call: Call) -> None:
        if call in self._calls:
            self._calls[call].state = PhoneCallState.RINGING
        if (on_ringing := self._ringing.pop(call, None)) is not None:
            on_ringing()

    def _answered(self, call: Call, response: Response) -> None:
        answer = self._answers.get(call)
        if answer is not None and not answer.done():
            answer.set_result(response)

    async def _check_answer(
        self, call: PhoneCall, response: Response, callee: Holder, unverified: UnverifiedAnswer
    ) -> None:
        """Let media flow only with the party that was called.

        Raises:
            CalleeRefused: somebody else answered, or somebody unproven whom the user has not allowed, or whom the
                number's owner rules out.
        """
        party = call.party = await self._party(response, callee.number)
        if party.trust is Trust.REFUSED:
            raise CalleeRefused(f"the answer is not to be trusted: {party.reason}")
        if party.trust.proven:
            assert party.holder is not None
            self._peers.met(str(call.call.request.uri.user), party.holder, answered=True)
        elif self._judge.is_promised(callee.number):
            raise CalleeBrokePromise(
                f"{callee.number} has promised on chain that whoever answers proves it, and this proves nothing: "
                "somebody on the way answers in its place to listen, or its owner answered by a plain phone. Nothing "
                "was sent, and nothing can be allowed here: only the owner takes the promise back"
            )
        elif unverified is not UnverifiedAnswer.ALWAYS and self._peers.has_answered(callee):
            raise CalleeDowngraded(
                f"{callee.number} has answered with proof before, and does not now: it may be a plain phone of the "
                "same number, or somebody on the way who answers in its place to listen. Nothing was sent. "
                "Call again, and make sure by another way; `--unverified always` talks all the same"
            )
        elif unverified is UnverifiedAnswer.REFUSE:
            raise CalleeUnverified(
                f"whoever answered does not prove to be {callee.number}: it may be a plain phone, or somebody on "
                "the way who answers in its place to listen. Nothing was sent. If you expect a phone, allow it "
                "for this call (`telsdk call --unverified allow`) or this contact (`telsdk contacts add`)"
            )
        call.was_answered()
        assert call.media is not None
        answer = sdp_of(response)
        await call.media.accept(answer)
        call.held = CallHold.of(call.call.request.body, answer, offered=True)

    async def _party(self, response: Response, number: Number) -> Party:
        try:
            return self._judge.response(response, number, Wall(time.time()))
        except WalletToAsk as wanted:
            await self._asking.answer(wanted)
            return self._judge.response(response, number, Wall(time.time()))

    def _fail(self, call: Call, status: int, reason: str) -> None:
        answer = self._answers.get(call)
        if answer is not None and not answer.done():
            answer.set_exception(
                CallRejected(status, f"the call came to nothing: {status} {reason}".rstrip())
            )
            self._ended(call, "remote")

    def give_up(self, call: Call) -> None:
        """End what the person's program waits for in a call that is over, because a handler of its failed."""
        self._fail(call, 500, "a bug kept this client from handling it")
        self._ended(call, "lost")

    def _ended(self, call: Call, by: str) -> None:
        phone_call = self._calls.get(call)
        if phone_call is not None:
            self._spawn(self._end(phone_call, by))

    async def _end(self, phone_call: PhoneCall, by: str) -> None:
        if self._calls.pop(phone_call.call, None) is None:
            return
        self._answers.pop(phone_call.call, None)
        self._ringing.pop(phone_call.call, None)
        self._changes.ended(phone_call.call)
        try:
            if phone_call.media is not None:
                with contextlib.suppress(OSError):
                    await phone_call.media.close()
        finally:
            phone_call.has_ended(by)
            self._journal.call(phone_call)

    def _media(self, source: Path | None, record: Path | None) -> MediaSession:
        return MediaSession(source, address=self._settings.media_address, record=record)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = self._driver.watched(work, "look after a call")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
