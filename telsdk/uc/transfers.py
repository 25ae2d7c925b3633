"""Transfer a running call (RFC 3515): we ask the peer to call somebody else, or the peer asks us.

A peer that was proven when the call began has to sign its REFER, with the place where it leads. So nobody on the path
can send a person elsewhere. A peer that was never proven, such as a plain phone, may ask for nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from telsdk.address import aor, user_of
from telsdk.clock import Monotonic, Wall
from telsdk.net.driver import Driver
from telsdk.sip.errors import ProtocolStateError
from telsdk.sip.message import Uri
from telsdk.sip.transaction import Event
from telsdk.sip.ua import Call, CallState, ReferAnswered, Referral, Referred, TransferProgress, UserAgent
from telsdk.uc.call import PhoneCall, peer_of
from telsdk.uc.call_control import CallControl
from telsdk.uc.errors import CalleeRefused, CallRejected
from telsdk.uc.latest import Latest
from telsdk.uc.tokens import Tokens
from telsdk.uc.trust import Judge, Party, signed_content

log = logging.getLogger(__name__)

PATIENCE = 180.0
"""Seconds that a transfer may take: the person at the peer is asked, and it rings at the target."""

PlaceCall: TypeAlias = Callable[[str, Path | None, Path | None, Callable[[], None]], Awaitable[PhoneCall]]
"""Calls an address. The other arguments: what to play, what to record, what to call when it rings."""


@dataclass(frozen=True, slots=True)
class TransferRequest:
    """The peer of `call` wants us to go on with somebody else: `accept` or `refuse` it.

    Attributes:
        address: the number or name to call.
        party: the peer that asks: always proven, and the one with which the call began.
    """

    call: PhoneCall
    address: str
    party: Party
    _transfers: TransferControl
    _referral: Referral

    async def accept(self, source: Path | None = None, record: Path | None = None) -> PhoneCall:
        """Call `address`, and return once it is answered. The peer hears how it goes, and then ends the old call.

        Raises:
            CallRejected: the new call came to nothing, and the old one goes on; or the old one is over.
            NotFound, NotRegistered, CalleeRefused: as `UserClient.call`.
        """
        return await self._transfers.accept(self, self._referral, source, record)

    @property
    def over(self) -> bool:
        """Whether it was answered, or the call is over."""
        return self._referral.ended or self._referral.call.ended

    def refuse(self) -> None:
        """Stay in the call. Nothing happens when it is over."""
        self._transfers.tell(self._referral, 603)


class TransferControl:
    """The transfers of one user client's calls, those that it asks for and those that it is asked for."""

    def __init__(
        self,
        agent: UserAgent,
        judge: Judge,
        tokens: Tokens,
        calls: CallControl,
        driver: Driver,
        place: PlaceCall,
        waiting: int,
    ) -> None:
        self.requests: asyncio.Queue[TransferRequest] = Latest(waiting, lambda asked: asked.over)
        self._asked: dict[Call, Referral] = {}  # the last that each peer asked for
        self._agent = agent
        self._judge = judge
        self._tokens = tokens
        self._calls = calls
        self._driver = driver
        self._place = place
        self._waiting: dict[tuple[Call, int], asyncio.Future[int]] = {}

    async def transfer(self, call: PhoneCall, user: str) -> None:
        """Ask the peer of `call` to call `user`. See `UserClient.transfer`."""
        try:
            request = self._agent.transfers.request(call.call, Uri.parse(aor(user)))
        except ProtocolStateError as error:
            raise CallRejected(488, f"this call cannot be transferred: {error}") from error
        request.headers.add(
            *self._tokens.header(request, "REFER", peer_of(call), body=signed_content(request))
        )
        key = call.call, request.cseq.number
        outcome = self._waiting[key] = asyncio.get_running_loop().create_future()
        try:
            self._agent.transfers.send(call.call, request, self._driver.now())
            self._driver.kick()
            async with asyncio.timeout(PATIENCE):
                status = await outcome
        except TimeoutError as error:
            raise CallRejected(
                408, "nobody said how the transfer went: the call is still with you"
            ) from error
        finally:
            del self._waiting[key]
        if status >= 300:
            raise CallRejected(status, f"the transfer came to nothing ({status}): the call is still with you")
        call.hang_up()
        await call.wait_ended()

    async def accept(
        self, asked: TransferRequest, referral: Referral, source: Path | None, record: Path | None
    ) -> PhoneCall:
        """Do what the peer asks for. See `TransferRequest.accept`."""
        if referral.ended or referral.call.ended:
            raise CallRejected(487, "the transfer is off: it was answered, or the call is over")
        try:
            placed = await self._place(asked.address, source, record, lambda: self.tell(referral, 180))
        except CallRejected as error:
            self.tell(referral, error.status)
            raise
        except CalleeRefused:
            self.tell(referral, 403)
            raise
        except BaseException:
            self.tell(referral, 500)
            raise
        self.tell(referral, 200)
        return placed

    def tell(self, referral: Referral, status: int) -> None:
        """Tell the peer how its transfer goes, if it still waits to hear."""
        try:
            self._agent.transfers.notify(referral, status, self._driver.now())
        except ProtocolStateError:
            log.info("nobody waits for news of the transfer any more")
        self._driver.kick()

    # Events of the user agent

    def act(self, event: Event, now: Monotonic) -> None:
        """Act on an event that belongs to a transfer."""
        match event:
            case Referred():
                self._referred(event, now)
            case ReferAnswered(call=call, cseq=cseq, status=status) if status >= 300:
                self._settle(call, cseq, status)
            case TransferProgress(call=call, cseq=cseq, status=status, ended=ended) if ended or status >= 200:
                self._settle(call, cseq, status if status >= 200 else 487)

    def ended(self, call: Call) -> None:
        """End the transfers of a call that is over."""
        self._asked.pop(call, None)
        for known, cseq in tuple(self._waiting):
            if known is call:
                self._settle(known, cseq, 487)

    def _referred(self, event: Referred, now: Monotonic) -> None:
        call = self._calls.find(event.call)
        party = self._judge.within(event.request, call.party if call else None, Wall(time.time()))
        if call is None or not party.trust.proven or call.call.state is not CallState.CONFIRMED:
            log.warning("refused a transfer: %s", party)
            self._agent.answer(event.tx, party.status if not party.trust.proven else 403, now)
            return
        if event.replaces is not None:
            self._agent.answer(event.tx, 488, now)  # we make no call that replaces another (RFC 3891)
            return
        before = self._asked.get(event.call)
        if before is not None and not before.ended:
            self._agent.answer(event.tx, 491, now)  # one at a time: the person is still asked
            return
        # Accept at once: a person takes longer to decide than a REFER may wait (RFC 3515 section 2.4.2).
        referral = self._agent.transfers.accept(event.call, event.tx, now)
        self._asked[event.call] = referral
        address = user_of(str(event.target.uri))
        self.requests.put_nowait(TransferRequest(call, address, party, self, referral))

    def _settle(self, call: Call, cseq: int, status: int) -> None:
        waiting = self._waiting.get((call, cseq))
        if waiting is not None and not waiting.done():
            waiting.set_result(status)
