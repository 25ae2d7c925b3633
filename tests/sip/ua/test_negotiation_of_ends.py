"""Two ends of one dialog: whatever they say, and whenever it arrives, they agree once all is said.

Here the two negotiations by themselves; `tests.sip.session.test_agreement_of_ends` has two user agents on a line that
loses, doubles and overtakes, `test_late_offer` besides offers that come late there.
"""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from telsdk.sip.ua.negotiation import Negotiation, Open, Ruling, Said, Turn

REQUESTS = (*(Said.OUR_INVITE_WITH, Said.OUR_INVITE_WITHOUT, Said.OUR_UPDATE_WITH, Said.OUR_UPDATE_WITHOUT),)
FINALS = (Said.OUR_2XX_WITH, Said.OUR_2XX_WITHOUT, Said.OUR_REFUSAL)
PRACKS = (Said.OUR_PRACK_WITH, Said.OUR_PRACK_WITHOUT)
ACKS = (Said.OUR_ACK_WITH, Said.OUR_ACK_WITHOUT)
REFUSALS = (Ruling.GLARE, Ruling.LATER)
YES = (Said.OUR_1XX_WITH, Said.OUR_2XX_WITH, Said.OUR_2XX_WITHOUT, Said.OUR_ANSWER, *PRACKS, *ACKS)

TAKEN = {Open.THEIRS_IN_INVITE, Open.THEIRS_IN_1XX, Open.THEIRS_IN_2XX, Open.THEIRS_IN_UPDATE}

_bodies = itertools.count()


@dataclass(eq=False)
class End:
    """One end: what it may say besides what the negotiation forbids, and what is on its way to it."""

    side: Negotiation = field(default_factory=Negotiation)
    inbox: deque[tuple[Said, bytes]] = field(default_factory=deque)
    owes_prack: bool = False
    owes_ack: bool = False
    waits_for_prack: bool = False

    def sayings(self) -> list[Said]:
        """What an application could say now."""
        wanted: list[Said] = [*REQUESTS]
        if self.side.turn is Turn.THEIRS and not self.waits_for_prack:
            wanted += [*FINALS, Said.OUR_1XX_WITH]
        if self.side.open is Open.THEIRS_IN_UPDATE:
            wanted += [Said.OUR_ANSWER, Said.OUR_NO]
        if self.owes_prack:
            wanted += PRACKS
        if self.owes_ack:
            wanted += ACKS
        return [said for said in wanted if self.side.may(said)]

    def say(self, said: Said, other: End) -> None:
        body = f"{next(_bodies)}".encode() if "SDP" in said or said is Said.OUR_ANSWER else b""
        self.side.step(said, body)
        self.owes_prack &= said not in PRACKS
        self.owes_ack &= said not in ACKS
        self.waits_for_prack |= said is Said.OUR_1XX_WITH
        self.tell(other, said, body)

    def tell(self, other: End, said: Said, body: bytes = b"") -> None:
        other.inbox.append((Said(said.replace("our", "their", 1)), body))

    def hear(self, other: End) -> None:
        """Take the next message; what the tables refuse is answered at once, as the user agent does."""
        said, body = self.inbox.popleft()
        ruling = self.side.step(said, body)
        self.owes_prack |= said is Said.THEIR_1XX_WITH
        self.owes_ack |= said in (Said.THEIR_2XX_WITH, Said.THEIR_2XX_WITHOUT)
        if said in (Said.THEIR_PRACK_WITH, Said.THEIR_PRACK_WITHOUT):
            self.waits_for_prack = False
        if said is Said.THEIR_UPDATE_WITHOUT:
            other.inbox.append((Said.ERRAND_DONE, b""))
        elif ruling in REFUSALS:
            self.tell(other, Said.OUR_REFUSAL if "INVITE" in said else Said.OUR_NO)

    def settle(self, other: End) -> bool:
        """Say what is owed, and yes to what was asked; False when there is nothing."""
        due = [said for said in self.sayings() if said in YES]
        if due:
            self.say(due[0], other)
        return bool(due)


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_two_negotiations_agree_once_all_is_said(data: st.DataObject) -> None:
    one, other = End(), End()
    for _ in range(data.draw(st.integers(1, 25))):
        me, peer = (one, other) if data.draw(st.booleans()) else (other, one)
        sayings: list[Said | None] = [*me.sayings(), *[None] * bool(me.inbox)]
        said = data.draw(st.sampled_from(sayings)) if sayings else None
        if said is not None:
            me.say(said, peer)
        elif me.inbox:
            me.hear(peer)
        assert not {one.side.open, other.side.open} <= TAKEN  # else each would have to answer the other
    for _ in range(200):
        for me, peer in ((one, other), (other, one)):
            while me.inbox:
                me.hear(peer)
        if not (one.settle(other) or other.settle(one) or one.inbox or other.inbox):
            break
    assert (one.side.quiet, other.side.quiet) == (True, True)
    assert (one.side.local, one.side.remote) == (other.side.remote, other.side.local)
