"""The rules of offer and answer (RFC 3264): how an answer is made, whether one fits, which way media then flow.

Media are known by their place: the n-th ``m=`` line is the same stream in every offer and answer of a call
(section 5), so that none is ever taken away; one that ends gets port 0 (section 8.2). `telsdk.sip.session.agreement`
plays the exchanges of a call by these rules.

Two departures from the letter, because the outcome is beyond doubt and phones do it: an answer whose direction
promises more than the offer allows is cut down to it (section 6.1 forbids it), and a new ``o=`` session id
within a call is taken (section 8 wants it kept; gateways change it).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from telsdk.sip.errors import SdpError, SipError
from telsdk.sip.session.sdp import DIRECTIONS, Media, Section, SessionDescription

STATIC: Final[Mapping[str, str]] = {
    "0": "PCMU/8000", "3": "GSM/8000", "4": "G723/8000", "8": "PCMA/8000", "9": "G722/8000",
    "13": "CN/8000", "15": "G728/8000", "18": "G729/8000", "26": "JPEG/90000", "31": "H261/90000",
    "32": "MPV/90000", "33": "MP2T/90000", "34": "H263/90000",
}  # fmt: skip
"""Codecs of payload types that need no ``a=rtpmap`` (RFC 3551 section 6)."""

NO_SOUND: Final = frozenset({"telephone-event", "cn"})
"""What accompanies a codec and is none by itself."""

HOLD_ADDRESSES: Final = frozenset({"0.0.0.0", "::"})
"""RFC 2543 put a call on hold by this connection address; RFC 3264 section 8.4 wants it still understood."""


class DescriptionMismatch(SipError, ValueError):
    """A description is well-formed and does not fit the offer that it answers, or the call. Answer 488."""


# Directions


def reverse(direction: str) -> str:
    """The same flow, seen from the other end."""
    return {"sendonly": "recvonly", "recvonly": "sendonly"}.get(direction, direction)


def meet(one: str, other: str) -> str:
    """What both allow, seen from the same end."""
    if sends(one) and sends(other):
        return "sendrecv" if receives(one) and receives(other) else "sendonly"
    return "recvonly" if receives(one) and receives(other) else "inactive"


def direction_of(description: SessionDescription, medium: Media) -> str:
    """Which way its sender wants the medium; an old phone's hold by address counts as such."""
    direction = description.direction_of(medium)
    connection = description.connection_of(medium)
    if connection is not None and connection.address in HOLD_ADDRESSES:
        return meet(direction, "sendonly")
    return direction


def flow(local: SessionDescription, mine: Media, remote: SessionDescription, theirs: Media) -> str:
    """Which way a medium flows under both descriptions, seen from the local end."""
    if not mine.port or not theirs.port:
        return "inactive"
    return meet(direction_of(local, mine), reverse(direction_of(remote, theirs)))


def on_hold(description: SessionDescription) -> SessionDescription:
    """A copy that asks the peer for no media (section 8.4)."""
    held = description.copy()
    for medium in held.media:
        if medium.port:
            set_direction(medium, meet(direction_of(description, medium), "sendonly"))
    return held


def set_direction(medium: Section, direction: str) -> None:
    """Make this the direction of a medium, whatever the session's is."""
    for known in DIRECTIONS:
        medium.remove_attribute(known)
    medium.add_attribute(direction)


# Answers


def answer_to(offer: SessionDescription, capable: SessionDescription) -> SessionDescription:
    """The answer to `offer` by one who is capable of these media (section 6).

    Each offered medium takes the first of ours of its kind and protocol that shares a codec and is not taken
    yet, with the offer's payload types and order; what finds none is refused with port 0.
    """
    answer = SessionDescription(Section(capable.session.lines.copy()))
    free = [medium for medium in capable.media if medium.port]
    for offered in offer.media:
        taken = next((medium for medium in free if offered.port and _shared(offered, medium)), None)
        if taken is None:
            refused = Media([], offered.kind, 0, offered.proto, offered.formats)
            answer.media.append(refused)
            continue
        free.remove(taken)
        medium = _with_formats(taken, _shared(offered, taken))
        wanted = direction_of(capable, taken)
        set_direction(medium, meet(wanted, reverse(direction_of(offer, offered))))
        answer.media.append(medium)
    return answer


