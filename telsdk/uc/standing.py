"""Whether the chain still grants a UC's login: it is compared with the chain's facts after every look."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from telsdk.clock import Wall
from telsdk.credential.errors import DelegationError, TooManyWalletQuestions, WalletUnreachable
from telsdk.credential.grant import Grant
from telsdk.credential.session import Login
from telsdk.credential.verify import Verifier
from telsdk.directory import Directory
from telsdk.uc.errors import SessionEnded

log = logging.getLogger(__name__)

_LONGEST_TIMER = (
    86_400.0  # seconds; a session may last a year, which some event loops cannot wait for at once
)


class Standing:
    """Whether a login holds.

    A sale, a move, a changed password, ended sessions and its own expiry end it. When the block that ended it is rolled
    back, it holds again.

    Args:
        on_change: called when the login has ended, and when it is granted again.

    Attributes:
        ended: why the login no longer holds; None while it does.
    """

    def __init__(self, directory: Directory, login: Login, on_change: Callable[[], None]) -> None:
        self._directory = directory
        self._login = login
        self._on_change = on_change
        self._grant: Grant | None = None
        self._told = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self.ended: SessionEnded | None = None

    async def begin(self) -> None:
        """Judge the login as others will: with all its cryptography, and by asking a contract wallet."""
        try:
            judge = Verifier(self._directory).authority
            self._grant = (await asyncio.to_thread(judge, self._login.text, Wall(time.time()))).grant
        except (WalletUnreachable, TooManyWalletQuestions) as error:
            log.warning("cannot tell yet whether this login holds: %s", error)
            self._grant = self._assumed()
        except DelegationError as error:
            self._end(str(error))
        if self._grant is not None:
            self._wait()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def look(self) -> None:
        """Compare the login with the chain's present facts."""
        if self._grant is None:
            return
        refusal = self._grant.refusal(self._directory.number(self._login.number)) or self._expired()
        if refusal is not None and self.ended is None:
            self._end(f"{refusal}: log in again, if it is still yours")
        elif refusal is None and self.ended is not None:
            log.info("the chain grants the login of %s again", self._login.number)
            self.ended = None
            self._told.clear()
            self._on_change()

    def check(self) -> None:
        """Refuse to begin anything once the login has ended.

        Raises:
            SessionEnded: the chain grants the login no longer.
        """
        if self.ended is not None:
            raise SessionEnded(str(self.ended))

    async def wait_ended(self) -> SessionEnded:
        """Wait until the login has ended, and return why."""
        while self.ended is None:
            await self._told.wait()
        return self.ended

    def _assumed(self) -> Grant | None:
        """Return what the login rests on if the owner's contract wallet, which could not be asked, stands by it."""
        facts, delegation = self._directory.number(self._login.number), self._login.delegation
        if facts is None:
            return None
        return Grant(facts.number, delegation.epoch, delegation.session, facts.owner)

    def _end(self, reason: str) -> None:
        log.warning("the login of %s has ended: %s", self._login.number, reason)
        self.ended = SessionEnded(reason)
        self._told.set()
        self._on_change()

    def _expired(self) -> str | None:
        expiry = self._login.delegation.expiry
        return f"the session of {self._login.number} expired" if time.time() >= expiry else None

    def _wait(self) -> None:
        left = self._login.delegation.expiry - time.time()
        self._timer = asyncio.get_running_loop().call_later(
            min(max(0.0, left), _LONGEST_TIMER), self._time_passed
        )

    def _time_passed(self) -> None:
        self.look()
        if self.ended is None:
            self._wait()
