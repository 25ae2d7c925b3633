"""A call as a person's program sees it: the other party, answer, hang up, hold, and what was heard."""

from __future__ import annotations

import asyncio
import enum
from pathlib import Path
from typing import Protocol

from telsdk.address import aor
from telsdk.clock import Monotonic
from telsdk.sip.ua import Call
from telsdk.uc.hold import CallHold
from telsdk.uc.holder import Holder, OwnerChange
from telsdk.uc.media import MediaSession, MediaStats
from telsdk.uc.trust import Party


class PhoneCallState(enum.Enum):
    CALLING = "calling"
    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


class CallActions(Protocol):
    """What a call asks of the UC to which it belongs."""

    async def answer(self, call: PhoneCall, source: Path | None, record: Path | None) -> None: ...

    def reject(self, call: PhoneCall, status: int) -> None: ...

    def hang_up(self, call: PhoneCall) -> None: ...

    async def hold(self, call: PhoneCall, held: bool) -> None: ...


class PhoneCall:
    """One call, incoming or outgoing.

    Attributes:
        party: the other end, as far as it is proven; of an outgoing call known once it is answered.
        ended_by: "local", "remote" or "lost" once it has ended.
        callee: who holds the number that was called; None of an incoming call.
        change: what has changed since the last contact with the other end: somebody else may be behind its address.
        known: whether an incoming call is by somebody whom the person knows (`telsdk.uc.limits.RingingLimits`).
        silent: whether the program must make no sound: the caller is unverified, and the settings want it so.
    """

    def __init__(
        self, control: CallActions, call: Call, *, party: Party | None, silent: bool = False
    ) -> None:
        self._control = control
        self.call = call
        self.party = party
        self.callee: Holder | None = None
        self.change: OwnerChange | None = None if party is None else party.change
        self.silent = silent
        self.known = False
        self.state = PhoneCallState.CALLING
        self.media: MediaSession | None = None
        self.held: CallHold | None = None  # once the call is answered
        self.ended_by: str | None = None
        self.answered_at: Monotonic | None = None
        self._ended_at: float | None = None
        self._ended = asyncio.Event()

    @property
    def id(self) -> str:
        """The Call-ID."""
        return self.call.id

    @property
    def seconds(self) -> float:
        """How long the two have been connected, up to now or to the end."""
        if self.answered_at is None:
            return 0.0
        until = self._ended_at if self._ended_at is not None else asyncio.get_running_loop().time()
        return until - self.answered_at

    @property
    def outgoing(self) -> bool:
        return self.call.outgoing

    async def answer(self, source: Path | None = None, record: Path | None = None) -> None:
        """Answer an incoming call, and play the WAV file `source`, or silence.

        A caller who offered nothing gets our offer. Sound flows once the ACK has brought the answer. The call ends if
        the ACK brings none, or if the caller was proven and does not prove the answer.

        Raises:
            DescriptionRefused: the caller offers nothing that we can do, and was answered 488.
            MediaError: see `telsdk.uc.media`.
        """
        await self._control.answer(self, source, record)

    def reject(self, status: int = 486) -> None:
        """Refuse an incoming call, by default as busy."""
        self._control.reject(self, status)

    def hang_up(self) -> None:
        """End the call. `wait_ended` returns when it is over."""
        self._control.hang_up(self)

    async def hold(self) -> None:
        """Put the call on hold: ask the peer to send no sound. Nothing happens when we hold it already.

        Raises:
            CallRejected: the peer refuses, or the call is not answered. It goes on as it was.
        """
        await self._control.hold(self, True)

    async def resume(self) -> None:
        """End our hold. It raises what `hold` raises."""
        await self._control.hold(self, False)

    @property
    def on_hold(self) -> tuple[bool, bool]:
        """Whether we hold the call, and whether the peer does."""
        return (False, False) if self.held is None else (self.held.by_us, self.held.by_peer)

    async def wait_ended(self, timeout: float | None = None) -> None:
        """Wait until the call is over and its media are closed.

        Raises:
            TimeoutError: that took longer than `timeout` seconds.
        """
        async with asyncio.timeout(timeout):
            await self._ended.wait()

    async def stats(self) -> MediaStats | None:
        """Return what was heard; None when there never were media."""
        return await self.media.stats() if self.media is not None else None

    # Called by the UC

    def was_answered(self) -> None:
        """Note that the two are connected."""
        self.state = PhoneCallState.ANSWERED
        self.answered_at = Monotonic(asyncio.get_running_loop().time())

    def has_ended(self, by: str) -> None:
        """Note the end. The UC calls this once the media are closed."""
        self.ended_by = by
        self._ended_at = asyncio.get_running_loop().time()
        self.state = PhoneCallState.ENDED
        self._ended.set()


def peer_of(call: PhoneCall) -> str:
    """Return the SIP URI of the peer, for which the tokens in this call are made."""
    if call.party is not None and call.party.number is not None:
        return aor(call.party.number)
    request = call.call.request
    return str((request.to if call.outgoing else request.from_).uri.aor)
