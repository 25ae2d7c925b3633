"""Note a UC's calls and messages as events in its store."""

from __future__ import annotations

import logging

from telsdk.sip.message import Request
from telsdk.uc.call import PhoneCall
from telsdk.uc.holder import Holder
from telsdk.uc.limits import StoreLimits
from telsdk.uc.quota import has_room
from telsdk.uc.store import Direction, EventMalformed, Store, StoreUnusable
from telsdk.uc.trust import Party, Trust

log = logging.getLogger(__name__)


class Journal:
    """The writer of the call log and the messages. Without a store it writes nothing."""

    def __init__(self, store: Store | None, limits: StoreLimits | None = None) -> None:
        self._store = store
        self._limits = limits or StoreLimits()
        self._complained = False  # the log says once that nothing is noted, and again after it went well

    def knows(self, party: Party) -> bool:
        """Return whether a party is proven and known to the person; without a store, whether it is proven."""
        proven = _proven(party)
        if not proven or self._store is None:
            return bool(proven)
        try:
            return self._store.knows(proven)
        except StoreUnusable as error:
            self._complain(error)
            return False

    def call(self, call: PhoneCall) -> None:
        """Note a call that is over. A stranger's is not noted where strangers fill their share of the store."""
        if self._store is None:
            return
        request = call.call.request
        if call.outgoing:
            direction, dialled = Direction.OUT, request.uri.user or ""
        else:
            direction, dialled = Direction.IN, request.from_.uri.user or ""
        proven = _proven(call.party)
        trust = Trust.UNVERIFIED.value if call.party is None else call.party.standing
        holder = call.callee if call.party is None or call.party.holder is None else call.party.holder
        answered = call.answered_at is not None
        outcome = "answered" if answered else "unanswered" if call.outgoing else "missed"
        try:
            if call.outgoing or has_room(self._store, self._limits, proven, 0):
                peer = proven[0] if proven else dialled
                self._store.add_call(direction, peer, trust, outcome, round(call.seconds), holder)
                self._complained = False
            else:
                self._complain("strangers have filled their share of the store: `telsdk history delete`")
        except (StoreUnusable, EventMalformed) as error:
            self._complain(error)

    def message_out(self, address: str, text: str, holder: Holder) -> None:
        """Note a message that was accepted. Only a node says by whom, so the receiver counts as unverified.

        It was delivered, so a store that takes nothing is only logged.
        """
        if self._store is None:
            return
        try:
            self._store.add_message(Direction.OUT, address, Trust.UNVERIFIED.value, text, holder)
            self._complained = False
        except (StoreUnusable, EventMalformed) as error:
            self._complain(error)

    def message_in(self, party: Party, request: Request, text: str) -> int:
        """Note a message that came. Return the status to answer: 200 once it is on the disk, or there is no store.

        Returns:
            480 where strangers fill their share: unavailable to the sender now, and room may be made (RFC 3261
            21.4.18). 413 for a text larger than an event may be (21.4.11): a shorter one would be taken. 500 where the
            disk takes no more (21.5.1), which is no fault of the sender's.
        """
        if self._store is None:
            return 200
        proven = _proven(party)
        peer = proven[0] if proven else request.from_.uri.user or ""
        try:
            if not has_room(self._store, self._limits, proven, len(text.encode())):
                self._complain("strangers have filled their share of the store: `telsdk history delete`")
                return 480
            self._store.add_message(Direction.IN, peer, party.standing, text, party.holder)
        except EventMalformed:
            return 413
        except StoreUnusable as error:
            self._complain(error)
            return 500
        self._complained = False
        return 200

    def _complain(self, reason: object) -> None:
        if not self._complained:
            self._complained = True
            log.warning("a call or message was not noted: %s", reason)


def _proven(party: Party | None) -> tuple[str, ...]:
    """Return the addresses that the chain gives a verified party, the one to show first; none for any other."""
    if party is None or not party.trust.proven:
        return ()
    return tuple(str(address) for address in (party.name, party.number) if address)
