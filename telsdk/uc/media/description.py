"""Translate session descriptions (SDP, RFC 8866) between aiortc and the phones of the world.

aiortc speaks the WebRTC dialect. It wants ``a=mid`` and ``a=end-of-candidates``, can refuse only a whole description,
and writes a good deal that an audio call does not need. SIP user agents leave the first two out, and may offer video.
So what comes in is completed and cut down to its audio; what goes out is made small, and answers every section of the
offer (RFC 3264 section 6).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, replace

from telsdk.uc.media.errors import DescriptionRefused

MID = "0"  # what aiortc calls the first section of its own offers
MAX_CANDIDATES = 16  # a description must not make us send checks to any number of strangers (RFC 8445 19.5.1)
FINGERPRINT = "sha-256"  # the one hash every DTLS-SRTP peer must know (RFC 8122 section 5)
DIRECTIONS = ("a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive")
CHECKED = ("sha-256", "sha-384", "sha-512")  # hashes that aiortc compares; each fingerprint given must fit
STATIC = {
    "0": "PCMU/8000",
    "8": "PCMA/8000",
}  # payload types of ours that need no mapping (RFC 3551 section 6)
_RTPMAP, _FMTP = "a=rtpmap:", "a=fmtp:"

# Written by aiortc and of no use to one bundled audio stream: track names, further hashes, and a port of 9
# for RTCP that would mislead a peer who does not multiplex.
_SURPLUS = ("a=msid", "a=rtcp:", "a=fingerprint:sha-384", "a=fingerprint:sha-512")


@dataclass(frozen=True, slots=True)
class Remote:
    """A peer's description, read."""

    text: str
    """The session part and the audio section as aiortc wants them."""
    sections: tuple[str, ...]
    """Every ``m=`` line, in order."""
    audio: int
    """The index of the audio in `sections`."""
    bundled: bool
    """Whether the peer groups its sections (RFC 9143): then our answer may too."""


def read_offer(sdp: bytes) -> Remote:
    """Take a peer's offer apart, and choose to be the DTLS server if it leaves the choice to us.

    RFC 5763 section 5 recommends the other role, to save a round trip. But as a client aiortc offers only ciphers for
    ECDSA certificates, and some phones (baresip) have an RSA one; as clients these phones accept ours.

    Raises:
        DescriptionRefused: as for `read_answer`.
    """
    remote = read_answer(sdp)
    return replace(remote, text=remote.text.replace("a=setup:actpass\r\n", "a=setup:active\r\n"))


def read_answer(sdp: bytes) -> Remote:
    """Take a peer's answer apart.

    Raises:
        DescriptionRefused: it is not UTF-8, or lacks audio, a fingerprint that can be checked, or a candidate.
    """
    try:
        lines = sdp.decode().splitlines()
    except UnicodeDecodeError as error:
        raise DescriptionRefused(f"session description is not UTF-8 at byte {error.start}") from error
    session, media = _split(lines)
    audio = next((at for at, section in enumerate(media) if _is_live_audio(section[0])), None)
    if audio is None:
        raise DescriptionRefused("session description has no audio: offer or answer one m=audio with a port")
    if not any(
        fingerprint.split(" ")[0] in CHECKED for fingerprint in fingerprints([*session, *media[audio]])
    ):
        raise DescriptionRefused(
            f"session description has no fingerprint in {', '.join(CHECKED)}: use DTLS-SRTP"
        )
    if not any(_is_usable(line) for line in media[audio]):
        raise DescriptionRefused("session description has no UDP candidate with an IP address: use ICE")
    return Remote(
        text=_join(
            [line for line in session if not line.startswith("a=group:")] + _complete(media[audio], session)
        ),
        sections=tuple(section[0] for section in media),
        audio=audio,
        bundled=any(line.startswith("a=group:BUNDLE") for line in session),
    )


def write_offer(text: str) -> bytes:
    """Make aiortc's offer `text` small. A single stream needs no RTP header extensions either."""
    surplus = (*_SURPLUS, "a=extmap:")
    return _join([line for line in text.splitlines() if not line.startswith(surplus)]).encode()


