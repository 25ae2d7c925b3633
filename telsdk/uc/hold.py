"""Hold and resume a running call (RFC 3264 section 8.4), without a new path for its media.

The first offer and answer of a call connected its media, and ICE found their way. Later only the direction in which
they flow can change. An offer that begins ICE anew, changes a key, ends the medium in use or leaves out its codec is
refused. A further medium gets port 0.
"""

from __future__ import annotations

from typing import Self

from telsdk.sip.errors import LimitExceeded, SdpError
from telsdk.sip.session import Agreement, DescriptionMismatch, Media, SessionDescription, codecs, sends

_SETUP = {"active": "passive", "passive": "active"}


class CallHold:
    """The descriptions of an answered call, and which side holds it.

    Args:
        local: our description, with which the call was begun or answered.
        remote: the peer's description.
        offered: whether the offer was ours, so that the peer's is the answer.

    Raises:
        SdpError: one of them is malformed.
    """

    def __init__(self, local: bytes, remote: bytes, *, offered: bool) -> None:
        ours, theirs = SessionDescription.parse(local), SessionDescription.parse(remote)
        self._agreement = Agreement.of(ours, theirs)
        self._wanted = _with_dtls_role(ours, theirs)
        self._codecs = {
            at: _first_codec(answered)
            for at, answered in enumerate((theirs if offered else ours).media)
            if answered.port
        }

    @classmethod
    def of(cls, local: bytes, remote: bytes, *, offered: bool) -> Self | None:
        """Return what hold and resume need; None when we cannot read the descriptions."""
        try:
            return cls(local, remote, offered=offered)
        except (SdpError, LimitExceeded):
            return None

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
        """Return the offer that holds or resumes the call. Nothing changes until it is `answered`."""
        wanted, local = self._wanted.copy(), self._agreement.local
        assert local is not None
        for refused in local.media[len(wanted.media) :]:
            wanted.media.append(Media([], refused.kind, 0, refused.proto, refused.formats))
        before, self._agreement.held = self._agreement.held, held
        offer = self._agreement.offer(wanted)
        self._agreement.held = before
        return bytes(offer)

    def answered(self, offer: bytes, answer: bytes, *, held: bool) -> None:
        """Take the answer to an offer of ours that was to hold or to resume.

        Raises:
            SdpError: it is malformed. Nothing has changed.
            DescriptionMismatch: it does not fit. Nothing has changed.
        """
        self._agreement.answered(SessionDescription.parse(offer), SessionDescription.parse(answer))
        self._agreement.held = held

    def answer(self, offer: bytes) -> bytes:
        """Answer an offer of the peer.

        Raises:
            SdpError: it is malformed.
            DescriptionMismatch: it changes more than a direction or a port. Nothing has changed here.
        """
        wanted = SessionDescription.parse(offer)
        before = self._agreement.remote
        assert before is not None
        if len(wanted.media) < len(before.media):
            raise DescriptionMismatch("the offer leaves out media of the call (RFC 3264 section 8)")
        for at, codec in self._codecs.items():
            medium = wanted.media[at]
            moved = _place(wanted, medium) != _place(before, before.media[at])
            if not medium.port or moved or codec not in codecs(medium).items():
                raise DescriptionMismatch(
                    "the offer changes the media: this call can be held and resumed, no more"
                )
        return bytes(self._agreement.answer(wanted, self._wanted))


def _place(description: SessionDescription, medium: Media) -> tuple[object, ...]:
    """Return where a medium goes, and by which key.

    With ICE the port says nothing: a further offer names that of the candidate pair in use (RFC 8839 section 4.4.1).
    New credentials say that ICE begins anew (RFC 8445 section 9).
    """
    session = description.session
    ufrag = medium.attribute("ice-ufrag") or session.attribute("ice-ufrag")
    password = medium.attribute("ice-pwd") or session.attribute("ice-pwd")
    where = (ufrag, password) if ufrag and password else medium.port
    return medium.kind, medium.proto, where, description.fingerprints_of(medium)


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