def check_answer(offer: SessionDescription, answer: SessionDescription) -> None:
    """Judge an answer to `offer`.

    Raises:
        DescriptionMismatch: it has not the offer's media in their order, takes what was not offered, or has
            no codec of an offered medium that it takes.
    """
    if len(answer.media) != len(offer.media):
        raise DescriptionMismatch(
            f"the answer has {len(answer.media)} media, the offer {len(offer.media)} (RFC 3264 section 6)"
        )
    for offered, answered in zip(offer.media, answer.media, strict=True):
        if answered.kind != offered.kind:
            raise DescriptionMismatch(f"m={answered.kind} answers m={offered.kind} (RFC 3264 section 6)")
        if not answered.port:
            continue
        if not offered.port:
            raise DescriptionMismatch(f"the answer takes m={offered.kind}, which was offered with port 0")
        if answered.proto != offered.proto:
            raise DescriptionMismatch(f"{answered.proto} answers {offered.proto} (RFC 3264 section 6)")
        if not _shared(offered, answered):
            raise DescriptionMismatch(f"the answer has no codec that was offered for m={offered.kind}")


def check_offer(before: SessionDescription, offer: SessionDescription) -> None:
    """Judge a further offer by the one who described himself by `before` (section 8).

    Raises:
        DescriptionMismatch: it leaves media out, or is older than `before`.
    """
    if len(offer.media) < len(before.media):
        raise DescriptionMismatch(
            f"the offer has {len(offer.media)} media, the call {len(before.media)} (RFC 3264 section 8)"
        )
    old, new = origin_of(before), origin_of(offer)
    if old[:2] == new[:2] and int(new[2]) < int(old[2]):
        raise DescriptionMismatch(f"o= version {new[2]} after {old[2]}: an older offer")


# Media of a description that is to be offered again


def add_medium(description: SessionDescription, medium: Media) -> SessionDescription:
    """A copy with one more medium, in the place of one that has ended or behind all (section 8.1)."""
    changed = description.copy()
    ended = next((at for at, known in enumerate(changed.media) if not known.port), None)
    if ended is None:
        changed.media.append(medium)
    else:
        changed.media[ended] = medium
    return changed


def end_medium(description: SessionDescription, at: int) -> SessionDescription:
    """A copy with the medium in this place ended (section 8.2)."""
    changed = description.copy()
    changed.media[at] = replace(changed.media[at], lines=[], port=0, ports=1)
    return changed


def codecs(medium: Media) -> dict[str, str]:
    """The codec of each format, as ``a=rtpmap`` writes it; the format itself where there is none."""
    found = {pt: STATIC.get(pt, pt) for pt in medium.formats}
    for name, value in medium.attributes:
        pt, _, codec = (value or "").partition(" ")
        if name == "rtpmap" and pt in found and codec:
            found[pt] = codec
    return found


def sends(direction: str) -> bool:
    """Whether media go out."""
    return direction in ("sendrecv", "sendonly")


def receives(direction: str) -> bool:
    """Whether media come in."""
    return direction in ("sendrecv", "recvonly")


def _comparable(codec: str) -> str:
    """RFC 8866 section 6.6: names in any case, one channel unless it says otherwise."""
    return codec.strip().lower().removesuffix("/1")


def _shared(offered: Media, ours: Media) -> dict[str, str]:
    """Offered formats in their order, each with the format of ours for the same codec; none without a codec."""
    if (offered.kind, offered.proto) != (ours.kind, ours.proto):
        return {}
    mine = {_comparable(codec): pt for pt, codec in reversed(codecs(ours).items())}
    shared = {
        pt: mine[_comparable(codec)] for pt, codec in codecs(offered).items() if _comparable(codec) in mine
    }
    names = {_comparable(codecs(offered)[pt]).partition("/")[0] for pt in shared}
    return shared if names - NO_SOUND else {}


def _with_formats(medium: Media, formats: Mapping[str, str]) -> Media:
    """A copy with these formats alone: ours, by the numbers that the offer gave them."""
    numbers: dict[str, list[str]] = {}
    for theirs, mine in formats.items():
        numbers.setdefault(mine, []).append(theirs)
    lines = []
    for kind, value in medium.lines:
        name, colon, rest = value.partition(":")
        if kind != "a" or not colon or name not in ("rtpmap", "fmtp", "rtcp-fb"):
            lines.append((kind, value))
            continue
        pt, blank, tail = rest.partition(" ")
        lines += [(kind, f"{name}:{number}{blank}{tail}") for number in numbers.get(pt, [pt] * (pt == "*"))]
    return replace(medium, lines=lines, formats=tuple(formats))


def origin_of(description: SessionDescription) -> list[str]:
    """User, session id, version, and the address."""
    words = (description.session.get("o") or "").split(" ", 3)
    if len(words) != 4:
        raise SdpError("o= is missing (RFC 8866 section 5.2)")
    return words
