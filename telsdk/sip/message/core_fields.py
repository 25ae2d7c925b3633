"""Via and CSeq: what every element reads of every message (RFC 3261 sections 20.42 and 20.16)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, Self

from telsdk.sip.errors import SipParseError
from telsdk.sip.message import grammar
from telsdk.sip.message.grammar import Params

_via = re.compile(
    rf"({grammar.TOKEN}){grammar.SWS}/{grammar.SWS}({grammar.TOKEN}){grammar.SWS}/{grammar.SWS}({grammar.TOKEN})"
    rf"{grammar.LWS}({grammar.HOST})(?:{grammar.SWS}:{grammar.SWS}({grammar.PORT}))?+"
    rf"({grammar.PARAMS}){grammar.SWS}"
).fullmatch
_plain_via = re.compile(grammar.PLAIN_VIA).fullmatch
_cseq = re.compile(rf"([0-9]{{1,32}}+){grammar.LWS}({grammar.TOKEN})").fullmatch

MAX_CSEQ: Final = 2**31 - 1
"""RFC 3261 section 8.1.1.5."""


@dataclass(frozen=True, slots=True)
class Via:
    """One hop that a request took, and the way of its responses (RFC 3261 section 20.42)."""

    transport: str  # upper case: UDP, TCP, TLS, WS, WSS ...
    host: str  # without brackets when IPv6
    port: int | None = None
    params: Params = ()  # values as on the wire; read them with `param`
    protocol: str = "SIP/2.0"

    @classmethod
    def parse(cls, text: str) -> Via:
        """The Via value written as `text`.

        Raises:
            SipParseError: it is none.
        """
        return _parse_via(text)

    @classmethod
    def of_plain(cls, match: re.Match[str]) -> Via:
        """The Via that `telsdk.sip.message.grammar.PLAIN_VIA` matched."""
        transport, host, port, params = match.groups()
        return Via(transport, host, int(port) if port else None, grammar.split_plain_params(params))

    def __str__(self) -> str:
        sent_by = grammar.write_host(self.host, self.port)
        return f"{self.protocol}/{self.transport} {sent_by}{grammar.join_params(self.params)}"

    @property
    def branch(self) -> str | None:
        """The transaction's id (section 8.1.1.7); from RFC 2543 peers there is none."""
        return self.param("branch")

    @property
    def received(self) -> str | None:
        """The address that the request really came from (section 18.2.1), without brackets."""
        value = self.param("received")
        return value.strip("[]") if value else None

    @property
    def rport(self) -> int | None:
        """The port that the request really came from (RFC 3581); None when absent or not filled in yet."""
        value = self.param("rport")
        return int(value) if value and value.isdecimal() and len(value) <= 5 else None

    def param(self, name: str) -> str | None:
        """The value of a parameter, unquoted; "" where it has none, as in ``;rport``; None where absent."""
        return grammar.get_param(self.params, name)

    def has(self, name: str) -> bool:
        """Whether the parameter is there, with or without a value."""
        return grammar.has_param(self.params, name)

    def with_param(self, name: str, value: str | None) -> Self:
        """The same with this parameter; None writes the bare name."""
        return replace(self, params=grammar.set_param(self.params, name, value))

    def without(self, *names: str) -> Self:
        """The same without these parameters."""
        return replace(self, params=grammar.drop_params(self.params, *names))


@grammar.remembered
def _parse_via(text: str) -> Via:
    match = _plain_via(text)
    return _via_by_grammar(text) if match is None else Via.of_plain(match)


def _via_by_grammar(text: str) -> Via:
    match = _via(text)
    if match is None:
        raise SipParseError(f"Via {text[:80]!r} is malformed (RFC 3261 section 20.42)")
    name, version, transport, host, port, params = match.groups()
    return Via(
        transport.upper(),
        grammar.normalise_host(host),
        grammar.parse_port(port) if port else None,
        grammar.split_params(params),
        f"{name}/{version}",
    )


@dataclass(frozen=True, slots=True)
class CSeq:
    """Order of requests within a dialog, and the method answered (RFC 3261 section 20.16)."""

    number: int
    method: str  # case counts

    @classmethod
    def parse(cls, text: str) -> CSeq:
        """The CSeq value written as `text`.

        Raises:
            SipParseError: it is none, or its number is 2**31 or more.
        """
        return _parse_cseq(text)

    def __str__(self) -> str:
        return f"{self.number} {self.method}"


@grammar.remembered
def _parse_cseq(text: str) -> CSeq:
    match = _cseq(text)
    if match is None:
        raise SipParseError(f"CSeq {text[:80]!r} is not a number and a method (RFC 3261 section 20.16)")
    number = int(match[1])
    if number > MAX_CSEQ:
        raise SipParseError(f"CSeq number {match[1]} is 2**31 or more (RFC 3261 section 8.1.1.5)")
    return CSeq(number, match[2])
