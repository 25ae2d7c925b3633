"""What two sides agree on, one offer and answer after the other (RFC 3264 sections 5 to 8).

`Agreement` keeps what was agreed in a call, and the one offer that may be open. A refused offer leaves the agreement as
it was. It judges descriptions; `telsdk.sip.ua.agent` decides when an offer may be sent at all.
"""

from __future__ import annotations

from enum import StrEnum

from telsdk.sip.errors import ProtocolStateError
from telsdk.sip.session.offer import (
    DescriptionMismatch,
    answer_to,
    check_answer,
    check_offer,
    direction_of,
    flow,
    on_hold,
    origin_of,
    receives,
)
from telsdk.sip.session.sdp import SessionDescription


class Negotiation(StrEnum):
    STABLE = "stable"  # no offer is open
    OFFERED = "offered"  # our offer is open
    ASKED = "asked"  # the peer's offer is open


class Agreement:
    """What the two sides of a call agreed on, and the offer that is open.

    Attributes:
        local: our description as agreed; None before the first agreement.
        remote: the peer's description as agreed; None before the first agreement.
        held: whether we hold the call: no offer and no answer of ours then asks for media from the peer.
    """

    def __init__(self) -> None:
        self.local: SessionDescription | None = None
        self.remote: SessionDescription | None = None
        self.held = False
        self._pending: SessionDescription | None = None
        self._newest: SessionDescription | None = None  # the last that we sent, agreed or not: versions go on
        self.state = Negotiation.STABLE

    @classmethod
    def of(cls, local: SessionDescription, remote: SessionDescription) -> Agreement:
        """Return the agreement that an offer and an answer made elsewhere."""
        agreement = cls()
        agreement.local = agreement._newest = local
        agreement.remote = remote
        return agreement

    def offer(self, wanted: SessionDescription) -> SessionDescription:
        """Open an offer, and return the description to send.

        Args:
            wanted: what we want, with the directions that hold when the call is not held.

        Raises:
            ProtocolStateError: an offer is open.
            DescriptionMismatch: `wanted` has fewer media than the agreement. A medium ends by port 0.
        """
        self._expect(Negotiation.STABLE)
        known = len(self.local.media) if self.local is not None else 0
        if len(wanted.media) < known:
            raise DescriptionMismatch(
                f"{len(wanted.media)} media in a call of {known}: a medium is ended with port 0, not left out"
            )
        self._pending = self._sent(on_hold(wanted) if self.held else wanted.copy())
        self.state = Negotiation.OFFERED
        return self._pending

    def answered(self, answer: SessionDescription) -> None:
        """Take the peer's answer to our offer.

        Raises:
            ProtocolStateError: we have no offer open.
            DescriptionMismatch: the answer does not fit. The offer stays open: `refuse` it, or end the call.
        """
        self._expect(Negotiation.OFFERED)
        assert self._pending is not None
        check_answer(self._pending, answer)
        self.local, self.remote = self._pending, answer
        self._settle()

    def ask(self, offer: SessionDescription) -> None:
        """Take an offer of the peer, to `answer` or to `refuse`.

        Raises:
            ProtocolStateError: an offer is open. The peer gets 491 or 500 (RFC 3261 section 14.2).
            DescriptionMismatch: it does not fit the call. Nothing has changed.
        """
        self._expect(Negotiation.STABLE)
        if self.remote is not None:
            check_offer(self.remote, offer)
        self._pending = offer
        self.state = Negotiation.ASKED

    def answer(self, capable: SessionDescription) -> SessionDescription:
        """Answer the open offer out of what we are capable of, and return the description to send.

        Raises:
            ProtocolStateError: the peer has no offer open.
            DescriptionMismatch: we can take no medium of the offer. It stays open: `refuse` it with 488.
        """
        self._expect(Negotiation.ASKED)
        assert self._pending is not None
        answer = answer_to(self._pending, on_hold(capable) if self.held else capable)
        if any(medium.port for medium in self._pending.media) and not any(m.port for m in answer.media):
            raise DescriptionMismatch("no medium of the offer can be taken: none has a codec in common")
        self.remote, self.local = self._pending, self._sent(answer)
        self._settle()
        return self.local

    def refuse(self) -> None:
        """Drop the open offer, ours or the peer's. The session is as it was."""
        self._settle()

    def directions(self) -> list[str]:
        """Return which way each medium flows, seen from here: "inactive" also for one that is refused or ended."""
        if self.local is None or self.remote is None:
            return []
        return [
            flow(self.local, mine, self.remote, theirs)
            for mine, theirs in zip(self.local.media, self.remote.media, strict=False)
        ]

    @property
    def is_held_by_peer(self) -> bool:
        """Whether the peer wants no media from us in any medium that is alive."""
        if self.remote is None:
            return False
        alive = [medium for medium in self.remote.media if medium.port]
        return bool(alive) and not any(receives(direction_of(self.remote, medium)) for medium in alive)

    def _expect(self, state: Negotiation) -> None:
        if self.state is not state:
            raise ProtocolStateError(f"the agreement is {self.state}, not {state}: one offer after the other")

    def _settle(self) -> None:
        self._pending = None
        self.state = Negotiation.STABLE

    def _sent(self, description: SessionDescription) -> SessionDescription:
        """Give the description our ``o=`` line, with the next version if anything else changed (section 8)."""
        before = self._newest
        if before is not None:
            same = _without_origin(before) == _without_origin(description)
            _set_origin(description, origin_of(before), 0 if same else 1)
        self._newest = description
        return description


def _set_origin(description: SessionDescription, origin: list[str], step: int) -> None:
    user, number, version, rest = origin
    line = f"{user} {number} {int(version) + step} {rest}"
    lines = description.session.lines
    description.session.lines = [(kind, line if kind == "o" else value) for kind, value in lines]


def _without_origin(description: SessionDescription) -> list[object]:
    session = [line for line in description.session.lines if line[0] != "o"]
    return [session, *[(str(medium), medium.lines) for medium in description.media]]
