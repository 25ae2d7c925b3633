"""Offers within the running calls of a UC: ours hold and resume, and so do the peer's, which may name another port."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from telsdk.clock import Monotonic, Wall
from telsdk.net.driver import Driver
from telsdk.sip.errors import LimitExceeded, ProtocolStateError, SdpError
from telsdk.sip.message import Request, Response
from telsdk.sip.session import DescriptionMismatch
from telsdk.sip.transaction import Event, ServerTransaction
from telsdk.sip.ua import Call, CallState, LateAnswer, OfferAnswered, OfferFailed, Reinvited, UserAgent
from telsdk.uc.call import PhoneCall, peer_of
from telsdk.uc.errors import CalleeRefused, CallRejected
from telsdk.uc.hold import CallHold
from telsdk.uc.tokens import Tokens
from telsdk.uc.trust import Judge, Trust, sdp_of

log = logging.getLogger(__name__)

_UNFIT = (SdpError, LimitExceeded, DescriptionMismatch)


class SessionChanges:
    """The part of a `CallControl` that handles the sessions of answered calls.

    Args:
        find: the call as its person's program knows it, while it lasts.
    """

    def __init__(
        self,
        agent: UserAgent,
        judge: Judge,
        tokens: Tokens,
        driver: Driver,
        find: Callable[[Call], PhoneCall | None],
    ) -> None:
        self._agent = agent
        self._judge = judge
        self._tokens = tokens
        self._driver = driver
        self._find = find
        self._loop = asyncio.get_running_loop()
        self._wanted: dict[Call, tuple[bool, asyncio.Future[OfferFailed | None]]] = {}  # whether to hold

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

    async def _offer_hold(self, call: PhoneCall, held: CallHold, wanted: bool) -> OfferFailed | None:
        try:
            request = self._agent.within(call.call, "INVITE")
            request.body = held.offer(wanted)
            request.headers.add(*self._tokens.header(request, "INVITE", peer_of(call), sdp=request.body))
            self._agent.offer(call.call, request, self._driver.now())
        except ProtocolStateError as error:
            raise CallRejected(491, f"this call cannot be held now: {error}") from error
        outcome: asyncio.Future[OfferFailed | None] = self._loop.create_future()
        self._wanted[call.call] = wanted, outcome
        self._driver.kick()
        return await outcome

    def ended(self, call: Call) -> None:
        """Tell who waits for the answer to an offer that the call is over."""
        _, outcome = self._wanted.pop(call, (False, None))
        if outcome is not None and not outcome.done():
            outcome.set_exception(CallRejected(487, "the call has ended"))

    # Events of the user agent

    def act(self, event: Event, now: Monotonic) -> None:
        """Act on an event that belongs to an offer within a call."""
        match event:
            case Reinvited(call=call, tx=tx, request=request):
                self._reoffered(call, tx, request, now)
            case LateAnswer(call=call, ack=ack):
                self._answered_late(call, ack)
            case OfferAnswered(call=call, response=response):
                self._offer_answered(call, response)
            case OfferFailed(call=call):
                self._settle(call, event)

    def _reoffered(self, call: Call, tx: ServerTransaction, request: Request, now: Monotonic) -> None:
        """Answer the peer's offer. To a peer that asks for our offer, offer what holds now."""
        phone_call = self._find(call)
        held = phone_call.held if phone_call is not None else None
        if phone_call is None or held is None:
            self._agent.answer(tx, 488, now)
            return
        party = self._judge.within(request, phone_call.party, Wall(time.time()))
        if party.trust is Trust.REFUSED:
            log.warning("refused an offer within a call: %s", party)
            self._agent.answer(tx, party.status, now)
            return
        try:
            theirs = sdp_of(request)
            ours = held.answer(theirs) if theirs else held.offer(held.by_us)
        except _UNFIT as error:
            log.info("refused an offer within a call: %s", error)
            self._agent.answer(tx, 488, now)
            return
        act = f"{request.method} 200"
        header = self._tokens.header(request, act, peer_of(phone_call), sdp=ours)
        self._agent.accept_offer(call, tx, ours, now, headers=[header])
        self._flow(phone_call, held)

    def _answered_late(self, call: Call, ack: Request) -> None:
        """Take the answer in an ACK.

        Without an answer, or with one that is not the peer's, the call goes on as it was: our offer asked for nothing
        else.
        """
        phone_call = self._find(call)
        if phone_call is None or phone_call.held is None:
            return
        held = phone_call.held
        party = self._judge.within(ack, phone_call.party, Wall(time.time()))
        if party.trust is Trust.REFUSED:
            log.warning("the answer in an ACK within a call is not taken: %s", party)
            return
        try:
            held.answered(call.local_sdp, sdp_of(ack), held=held.by_us)
        except _UNFIT as error:
            log.info("the answer in an ACK within a call is not taken: %s", error)
        self._flow(phone_call, held)

    def _offer_answered(self, call: Call, response: Response) -> None:
        phone_call = self._find(call)
        if phone_call is None or phone_call.held is None or call not in self._wanted:
            return
        held, (wanted, _) = phone_call.held, self._wanted[call]
        party = self._judge.within(response, phone_call.party, Wall(time.time()))
        failed = None
        try:
            if party.trust is Trust.REFUSED:
                raise CalleeRefused(party.reason)
            held.answered(call.local_sdp, sdp_of(response), held=wanted)
        except (CalleeRefused, *_UNFIT) as error:
            log.info("the peer's answer within a call is not taken: %s", error)
            failed = OfferFailed(call, response, 488 if party.status == 200 else party.status)
        self._flow(phone_call, held)
        self._settle(call, failed)

    def _settle(self, call: Call, failed: OfferFailed | None) -> None:
        _, outcome = self._wanted.pop(call, (False, None))
        if outcome is not None and not outcome.done():
            outcome.set_result(failed)

    @staticmethod
    def _flow(call: PhoneCall, held: CallHold) -> None:
        """Send our sound only if the peer wants it and we do not hold: a person who holds does not mean to be heard."""
        if call.media is not None:
            call.media.let_send(held.sends and not held.by_us)
