"""What a body is, and what its reader takes: Accept and Content- fields (RFC 3261 sections 20.1 to 20.3, 20.11 to
20.15, 20.24)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from telsdk.sip.errors import SipParseError
from telsdk.sip.message import grammar, values
from telsdk.sip.message.grammar import Params

_media_type = re.compile(
    rf"{grammar.SWS}({grammar.TOKEN}){grammar.SWS}/{grammar.SWS}({grammar.TOKEN})({grammar.PARAMS}){grammar.SWS}"
).fullmatch
_mime_version = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})").fullmatch

ANY: Final = "*"


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media-type, or the media-range of an Accept, whose types may be ``*``."""

    type: str  # lower case
    subtype: str  # lower case
    params: Params = ()  # values as on the wire; read them with `param`

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the media-type written as `text`.

        Raises:
            SipParseError: it is none.
        """
        match = _media_type(text)
        if match is None:
            raise SipParseError(f"{text[:80]!r} is not type/subtype (RFC 3261 section 20.15)")
        return cls(match[1].lower(), match[2].lower(), grammar.split_params(match[3]))

    @classmethod
    def parse_range(cls, text: str) -> Self:
        """Return the accept-range written as `text`: a media-type whose ``q`` is a qvalue. Raises SipParseError."""
        found = cls.parse(text)
        values.check_q(found.params)
        return found

    def __str__(self) -> str:
        return f"{self.name}{grammar.join_params(self.params)}"

    @property
    def name(self) -> str:
        """``type/subtype``, without parameters."""
        return f"{self.type}/{self.subtype}"

    @property
    def q(self) -> float:
        """How much an accept-range is wanted; 0: not at all."""
        return values.q_of(self.params)

    def param(self, name: str) -> str | None:
        """Return the value of a parameter, unquoted, or None."""
        return grammar.get_param(self.params, name)


def weight(accepted: Iterable[MediaType], name: str) -> float:
    """Return how much an Accept wants ``type/subtype`` `name`, in lower case; 0: not at all.

    What names it most closely decides (RFC 2616 section 14.1).
    """
    ranges = [(one.name, one.q) for one in accepted]
    for wanted in (name, f"{name.partition('/')[0]}/{ANY}", f"{ANY}/{ANY}"):
        found = [q for known, q in ranges if known == wanted]
        if found:
            return max(found)
    return 0.0


@dataclass(frozen=True, slots=True)
class Preference:
    """A coding or a language that somebody takes: a value of Accept-Encoding or Accept-Language."""

    value: str  # as written; compare in lower case. "*": any other
    params: Params = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the encoding written as `text` (RFC 3261 section 20.2). Raises SipParseError where it is none."""
        value, params = values.token_and_params(text, "a content coding (RFC 3261 section 20.2)")
        return cls(value, values.check_q(params))

    @classmethod
    def parse_language(cls, text: str) -> Self:
        """Return the language written as `text` (RFC 3261 section 20.3). Raises SipParseError where it is none."""
        value, params = values.token_and_params(text, "a language-range (RFC 3261 section 20.3)")
        if value != ANY:
            values.language_tag(value)
        return cls(value, values.check_q(params))

    def __str__(self) -> str:
        return self.value + grammar.join_params(self.params)

    @property
    def q(self) -> float:
        """How much it is wanted; 0: not at all."""
        return values.q_of(self.params)


@dataclass(frozen=True, slots=True)
class ContentDisposition:
    """What a body is for (RFC 3261 section 20.11)."""

    type: str  # lower case: render, session, icon, alert ...
    params: Params = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the Content-Disposition written as `text`. Raises SipParseError where it is none."""
        kind, params = values.token_and_params(text, "a disposition (RFC 3261 section 20.11)")
        return cls(kind.lower(), params)

    def __str__(self) -> str:
        return self.type + grammar.join_params(self.params)

    @property
    def is_optional(self) -> bool:
        """Whether the sender does not mind that the body is not understood."""
        return (grammar.get_param(self.params, "handling") or "").lower() == "optional"


@dataclass(frozen=True, slots=True)
class MimeVersion:
    """Which MIME the body follows: 1.0 (RFC 3261 section 20.24)."""

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the MIME-Version written as `text`. Raises SipParseError where it is none."""
        match = _mime_version(text)
        if match is None:
            raise SipParseError(f"{text[:80]!r} is not a version as 1.0 (RFC 3261 section 20.24)")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"
