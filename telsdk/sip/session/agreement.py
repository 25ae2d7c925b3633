"""What two sides agree on, one offer and answer after the other (RFC 3264 sections 5 to 8).

`Agreement` keeps what was agreed in a call. It makes and judges descriptions; an offer that was refused, or is still
open, has changed nothing in it. Whether an offer is open, and whose, is `telsdk.sip.ua.negotiation`'s to know.
"""

from __future__ import annotations

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


class Agreement:
    """What the two sides of a call agreed on.

    Attributes:
        local: our description as agreed; None before the first agreement.
        remote: the peer's description as agreed; None before the first agreement.
        held: whether we hold the call: no offer and no answer of ours then asks for media from the peer.
    """

    def __init__(self) -> None:
        self.local: SessionDescription | None = None
        self.remote: SessionDescription | None = None
        self.held = False
        self._newest: SessionDescription | None = None  # the last that we sent, agreed or not: versions go on

    @classmethod
    def of(cls, local: SessionDescription, remote: SessionDescription) -> Agreement:
        """Return the agreement that an offer and an answer made elsewhere."""
        agreement = cls()
        agreement.local = agreement._newest = local
        agreement.remote = remote
        return agreement

    def offer(self, wanted: SessionDescription) -> SessionDescription:
        """Return the offer to send.

        Args:
            wanted: what we want, with the directions that hold when the call is not held.

        Raises:
            DescriptionMismatch: `wanted` has fewer media than the agreement. A medium ends by port 0.
        """
        known = len(self.local.media) if self.local is not None else 0
        if len(wanted.media) < known:
            raise DescriptionMismatch(
                f"{len(wanted.media)} media in a call of {known}: a medium is ended with port 0, not left out"
            )
        return self._sent(on_hold(wanted) if self.held else wanted.copy())

    def answered(self, offer: SessionDescription, answer: SessionDescription) -> None:
        """Take the peer's answer to this offer of ours.

        Raises:
            DescriptionMismatch: the answer does not fit. Nothing has changed.
        """
        check_answer(offer, answer)
        self.local, self.remote = offer, answer

    def answer(self, offer: SessionDescription, capable: SessionDescription) -> SessionDescription:
        """Answer an offer of the peer out of what we are capable of, and return the description to send.

        Raises:
            DescriptionMismatch: the offer does not fit the call, or we can take no medium of it. Refuse it with 488.
                Nothing has changed.
        """
        if self.remote is not None:
            check_offer(self.remote, offer)
        answer = answer_to(offer, on_hold(capable) if self.held else capable)
        if any(medium.port for medium in offer.media) and not any(m.port for m in answer.media):
            raise DescriptionMismatch("no medium of the offer can be taken: none has a codec in common")
        self.remote, self.local = offer, self._sent(answer)
        return self.local

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
