"""Note a UC's calls and messages as events in its store."""

from __future__ import annotations

from telsdk.sip.message import Request
from telsdk.uc.call import PhoneCall
from telsdk.uc.holder import Holder
from telsdk.uc.store import Direction, Store
from telsdk.uc.trust import Party, Trust


class Journal:
    """The writer of the call log and the messages. Without a store it writes nothing."""

    def __init__(self, store: Store | None) -> None:
        self._store = store

    def call(self, call: PhoneCall) -> None:
        """Note a call that is over."""
        if self._store is None:
            return
        request = call.call.request
        if call.outgoing:
            direction, dialled = Direction.OUT, request.uri.user or ""
        else:
            direction, dialled = Direction.IN, request.from_.uri.user or ""
        peer = _known(call.party) or dialled
        trust = Trust.UNVERIFIED.value if call.party is None else call.party.standing
        answered = call.answered_at is not None
        outcome = "answered" if answered else "unanswered" if call.outgoing else "missed"
        holder = call.callee if call.party is None or call.party.holder is None else call.party.holder
        self._store.add_call(direction, peer, trust, outcome, round(call.seconds), holder)

    def message_out(self, address: str, text: str, holder: Holder) -> None:
        """Note a message that was accepted. Only a node says by whom, so the receiver counts as unverified."""
        if self._store is not None:
            self._store.add_message(Direction.OUT, address, Trust.UNVERIFIED.value, text, holder)

    def message_in(self, party: Party, request: Request, text: str) -> None:
        """Note a message that came."""
        if self._store is not None:
            peer = _known(party) or request.from_.uri.user or ""
            self._store.add_message(Direction.IN, peer, party.standing, text, party.holder)


def _known(party: Party | None) -> str | None:
    """Return the name or number that the chain gives a verified party; None for any other."""
    if party is None or not party.trust.proven:
        return None
    return str(party.name or party.number)
