"""Via and CSeq: what every element reads of every message (RFC 3261 sections 20.42 and 20.16)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from telsdk.sip.errors import SipParseError
from telsdk.sip.message import grammar
from telsdk.sip.message.grammar import Params

_via = re.compile(
    rf"({grammar.TOKEN}){grammar.SWS}/{grammar.SWS}({grammar.TOKEN}){grammar.SWS}/{grammar.SWS}({grammar.TOKEN})"
    rf"{grammar.LWS}({grammar.HOST})(?:{grammar.SWS}:{grammar.SWS}({grammar.PORT}))?"
    rf"({grammar.PARAMS}){grammar.SWS}"
).fullmatch
_plain_via = re.compile(grammar.PLAIN_VIA).fullmatch
_cseq = re.compile(rf"([0-9]{{1,32}}+){grammar.LWS}({grammar.TOKEN})").fullmatch

_PLAIN_PARAMS: Final = ("branch", "rport", "received")
"""What a Via as `telsdk.sip.message.grammar.PLAIN_VIA` may have, in lower case."""

MAX_CSEQ: Final = 2**31 - 1
"""RFC 3261 section 8.1.1.5."""


class Via:
    """One hop that a request took, and the way of its responses (RFC 3261 section 20.42). Immutable.

    Each message brings one that was never seen before, and most of it is never asked for: so parameters that were
    written in the usual way are taken apart when somebody does.

    Attributes:
        transport: in upper case: UDP, TCP, TLS, WS, WSS ...
        host: without brackets when IPv6.
        text: as it was written, where that is the one normal form; else "".
    """

    __slots__ = ("_params", "_plain", "host", "port", "protocol", "text", "transport")

    def __init__(
        self,
        transport: str,
        host: str,
        port: int | None = None,
        params: Params | None = (),
        protocol: str = "SIP/2.0",
        plain: str = "",
        text: str = "",
    ) -> None:
        """Make a Via.

        Args:
            params: as on the wire; None: as in `plain`.
            plain: parameters as `telsdk.sip.message.grammar.PLAIN_VIA` matches them.
            text: see the attribute.
        """
        self.transport = transport
        self.host = host
        self.port = port
        self.protocol = protocol
        self._params = params
        self._plain = plain
        self.text = text

    @classmethod
    def parse(cls, text: str) -> Via:
        """Return the Via value written as `text`.

        Raises:
            SipParseError: it is none.
        """
        match = _plain_via(text)
        if match is None:
            return _via_by_grammar(text)
        transport, host, port, plain = match.groups()
        return Via(transport, host, int(port) if port else None, None, "SIP/2.0", plain, text)

    @property
    def params(self) -> Params:
        """The parameters; their values as on the wire, read them with `param`."""
        if self._params is None:
            self._params = grammar.split_plain_params(self._plain)
        return self._params

    def __str__(self) -> str:
        if self.text:
            return self.text
        sent_by = grammar.write_host(self.host, self.port)
        params = self._plain if self._params is None else grammar.join_params(self._params)
        return f"{self.protocol}/{self.transport} {sent_by}{params}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Via) and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash(self._parts())

    def __repr__(self) -> str:
        return f"<Via {self}>"

    @property
    def branch(self) -> str | None:
        """The transaction's id (section 8.1.1.7); from RFC 2543 peers there is none."""
        plain = self._plain
        if not plain:
            return self.param("branch")
        start = plain.find(";branch=") + 8  # a plain Via has one
        end = plain.find(";", start)
        return plain[start:] if end < 0 else plain[start:end]

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
        """Return the value of a parameter, unquoted; "" where it has none, as in ``;rport``; None where absent."""
        return grammar.get_param(self.params, name)

    def has(self, name: str) -> bool:
        """Return whether the parameter is there, with or without a value."""
        if self._plain and name in _PLAIN_PARAMS:
            return f";{name}" in self._plain
        return grammar.has_param(self.params, name)

    def stamped(self, host: str, port: int) -> Via:
        """Return the same, with where the request really came from (RFC 3261 18.2.1, RFC 3581 section 4).

        Args:
            host: goes into ``received``, unless it is what the Via says already and its ``rport`` is not asked for.
            port: goes into ``rport`` where that is asked for.
        """
        plain = self._plain
        asks = ";rport" in plain or (not plain and self.has("rport"))
        if not asks and self.host == host and not self.has("received"):
            return self
        if plain and ";received=" not in plain and ";rport=" not in plain and ":" not in host:
            if asks:
                plain = plain.replace(";rport", f";rport={port}", 1)
            plain = f"{plain};received={host}"
            text = f"{self.text[: len(self.text) - len(self._plain)]}{plain}" if self.text else ""
            return Via(self.transport, self.host, self.port, None, self.protocol, plain, text)
        params = grammar.set_param(self.params, "received", host)
        return self._with(grammar.set_param(params, "rport", str(port)) if asks else params)

    def with_param(self, name: str, value: str | None) -> Via:
        """Return the same with this parameter; None writes the bare name."""
        return self._with(grammar.set_param(self.params, name, value))

    def without(self, *names: str) -> Via:
        """Return the same without these parameters."""
        return self._with(grammar.drop_params(self.params, *names))

    def _with(self, params: Params) -> Via:
        return Via(self.transport, self.host, self.port, params, self.protocol)

    def _parts(self) -> tuple[object, ...]:
        return (self.transport, self.host, self.port, self.params, self.protocol)


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
        """Return the CSeq value written as `text`.

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
