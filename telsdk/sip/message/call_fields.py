"""What names another request or call: RAck (RFC 3262), Replaces (RFC 3891), Refer-Sub (RFC 4488)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

from telsdk.sip.errors import SipParseError
from telsdk.sip.message import grammar, values
from telsdk.sip.message.uri import Uri

_rack = re.compile(rf"([0-9]{{1,10}}){grammar.LWS}([0-9]{{1,10}}){grammar.LWS}({grammar.TOKEN})").fullmatch
_replaces = re.compile(rf"({grammar.CALLID})({grammar.PARAMS}){grammar.SWS}").fullmatch
_reserved = re.compile(rf"[^{grammar.UNRESERVED}]")

MAX_RSEQ: Final = 2**32 - 1
"""RFC 3262 section 7.1."""


@dataclass(frozen=True, slots=True)
class RAck:
    """Which response a PRACK acknowledges (RFC 3262 section 7.2)."""

    rseq: int
    cseq: int
    method: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the RAck written as `text`. Raises SipParseError where it is none."""
        match = _rack(text)
        if match is None:
            raise SipParseError(f"{text[:80]!r} is not two numbers and a method (RFC 3262 section 7.2)")
        return cls(int(match[1]), int(match[2]), match[3])

    def __str__(self) -> str:
        return f"{self.rseq} {self.cseq} {self.method}"


@dataclass(frozen=True, slots=True)
class Replaces:
    """A dialog as the device that gets this knows it; other parameters are left out (RFC 3891 section 6.1)."""

    call_id: str
    to_tag: str  # the receiver's own tag
    from_tag: str  # the tag of its peer
    early_only: bool = False  # not if it has been answered

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the Replaces written as `text`. Raises SipParseError where it is none."""
        match = _replaces(text)
        params = grammar.split_params(match[2]) if match else ()
        tags = [grammar.get_param(params, name) or "" for name in ("to-tag", "from-tag")]
        if match is None or not all(map(grammar.is_token, tags)):
            raise SipParseError(
                f"{text[:80]!r} is not Call-ID, to-tag and from-tag, each once (RFC 3891 section 6.1)"
            )
        return cls(match[1], tags[0], tags[1], grammar.has_param(params, "early-only"))

    @classmethod
    def asked_by(cls, target: Uri) -> Self | None:
        """Return what the URI of a Refer-To asks to put into the INVITE. Raises SipParseError."""
        for item in target.headers.split("&"):
            name, _, value = item.partition("=")
            if name.lower() == "replaces":
                return cls.parse(grammar.unescape(value))
        return None

    def __str__(self) -> str:
        end = ";early-only" if self.early_only else ""
        return f"{self.call_id};to-tag={self.to_tag};from-tag={self.from_tag}{end}"

    def into(self, uri: Uri) -> Uri:
        """Return the URI with this field in it, for a Refer-To (RFC 3261 section 19.1.1)."""
        field = "Replaces=" + _reserved.sub(lambda match: f"%{ord(match[0]):02X}", str(self))
        headers = f"{uri.headers}&{field}" if uri.headers else field
        return Uri(uri.scheme, uri.user, uri.host, uri.port, uri.password, uri.params, headers)


@dataclass(frozen=True, slots=True)
class ReferSub:
    """Whether a REFER makes a subscription (RFC 4488 section 4); parameters are left out."""

    wanted: bool

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the Refer-Sub written as `text`. Raises SipParseError where it is none."""
        value, _ = values.token_and_params(text, "true or false (RFC 4488 section 4)")
        if value.lower() not in ("true", "false"):
            raise SipParseError(f"{text[:80]!r} is not true or false (RFC 4488 section 4)")
        return cls(value.lower() == "true")

    def __str__(self) -> str:
        return "true" if self.wanted else "false"
