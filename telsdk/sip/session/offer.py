"""The rules of offer and answer (RFC 3264): how to make an answer, whether one fits, and which way media then flow.

A medium is known by its place: the n-th ``m=`` line is the same stream in every offer and answer of a call (section 5).
So none is ever removed; one that ends gets port 0 (section 8.2). `telsdk.sip.session.agreement` plays the exchanges of
a call by these rules.

Two departures from the letter, because phones and gateways do it and the outcome is beyond doubt. An answer whose
direction promises more than the offer allows is cut down to that (section 6.1 forbids such an answer). A new session id
in ``o=`` within a call is accepted (section 8 wants it kept).
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
"""Formats that accompany a codec, and carry no sound alone."""

HOLD_ADDRESSES: Final = frozenset({"0.0.0.0", "::"})
"""RFC 2543 put a call on hold by these connection addresses, and RFC 3264 section 8.4 wants that still understood."""


class DescriptionMismatch(SipError, ValueError):
    """A description is well-formed, but does not fit the offer that it answers, or the call. Answer 488."""


# Directions


def reverse(direction: str) -> str:
    """Return the same direction, seen from the other end."""
    return {"sendonly": "recvonly", "recvonly": "sendonly"}.get(direction, direction)


def meet(one: str, other: str) -> str:
    """Return the direction that both allow, seen from the same end."""
    if sends(one) and sends(other):
        return "sendrecv" if receives(one) and receives(other) else "sendonly"
    return "recvonly" if receives(one) and receives(other) else "inactive"


def direction_of(description: SessionDescription, medium: Media) -> str:
    """Return which way its sender wants the medium. An old phone's hold, by address, counts as one."""
    direction = description.direction_of(medium)
    connection = description.connection_of(medium)
    if connection is not None and connection.address in HOLD_ADDRESSES:
        return meet(direction, "sendonly")
    return direction


def flow(local: SessionDescription, mine: Media, remote: SessionDescription, theirs: Media) -> str:
    """Return which way a medium flows under both descriptions, seen from the local end."""
    if not mine.port or not theirs.port:
        return "inactive"
    return meet(direction_of(local, mine), reverse(direction_of(remote, theirs)))


def on_hold(description: SessionDescription) -> SessionDescription:
    """Return a copy that asks the peer for no media (section 8.4)."""
    held = description.copy()
    for medium in held.media:
        if medium.port:
            set_direction(medium, meet(direction_of(description, medium), "sendonly"))
    return held


def set_direction(medium: Section, direction: str) -> None:
    """Make this the direction of a medium, whatever the direction of the session is."""
    for known in DIRECTIONS:
        medium.remove_attribute(known)
    medium.add_attribute(direction)


# Answers


def answer_to(offer: SessionDescription, capable: SessionDescription) -> SessionDescription:
    """Make the answer to `offer` of a side that is capable of these media (section 6).

    Each offered medium takes the first of ours that has its kind and protocol, shares a codec and is not taken yet. It
    keeps the payload types and the order of the offer. A medium that finds none is refused with port 0.
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
        DescriptionMismatch: it does not have the offer's media in their order, takes what was not offered, or takes a
            medium with none of its codecs.
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
    """Judge a further offer of the side that described itself by `before` (section 8).

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
    """Return a copy with one more medium, in the place of one that has ended or behind all (section 8.1)."""
    changed = description.copy()
    ended = next((at for at, known in enumerate(changed.media) if not known.port), None)
    if ended is None:
        changed.media.append(medium)
    else:
        changed.media[ended] = medium
    return changed


def end_medium(description: SessionDescription, at: int) -> SessionDescription:
    """Return a copy in which the medium in this place has ended (section 8.2)."""
    changed = description.copy()
    changed.media[at] = replace(changed.media[at], lines=[], port=0, ports=1)
    return changed


def codecs(medium: Media) -> dict[str, str]:
    """Return the codec of each format as ``a=rtpmap`` writes it; for a format without one, the format itself."""
    found = {pt: STATIC.get(pt, pt) for pt in medium.formats}
    for name, value in medium.attributes:
        pt, _, codec = (value or "").partition(" ")
        if name == "rtpmap" and pt in found and codec:
            found[pt] = codec
    return found


def sends(direction: str) -> bool:
    """Return whether media go out."""
    return direction in ("sendrecv", "sendonly")


def receives(direction: str) -> bool:
    """Return whether media come in."""
    return direction in ("sendrecv", "recvonly")


def _comparable(codec: str) -> str:
    """Return the codec in a form to compare: names count in any case, and one channel is the default (RFC 8866 6.6)."""
    return codec.strip().lower().removesuffix("/1")


def _shared(offered: Media, ours: Media) -> dict[str, str]:
    """Return the offered formats in their order, each with ours for the same codec; none when no codec is shared."""
    if (offered.kind, offered.proto) != (ours.kind, ours.proto):
        return {}
    # Reversed, so that of two formats for one codec our first one wins.
    mine = {_comparable(codec): pt for pt, codec in reversed(codecs(ours).items())}
    shared = {
        pt: mine[_comparable(codec)] for pt, codec in codecs(offered).items() if _comparable(codec) in mine
    }
    names = {_comparable(codecs(offered)[pt]).partition("/")[0] for pt in shared}
    return shared if names - NO_SOUND else {}


def _with_formats(medium: Media, formats: Mapping[str, str]) -> Media:
    """Return a copy with these formats alone: our formats, under the numbers that the offer gave them."""
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
    """Return the parts of ``o=``: user, session id, version, and the address."""
    words = (description.session.get("o") or "").split(" ", 3)
    if len(words) != 4:
        raise SdpError("o= is missing (RFC 8866 section 5.2)")
    return words
