"""Session descriptions (RFC 8866), as offers and answers carry them (RFC 3264).

Only what SIP and identity need is understood. Every other line is kept in its place, and written back. Lines may end in
LF alone, as RFC 8866 section 5 asks; they are written with CRLF.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from telsdk.sip.errors import LimitExceeded, SdpError, Unwritable
from telsdk.sip.limits import MAX_BODY, MAX_SDP_LINES

Line = tuple[str, str]
"""The type of a line, one letter, and its value."""

DIRECTIONS: Final = ("sendrecv", "sendonly", "recvonly", "inactive")
"""Which way media may flow (RFC 8866 section 6.7)."""

DIGEST_BYTES: Final = {"sha-1": 20, "sha-224": 28, "sha-256": 32, "sha-384": 48, "sha-512": 64}
"""Hash functions of RFC 8122 section 5, without the broken md2 and md5."""

# RFC 8866 forbids only NUL, CR and LF. The other characters end a line for str.splitlines and its like. A reader that
# uses those would find a second fingerprint within a line, one that the caller token does not sign.
_line = re.compile("([a-z])=([^\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029]*)").fullmatch
_token = r"[!#$%&'*+.0-9A-Z^_`a-z{|}~-]+"
_media = re.compile(
    rf"({_token}) ([0-9]{{1,5}})(?:/([1-9][0-9]{{0,4}}))? ({_token}(?:/{_token})*)((?: {_token})+)"
).fullmatch
_origin = re.compile(r"\S+ [0-9]+ [0-9]+ \S+ \S+ \S+").fullmatch
_connection = re.compile(r"(\S+) (\S+) (\S+)").fullmatch
_timing = re.compile("[0-9]+ [0-9]+").fullmatch
_attribute_name = re.compile(_token).fullmatch
_fingerprint = re.compile("([!-~]+) ((?:[0-9A-Fa-f]{2}:)*[0-9A-Fa-f]{2})").fullmatch


@dataclass(frozen=True, slots=True)
class Connection:
    """Where media is to be sent (RFC 8866 section 5.7)."""

    nettype: str  # IN
    addrtype: str  # IP4, IP6
    address: str  # an address or name; a multicast group's with TTL and count

    def __str__(self) -> str:
        return f"{self.nettype} {self.addrtype} {self.address}"


@dataclass(slots=True)
class Section:
    """Lines of a description that belong together: those of the session, or of one medium."""

    lines: list[Line] = field(default_factory=list)

    def get(self, kind: str) -> str | None:
        """Return the value of the first line of this type, or None."""
        return next((value for known, value in self.lines if known == kind), None)

    @property
    def attributes(self) -> list[tuple[str, str | None]]:
        """Name and value of each ``a=`` line; None where there is no value."""
        split = [value.partition(":") for kind, value in self.lines if kind == "a"]
        return [(name, value if colon else None) for name, colon, value in split]

    def attribute(self, name: str) -> str | None:
        """Return the first value of an attribute: "" where it has none, None where it is absent. Case counts."""
        return next((value or "" for known, value in self.attributes if known == name), None)

    def add_attribute(self, name: str, value: str | None = None) -> None:
        """Add an attribute behind the other lines.

        Raises:
            Unwritable: it would not stay in its line.
        """
        if not _attribute_name(name):
            raise Unwritable(f"{name!r} is not the name of an attribute (RFC 8866 section 5.13)")
        self._append("a", name if value is None else f"{name}:{value}")

    def remove_attribute(self, name: str) -> None:
        """Remove an attribute, however often it occurs."""
        self.lines = [
            (kind, value) for kind, value in self.lines if kind != "a" or value.partition(":")[0] != name
        ]

    def replace_attribute(self, name: str, value: str | None = None) -> None:
        """Make this the only value of an attribute."""
        self.remove_attribute(name)
        self.add_attribute(name, value)

    @property
    def connection(self) -> Connection | None:
        """The ``c=`` line of this section, or None."""
        value = self.get("c")
        return None if value is None else _parse_connection(value)

    @property
    def direction(self) -> str | None:
        """Which way media flows, one of `DIRECTIONS`, where this section says so."""
        return next((name for name, _ in self.attributes if name in DIRECTIONS), None)

    @property
    def fingerprints(self) -> list[tuple[str, str]]:
        """Hash function, lower case, and digest, upper case with colons, of each certificate (RFC 8122).

        Raises:
            SdpError: one is malformed, or of a hash function that is unknown or broken.
        """
        return [_parse_fingerprint(value or "") for name, value in self.attributes if name == "fingerprint"]

    def _append(self, kind: str, value: str) -> None:
        if _line(f"{kind}={value}") is None:
            raise Unwritable(
                f"{value[:80]!r} has a line break or NUL, which no line of a description can hold"
            )
        self.lines.append((kind, value))


@dataclass(slots=True)
class Media(Section):
    """One medium: its ``m=`` line, taken apart, and the lines below it (RFC 8866 section 5.14)."""

    kind: str = "audio"
    port: int = 0  # 0: refused or ended (RFC 3264 section 6)
    proto: str = "UDP/TLS/RTP/SAVPF"
    formats: tuple[str, ...] = ("0",)
    ports: int = 1  # how many, beginning with `port`

    @classmethod
    def parse(cls, value: str) -> Media:
        """Read the medium of an ``m=`` line with this value.

        Raises:
            SdpError: it is malformed.
        """
        match = _media(value)
        if match is None or int(match[2]) > 65_535:
            raise SdpError(f"m={value[:80]} is not: media port proto format (RFC 8866 section 5.14)")
        kind, port, ports, proto, formats = match.groups()
        return cls([], kind, int(port), proto, tuple(formats.split()), int(ports or 1))

    def __str__(self) -> str:
        ports = f"{self.port}/{self.ports}" if self.ports > 1 else f"{self.port}"
        return f"{self.kind} {ports} {self.proto} {' '.join(self.formats)}"


@dataclass(slots=True)
class SessionDescription:
    """A whole description: the lines of the session, then its media."""

    session: Section
    media: list[Media] = field(default_factory=list)

    @classmethod
    def parse(cls, body: bytes) -> SessionDescription:
        """Read the description in `body`.

        Raises:
            SdpError: it is malformed.
            LimitExceeded: it has too many lines or bytes.
        """
        session, media = Section(), []
        section: Section = session
        for kind, value in _split(body):
            if kind == "m":
                section = Media.parse(value)
                media.append(section)
            else:
                section.lines.append((kind, value))
        description = cls(session, media)
        description._check()
        return description

    def __bytes__(self) -> bytes:
        """Return the wire form.

        Raises:
            Unwritable: a line would not stay one line.
        """
        lines = list(self.session.lines)
        for medium in self.media:
            lines += [("m", str(medium)), *medium.lines]
        for kind, value in lines:
            if _line(f"{kind}={value}") is None:
                raise Unwritable(f"{kind}={value[:80]!r} cannot be a line of a description")
        return "".join(f"{kind}={value}\r\n" for kind, value in lines).encode()

    @property
    def connection(self) -> Connection | None:
        """The session's connection, for all media that have none of their own."""
        return self.session.connection

    def connection_of(self, medium: Media) -> Connection | None:
        """Return where this medium is to be sent: its own connection, or the session's."""
        return medium.connection or self.session.connection

    def direction_of(self, medium: Media) -> str:
        """Return which way this medium flows, one of `DIRECTIONS` (RFC 8866 section 6.7)."""
        return medium.direction or self.session.direction or "sendrecv"

    @property
    def fingerprints(self) -> list[tuple[str, str]]:
        """All fingerprints in order, the session's and those of every medium. The claim ``mky`` is made of them.

        Raises:
            SdpError: one is malformed.
        """
        return [found for section in (self.session, *self.media) for found in section.fingerprints]

    def fingerprints_of(self, medium: Media) -> list[tuple[str, str]]:
        """Return the fingerprints that hold for this medium: its own, or else the session's (RFC 8122 section 5)."""
        return medium.fingerprints or self.session.fingerprints

    def replace_fingerprints(self, fingerprints: Iterable[tuple[str, str]]) -> None:
        """Make these the only fingerprints, for the whole session.

        Raises:
            SdpError: one is malformed.
        """
        checked = [_parse_fingerprint(f"{algorithm} {digest}") for algorithm, digest in fingerprints]
        for section in (self.session, *self.media):
            section.remove_attribute("fingerprint")
        for algorithm, digest in checked:
            self.session.add_attribute("fingerprint", f"{algorithm} {digest}")

    def copy(self) -> SessionDescription:
        """Return an independent copy."""
        media = [replace(medium, lines=medium.lines.copy()) for medium in self.media]
        return SessionDescription(Section(self.session.lines.copy()), media)

    def _check(self) -> None:
        kinds = [kind for kind, _ in self.session.lines]
        if kinds[:2] != ["v", "o"] or self.session.get("v") != "0":
            raise SdpError("a description begins with v=0 and o= (RFC 8866 section 5)")
        if kinds.count("v") + kinds.count("o") > 2 or kinds.count("s") != 1 or "t" not in kinds:
            raise SdpError("a description has one each of v=, o= and s=, and a t= (RFC 8866 section 5)")
        if not _origin(self.session.get("o") or ""):
            raise SdpError(f"o={self.session.get('o')} is malformed (RFC 8866 section 5.2)")
        for kind, value in self.session.lines:
            if kind == "t" and not _timing(value):
                raise SdpError(f"t={value[:80]} is malformed (RFC 8866 section 5.9)")
        for section in (self.session, *self.media):
            for kind, value in section.lines:
                if kind == "c":
                    _parse_connection(value)


