"""The calls of a UC: send tokens, judge tokens, start and stop media."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine
from pathlib import Path

from telsdk.address import aor
from telsdk.credential.asking import Asking
from telsdk.credential.wallet import WalletToAsk
from telsdk.net.driver import Driver
from telsdk.number import Number
from telsdk.sip.errors import LimitExceeded, ProtocolStateError, SdpError
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response, Uri
from telsdk.sip.session import DescriptionMismatch
from telsdk.sip.transaction import Event, ServerTransaction
from telsdk.sip.ua import (
    Answered,
    Call,
    CallEnded,
    CallFailed,
    CallState,
    IncomingCall,
    OfferAnswered,
    OfferFailed,
    Redirected,
    Reinvited,
    Ringing,
    UserAgent,
)
from telsdk.uc.call import PhoneCall, PhoneCallState
from telsdk.uc.errors import CalleeRefused, CallRejected
from telsdk.uc.hold import Held
from telsdk.uc.media import DescriptionRefused, MediaSession
from telsdk.uc.settings import UcSettings, Unverified
from telsdk.uc.tokens import Tokens
from telsdk.uc.trust import Judge, Party, Trust

log = logging.getLogger(__name__)


class CallControl:
    """The part of a `UserClient` that handles calls. It is the `CallActions` of each."""

    def __init__(
        self,
        agent: UserAgent,
        judge: Judge,
        tokens: Tokens,
        settings: UcSettings,
        driver: Driver,
        log_call: Callable[[PhoneCall], None],
        asking: Asking,
    ) -> None:
        self.incoming: asyncio.Queue[PhoneCall] = asyncio.Queue()
        self.refused: asyncio.Queue[Party] = asyncio.Queue()
        self._agent = agent
        self._judge = judge
        self._tokens = tokens
        self._settings = settings
        self._driver = driver
        self._log_call = log_call
        self._asking = asking
        self._loop = asyncio.get_running_loop()
        self._calls: dict[Call, PhoneCall] = {}
        self._answers: dict[Call, asyncio.Future[Response]] = {}
        self._ringing: dict[Call, Callable[[], None]] = {}
        self._offers: dict[Call, asyncio.Future[OfferFailed | None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def call(
        self,
        uri: Uri,
        number: Number,
        hop: Hop,
        source: Path | None,
        record: Path | None,
        on_ringing: Callable[[], None] | None,
    ) -> PhoneCall:
        """Call `uri`, which `number` has to answer. See `UserClient.call`."""
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
        phone_call.media = media
        answer = self._answers[call] = self._loop.create_future()
        if on_ringing is not None:
            self._ringing[call] = on_ringing
        self._driver.kick()
        try:
            response = await answer
            await self._check_answer(phone_call, response, number)
        except BaseException:
            phone_call.hang_up()
            await phone_call.wait_ended()
            raise
        return phone_call

    async def answer(self, call: PhoneCall, source: Path | None, record: Path | None) -> None:
        media = self._media(source, record)
        try:
            answer = await media.answer(call.call.request.body)
        except BaseException as error:
            await media.close()
            if isinstance(error, DescriptionRefused):
                self.reject(call, 488)
            raise
        call.media = media
        header = self._tokens.header(call.call.request, "INVITE 200", peer_of(call), sdp=answer)
        self._agent.accept(call.call, answer, self._driver.now(), headers=[header])
        call.was_answered()
        call.held = _held(answer, call.call.request.body, outgoing=False)
        self._driver.kick()

    def reject(self, call: PhoneCall, status: int) -> None:
        self._agent.reject(call.call, self._driver.now(), status=status)
        self._driver.kick()

    def hang_up(self, call: PhoneCall) -> None:
        self._agent.hang_up(call.call, self._driver.now())
        self._driver.kick()

    async def hold(self, call: PhoneCall, held: bool) -> None:
        """Offer to hold or to resume. See `PhoneCall.hold`."""
        if call.held is None or call.call.state is not CallState.CONFIRMED:
            raise CallRejected(488, "this call cannot be held: it is not answered, or is over")
        while call.held.by_us is not held:
            failed = await self._offer_hold(call, call.held, held)
            if failed is None:
                break
            if failed.retry_after is None:
                raise CallRejected(failed.status, f"the peer does not take it: {failed.status}")
            # Both sides offered at once. How long each waits is said by RFC 3261 section 14.1.
            await asyncio.sleep(failed.retry_after)

    async def _offer_hold(self, call: PhoneCall, held: Held, wanted: bool) -> OfferFailed | None:
        try:
            request = self._agent.within(call.call, "INVITE")
            request.body = held.offer(wanted)
        except ProtocolStateError as error:
            raise CallRejected(491, f"this call cannot be held now: {error}") from error
        request.headers.add(*self._tokens.header(request, "INVITE", peer_of(call), sdp=request.body))
        try:
            self._agent.offer(call.call, request, self._driver.now())
        except ProtocolStateError as error:
            held.refused()
            raise CallRejected(491, f"this call cannot be held now: {error}") from error
        offer: asyncio.Future[OfferFailed | None] = self._loop.create_future()
        self._offers[call.call] = offer
        self._driver.kick()
        return await offer

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

    def act(self, event: Event, now: float) -> None:
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
            case Reinvited(call=call, tx=tx, request=request):
                self._reoffered(call, tx, request, now)
            case OfferAnswered(call=call, response=response):
                self._offer_answered(call, response)
            case OfferFailed(call=call):
                self._offer_failed(event)

    def _ring(self, call: Call, request: Request, now: float) -> None:
        if call.ended:
            return  # the call ended while a contract wallet was asked about the caller
        party = self._judge.request(request, time.time())
        unverified = party.trust is Trust.UNVERIFIED
        if party.trust is Trust.REFUSED or (unverified and self._settings.unverified is Unverified.REFUSE):
            log.info("refused a call: %s", party)
            self._agent.reject(call, now, status=party.status)
            self.refused.put_nowait(party)
            return
        silent = unverified and self._settings.unverified is Unverified.SILENCE
        phone_call = self._calls[call] = PhoneCall(self, call, party=party, silent=silent)
        phone_call.state = PhoneCallState.RINGING
        self._agent.ring(call, now)
        self.incoming.put_nowait(phone_call)

    def _rings(self, call: Call) -> None:
        if call in self._calls:
            self._calls[call].state = PhoneCallState.RINGING
        if (on_ringing := self._ringing.pop(call, None)) is not None:
            on_ringing()

    def _answered(self, call: Call, response: Response) -> None:
        answer = self._answers.get(call)
        if answer is not None and not answer.done():
            answer.set_result(response)

    async def _check_answer(self, call: PhoneCall, response: Response, number: Number) -> None:
        """Let media flow only with the party that was called.

        Raises:
            CalleeRefused: somebody else answered, or somebody unproven where the settings want proof.
        """
        party = call.party = await self._party(response, number)
        refuse_unverified = self._settings.unverified is Unverified.REFUSE
        if party.trust is Trust.REFUSED or (party.trust is Trust.UNVERIFIED and refuse_unverified):
            raise CalleeRefused(f"the answer is not to be trusted: {party.reason}")
        call.was_answered()
        assert call.media is not None
        await call.media.accept(response.body)
        call.held = _held(call.call.request.body, response.body, outgoing=True)

    async def _party(self, response: Response, number: Number) -> Party:
        try:
            return self._judge.response(response, number, time.time())
        except WalletToAsk as wanted:
            await self._asking.answer(wanted)
            return self._judge.response(response, number, time.time())

    def _reoffered(self, call: Call, tx: ServerTransaction, request: Request, now: float) -> None:
        """Answer an offer by which the peer holds or resumes. Refuse any other, and one that is not from the peer."""
        phone_call = self._calls.get(call)
        held = phone_call.held if phone_call is not None else None
        if phone_call is None or held is None:
            self._agent.answer(tx, 488, now)
            return
        party = self._judge.within(request, phone_call.party, time.time())
        if party.trust is Trust.REFUSED:
            log.warning("refused an offer within a call: %s", party)
            self._agent.answer(tx, party.status, now)
            return
        try:
            answer = held.answer(request.body)
        except (SdpError, LimitExceeded, DescriptionMismatch, ProtocolStateError) as error:
            log.info("refused an offer within a call: %s", error)
            self._agent.answer(tx, 488, now)
            return
        act = f"{request.method} 200"
        header = self._tokens.header(request, act, peer_of(phone_call), sdp=answer)
        self._agent.accept_offer(call, tx, answer, now, headers=[header])
        self._flow(phone_call, held)

    def _offer_answered(self, call: Call, response: Response) -> None:
        phone_call = self._calls.get(call)
        if phone_call is None or phone_call.held is None or call not in self._offers:
            return
        party = self._judge.within(response, phone_call.party, time.time())
        offer = self._offers.pop(call)
        failed = None
        try:
            if party.trust is Trust.REFUSED:
                raise CalleeRefused(party.reason)
            phone_call.held.answered(response.body)
        except (CalleeRefused, SdpError, LimitExceeded, DescriptionMismatch) as error:
            log.info("the peer's answer within a call is not taken: %s", error)
            phone_call.held.refused()
            failed = OfferFailed(call, response, 488 if party.status == 200 else party.status)
        self._flow(phone_call, phone_call.held)
        if not offer.done():
            offer.set_result(failed)

    def _offer_failed(self, event: OfferFailed) -> None:
        phone_call, offer = self._calls.get(event.call), self._offers.pop(event.call, None)
        if phone_call is not None and phone_call.held is not None and offer is not None:
            phone_call.held.refused()
            if not offer.done():
                offer.set_result(event)

    @staticmethod
    def _flow(call: PhoneCall, held: Held) -> None:
        """Send our sound only if the peer wants it and we do not hold: a person who holds does not mean to be heard."""
        if call.media is not None:
            call.media.let_send(held.sends and not held.by_us)

    def _fail(self, call: Call, status: int, reason: str) -> None:
        answer = self._answers.get(call)
        if answer is not None and not answer.done():
            answer.set_exception(
                CallRejected(status, f"the call came to nothing: {status} {reason}".rstrip())
            )
            self._ended(call, "remote")

    def _ended(self, call: Call, by: str) -> None:
        phone_call = self._calls.get(call)
        if phone_call is not None:
            self._spawn(self._end(phone_call, by))

    async def _end(self, phone_call: PhoneCall, by: str) -> None:
        if self._calls.pop(phone_call.call, None) is None:
            return
        self._answers.pop(phone_call.call, None)
        self._ringing.pop(phone_call.call, None)
        offer = self._offers.pop(phone_call.call, None)
        if offer is not None and not offer.done():
            offer.set_exception(CallRejected(487, "the call has ended"))
        if phone_call.media is not None:
            with contextlib.suppress(OSError):
                await phone_call.media.close()
        phone_call.has_ended(by)
        self._log_call(phone_call)

    def _media(self, source: Path | None, record: Path | None) -> MediaSession:
        return MediaSession(source, address=self._settings.media_address, record=record)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def peer_of(call: PhoneCall) -> str:
    """Return the SIP URI of the peer, for which the tokens in this call are made."""
    if call.party is not None and call.party.number is not None:
        return aor(call.party.number)
    request = call.call.request
    return str((request.to if call.outgoing else request.from_).uri.aor)


def _held(local: bytes, remote: bytes, *, outgoing: bool) -> Held | None:
    """Return what hold and resume need; None when we cannot read the descriptions."""
    try:
        return Held(local, remote, outgoing=outgoing)
    except (SdpError, LimitExceeded):
        return None
