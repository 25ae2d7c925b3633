"""Hold and resume a running call (RFC 3264 section 8.4), without a new path for its media.

The first offer and answer of a call connected its media. Later only the direction in which they flow can change. An
offer that moves them to another address or key, or that leaves out the codec in use, is refused.
"""

from __future__ import annotations

from telsdk.sip.errors import ProtocolStateError
from telsdk.sip.session import Agreement, DescriptionMismatch, Media, SessionDescription, codecs, sends

_SETUP = {"active": "passive", "passive": "active"}


class Held:
    """The descriptions of an answered call, and which side holds it.

    Args:
        local: our description, with which the call was begun or answered.
        remote: the peer's description.
        outgoing: whether the peer's is the answer.

    Raises:
        SdpError: one of them is malformed.
    """

    def __init__(self, local: bytes, remote: bytes, *, outgoing: bool) -> None:
        ours, theirs = SessionDescription.parse(local), SessionDescription.parse(remote)
        self._agreement = Agreement.of(ours, theirs)
        self._wanted = _with_dtls_role(ours, theirs)
        self._codecs = [_first_codec(medium) for medium in _alive(theirs if outgoing else ours)]
        self._before = False

    @property
    def by_us(self) -> bool:
        """Whether we hold the call."""
        return self._agreement.held

    @property
    def by_peer(self) -> bool:
        """Whether the peer holds the call."""
        return self._agreement.is_held_by_peer

    @property
    def sends(self) -> bool:
        """Whether the peer wants our sound."""
        return any(sends(direction) for direction in self._agreement.directions())

    def offer(self, held: bool) -> bytes:
        """Make the offer that holds or resumes the call. Call `answered` or `refused` next.

        Raises:
            ProtocolStateError: an offer is open.
        """
        before, self._agreement.held = self._agreement.held, held
        try:
            offer = self._agreement.offer(self._wanted)
        except ProtocolStateError:
            self._agreement.held = before
            raise
        self._before = before
        return bytes(offer)

    def answered(self, answer: bytes) -> None:
        """Take the answer to our offer.

        Raises:
            SdpError: it is malformed. The offer is still open.
            DescriptionMismatch: it does not fit. The offer is still open.
        """
        self._agreement.answered(SessionDescription.parse(answer))

    def refused(self) -> None:
        """Note that our offer was refused: which side holds the call is as it was."""
        self._agreement.refuse()
        self._agreement.held = self._before

    def answer(self, offer: bytes) -> bytes:
        """Answer an offer of the peer.

        Raises:
            SdpError: it is malformed.
            DescriptionMismatch: it changes more than directions. Nothing has changed here.
        """
        wanted = SessionDescription.parse(offer)
        assert self._agreement.remote is not None
        kept = all(
            used in codecs(medium).items() for used, medium in zip(self._codecs, _alive(wanted), strict=False)
        )
        if not kept or _places(wanted) != _places(self._agreement.remote):
            raise DescriptionMismatch(
                "the offer changes the media: this call can be held and resumed, no more"
            )
        self._agreement.ask(wanted)
        try:
            answer = self._agreement.answer(self._wanted)
        except DescriptionMismatch:
            self._agreement.refuse()
            raise
        return bytes(answer)


def _alive(description: SessionDescription) -> list[Media]:
    return [medium for medium in description.media if medium.port]


def _places(description: SessionDescription) -> list[object]:
    """Return where the live media go, and by which keys."""
    session = description.session
    return [
        (
            medium.kind,
            medium.port,
            medium.proto,
            medium.attribute("ice-ufrag") or session.attribute("ice-ufrag"),
            medium.attribute("ice-pwd") or session.attribute("ice-pwd"),
            description.fingerprints_of(medium),
        )
        for medium in _alive(description)
    ]


def _first_codec(medium: Media) -> tuple[str, str]:
    """Return number and name of the codec that an answer puts first: the one in use."""
    return next(iter(codecs(medium).items()))


def _with_dtls_role(ours: SessionDescription, theirs: SessionDescription) -> SessionDescription:
    """Return our description with the DTLS role that we took: later offers and answers keep it (RFC 8842 5.4)."""
    fixed = ours.copy()
    for mine, other in zip(fixed.media, theirs.media, strict=False):
        role = other.attribute("setup") or theirs.session.attribute("setup") or ""
        if mine.attribute("setup") == "actpass" and role in _SETUP:
            mine.replace_attribute("setup", _SETUP[role])
    return fixed