def _split(body: bytes) -> list[Line]:
    if len(body) > MAX_BODY:
        raise LimitExceeded(f"a description of {len(body)} bytes; {MAX_BODY} are allowed", status=513)
    try:
        texts = body.decode().split("\n")
    except UnicodeDecodeError as error:
        raise SdpError(f"the description is not UTF-8 at byte {error.start}") from None
    while texts and texts[-1] in ("", "\r"):
        texts.pop()
    if len(texts) > MAX_SDP_LINES:
        raise LimitExceeded(f"a description of {len(texts)} lines; {MAX_SDP_LINES} are allowed", status=513)
    lines = []
    for text in texts:
        match = _line(text.removesuffix("\r"))
        if match is None:
            raise SdpError(f"{text[:80]!r} is not a line such as a=sendrecv (RFC 8866 section 5)")
        lines.append((match[1], match[2]))
    return lines


def _parse_connection(value: str) -> Connection:
    match = _connection(value)
    if match is None:
        raise SdpError(f"c={value[:80]} is malformed (RFC 8866 section 5.7)")
    return Connection(*match.groups())


def _parse_fingerprint(value: str) -> tuple[str, str]:
    match = _fingerprint(value.strip(" "))
    algorithm = match[1].lower() if match else ""
    digest = match[2].upper() if match else ""
    if len(digest) + 1 != 3 * DIGEST_BYTES.get(algorithm, -1):
        raise SdpError(f"fingerprint {value[:120]!r} is malformed or of an unknown hash (RFC 8122 section 5)")
    return algorithm, digest