def write_answer(text: str, offer: Remote) -> bytes:
    """Make aiortc's answer `text` to the audio of `offer` small, and reject every other section."""
    surplus = _SURPLUS if offer.bundled else (*_SURPLUS, "a=group:")
    session, media = _split([line for line in text.splitlines() if not line.startswith(surplus)])
    lines = list(session)
    for at, section in enumerate(offer.sections):
        lines += _by_protocol_of(section, media[0]) if at == offer.audio else [_rejected(section)]
    return _join(lines).encode()


def fingerprints(lines: Iterable[str]) -> list[str]:
    """Return the fingerprints among `lines`, each ``algorithm AB:CD:...`` in canonical case (RFC 8122 section 5)."""
    mark = "a=fingerprint:"
    found = (line.removeprefix(mark).partition(" ") for line in lines if line.startswith(mark))
    return [f"{algorithm.lower()} {digest.strip().upper()}" for algorithm, _, digest in found]


def codec(text: str) -> str:
    """Return the codec that an answer puts first, as ``a=rtpmap`` writes it: ``opus/48000/2``; empty if none."""
    _, media = _split(text.splitlines())
    for section in media:
        first = section[0].split()[3]
        for line in section:
            if line.startswith(f"a=rtpmap:{first} "):
                return line.split(" ", 1)[1]
    return ""


def _split(lines: list[str]) -> tuple[list[str], list[list[str]]]:
    """Return the session part, and the media sections."""
    session: list[str] = []
    media: list[list[str]] = []
    for line in filter(None, lines):
        if line.startswith("m="):
            media.append([line])
        else:
            (media[-1] if media else session).append(line)
    return session, media


def _join(lines: list[str]) -> str:
    return "".join(f"{line}\r\n" for line in lines)


def _is_live_audio(line: str) -> bool:
    words = line.split()
    return len(words) > 3 and words[0] == "m=audio" and words[1] != "0"


def _by_protocol_of(offered: str, section: list[str]) -> list[str]:
    """Return our section with the protocol of the offer (RFC 3264 section 6): aiortc answers SAVP with SAVPF."""
    kind, port, _, *formats = section[0].split()
    return [" ".join([kind, port, offered.split()[2], *formats]), *section[1:]]


def _rejected(line: str) -> str:
    """Return an ``m=`` line that rejects, with port 0 (RFC 3264 section 6)."""
    kind, _, protocol, *formats = line.split() + [""] * max(0, 4 - len(line.split()))
    return " ".join([kind, "0", protocol, *formats]).rstrip()


def _complete(section: list[str], session: list[str]) -> list[str]:
    """Return an audio section with the lines that aiortc needs, and with the candidates that are worth a check."""
    candidates = [line for line in section if _is_usable(line)]
    lines = [
        line for line in _mapped(section) if not line.startswith(("a=candidate:", "a=end-of-candidates"))
    ]
    if not any(line.startswith("a=mid:") for line in lines):
        lines.append(f"a=mid:{MID}")
    if not any(line in DIRECTIONS for line in lines):
        lines.append(
            next((line for line in session if line in DIRECTIONS), "a=sendrecv")
        )  # RFC 8866 section 6.7
    # No candidates come later by SIP as we use it: those in the description are all.
    return [*lines, *candidates[:MAX_CANDIDATES], "a=end-of-candidates"]


def _mapped(section: list[str]) -> list[str]:
    """Add ``a=rtpmap`` for each payload type that aiortc is to know, and drop ``a=fmtp`` for any other: it fails there.

    A static payload type needs no mapping (RFC 3551 section 6). linphone maps none of them, and has an ``a=fmtp`` for
    G.729.
    """
    mapped = {line.removeprefix(_RTPMAP).partition(" ")[0] for line in section if line.startswith(_RTPMAP)}
    added = [kind for kind in section[0].split()[3:] if kind in STATIC and kind not in mapped]
    known = (*mapped, *added)
    return [
        line
        for line in (*section, *(f"{_RTPMAP}{kind} {STATIC[kind]}" for kind in added))
        if not line.startswith(_FMTP) or line.removeprefix(_FMTP).partition(" ")[0] in known
    ]


def _is_usable(line: str) -> bool:
    """Return whether this is a UDP candidate with an address. A stranger in a call must not make us resolve names."""
    words = line.split()
    if not line.startswith("a=candidate:") or len(words) < 8 or words[2].lower() != "udp":
        return False
    try:
        ipaddress.ip_address(words[4])
    except ValueError:
        return False
    return True
