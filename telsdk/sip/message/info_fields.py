"""What is told to people and logs: Alert-Info, Call-Info, Error-Info, Warning, Reason, Server and User-Agent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

from telsdk.sip.errors import SipParseError
from telsdk.sip.message import grammar, values
from telsdk.sip.message.grammar import Params
from telsdk.sip.message.uri import Uri

_info = re.compile(rf"{grammar.SWS}<([^<>]*+)>({grammar.PARAMS}){grammar.SWS}").fullmatch
is_warning = re.compile(rf"([0-9]{{3}}) ([^\s\x00-\x1f\x7f]++) ({grammar.QUOTED_STRING})").fullmatch
_product: Final = rf"({grammar.TOKEN})(?:{grammar.SWS}/{grammar.SWS}({grammar.TOKEN}))?"
_is_comment = re.compile(grammar.COMMENT).fullmatch
_server_val = re.compile(rf"(?:{_product}|({grammar.COMMENT}))(?:{grammar.LWS}|$)").match
_cause = re.compile(r"[0-9]{1,9}").fullmatch


@dataclass(frozen=True, slots=True)
class Info:
    """Where something about a call is found: a value of Alert-Info, Call-Info or Error-Info.

    Nothing here follows it, and whoever does fetches what a stranger chose (RFC 3261 sections 20.4 and 20.9).
    """

    uri: Uri
    params: Params = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the value written as `text`. Raises SipParseError where it is no URI in ``<>``."""
        match = _info(text)
        if match is None:
            raise SipParseError(
                f"{text[:80]!r} is not <uri>;parameters (RFC 3261 sections 20.4, 20.9, 20.18)"
            )
        return cls(Uri.parse(match[1]), grammar.split_params(match[2]))

    def __str__(self) -> str:
        return f"<{self.uri}>{grammar.join_params(self.params)}"

    @property
    def purpose(self) -> str | None:
        """What a Call-Info is for, in lower case: icon, info, card or another token."""
        value = grammar.get_param(self.params, "purpose")
        return None if value is None else value.lower()


@dataclass(frozen=True, slots=True)
class WarningValue:
    """What went wrong, for people (RFC 3261 section 20.43)."""

    code: int  # 300 to 399, of those that the RFC knows
    agent: str  # who says so: host and port, or a pseudonym; only blanks and controls are refused in it
    text: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the warning-value written as `text`. Raises SipParseError where it is none."""
        match = is_warning(text)
        if match is None:
            raise SipParseError(f"{text[:80]!r} is not code, agent and text (RFC 3261 section 20.43)")
        return cls(int(match[1]), match[2], grammar.unquote(match[3]))

    def __str__(self) -> str:
        return f"{self.code:03} {self.agent} {grammar.quote(self.text)}"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a CANCEL or BYE was sent (RFC 3326). Any peer can write what it likes there."""

    protocol: str  # as written; compare in lower case: SIP, Q.850
    params: Params = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the reason-value written as `text`.

        Raises:
            SipParseError: it is none, or its cause is no number.
        """
        protocol, params = values.token_and_params(text, "a reason (RFC 3326 section 2)")
        cause = grammar.get_param(params, "cause")
        if cause is not None and not _cause(cause):
            raise SipParseError(f"cause {cause[:40]!r} is no number (RFC 3326 section 2)")
        return cls(protocol, params)

    def __str__(self) -> str:
        return self.protocol + grammar.join_params(self.params)

    @property
    def cause(self) -> int | None:
        """The status, or the code of Q.850."""
        value = grammar.get_param(self.params, "cause")
        return None if value is None else int(value)

    @property
    def text(self) -> str | None:
        """For people."""
        return grammar.get_param(self.params, "text")


@dataclass(frozen=True, slots=True)
class Product:
    """A program, and which version of it."""

    name: str
    version: str | None = None

    def __str__(self) -> str:
        return self.name if self.version is None else f"{self.name}/{self.version}"


@dataclass(frozen=True, slots=True)
class Software:
    """What a peer runs: Server or User-Agent (RFC 3261 sections 20.35 and 20.41), one or more server-val."""

    vals: tuple[Product | str, ...]  # a str is a comment, with its brackets

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the value written as `text`. Raises SipParseError: something in it is neither product nor comment."""
        found: list[Product | str] = []
        at = 0
        while at < len(text) or not found:
            match = _server_val(text, at)
            if match is None:
                raise SipParseError(
                    f"{text[at : at + 80]!r} is neither product/version nor (comment) (RFC 3261 section 20.35)"
                )
            name, version, comment = match.groups()
            found.append(Product(name, version) if comment is None else comment)
            at = match.end()
        return cls(tuple(found))

    def __str__(self) -> str:
        return " ".join([str(val) for val in self.vals])
