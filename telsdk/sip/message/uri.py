"""SIP URIs and name-addr values (RFC 3261 sections 19.1 and 25.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Final, Self

from telsdk.sip.errors import SipParseError, Unwritable
from telsdk.sip.message import grammar, tel
from telsdk.sip.message.grammar import Params

_sip = re.compile(
    rf"(sips?):(?:({grammar.USER})(?::({grammar.PASSWORD}))?@)?({grammar.HOST})(?::({grammar.PORT}))?"
    rf"({grammar.URI_PARAMETERS})(?:\?({grammar.HEADERS}))?",
    re.IGNORECASE | re.ASCII,
).fullmatch
_absolute = re.compile(rf"({grammar.SCHEME}):({grammar.OPAQUE})", re.ASCII).fullmatch
_name_addr = re.compile(
    rf"{grammar.SWS}(?:({grammar.QUOTED_STRING}|(?>(?:{grammar.TOKEN}(?>(?:{grammar.LWS}{grammar.TOKEN})*))?))"
    rf"{grammar.SWS}<([^<>]*+)>|([^\s<>;,?\"]++))({grammar.PARAMS}){grammar.SWS}"
).fullmatch

_plain = re.compile(grammar.PLAIN_URI).fullmatch
_plain_name_addr = re.compile(grammar.PLAIN_NAME_ADDR).fullmatch

# As `grammar.USER`, which looks at each octet by itself: the user part of a route token has a hundred.
_USER_OCTETS: Final = rf"[{grammar.UNRESERVED}&=+$,;?/]"
_is_user = re.compile(
    rf"(?:{_USER_OCTETS}|{grammar.ESCAPED}){_USER_OCTETS}*(?:{grammar.ESCAPED}{_USER_OCTETS}*)*"
).fullmatch
_is_host = re.compile(rf"{grammar.HOST}|[0-9a-fA-F:.]++").fullmatch
_is_paramchars = re.compile(grammar.PARAMCHARS).fullmatch

# RFC 3261 section 19.1.4: these never match when only one of two URIs has them.
_MUST_BE_IN_BOTH: Final = ("user", "ttl", "method", "maddr", "transport")


@dataclass(slots=True, init=False, eq=False)
class Uri:
    """A URI. Immutable. Of ``sip`` and ``sips`` all parts are known; any other scheme is kept whole in `host`.

    Scheme, host and parameter names are lower case, needless escapes are resolved: two URIs that differ
    only in these are equal (``==``). By the looser rules of RFC 3261 section 19.1.4 compare with
    `equivalent`.

    Attributes:
        user: what must be escaped is escaped: see `telsdk.sip.message.grammar`.escape_user and unescape.
        host: without brackets when IPv6; the whole opaque part when the scheme is not sip or sips.
        headers: as written after "?", without it.
    """

    scheme: Final[str]
    user: Final[str | None]
    host: Final[str]
    port: Final[int | None]
    password: str | None = field(repr=False)
    params: Final[Params]
    headers: Final[str]
    _text: str = field(init=False, repr=False)

    def __init__(
        self,
        scheme: str,
        user: str | None,
        host: str,
        port: int | None = None,
        password: str | None = None,
        params: Params = (),
        headers: str = "",
    ) -> None:
        self.scheme = scheme
        self.user = user
        self.host = host
        self.port = port
        self.password = password
        self.params = params
        self.headers = headers
        self._text = ""  # as it was written once

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Uri) and self.host == other.host and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash(self._parts())

    def _parts(self) -> tuple[object, ...]:
        return (self.scheme, self.user, self.host, self.port, self.password, self.params, self.headers)

    @classmethod
    def parse(cls, text: str) -> Uri:
        """Return the URI written as `text`, without angle brackets or blanks around it.

        Raises:
            SipParseError: it is no URI, or a parameter occurs twice.
        """
        return _parse_uri(text)

    def __str__(self) -> str:
        """Return the URI as text. Raises Unwritable where it would read as another one: escape the user part."""
        if not self._text:
            self._text = self._written()
        return self._text

    def _written(self) -> str:
        if self.scheme not in ("sip", "sips"):
            return f"{self.scheme}:{self.host}"
        if self.user is not None and not _is_user(self.user):
            raise Unwritable(f"{_short(self.user)} cannot be the user of a URI: use grammar.escape_user")
        if not _is_host(self.host):
            raise Unwritable(f"{_short(self.host)} cannot be the host of a URI")
        text = f"{self.scheme}:"
        if self.user is not None:
            text += self.user if self.password is None else f"{self.user}:{self.password}"
            text += "@"
        text += grammar.write_host(self.host, self.port)
        if self.params:
            text += grammar.join_params(self.params)
        return f"{text}?{self.headers}" if self.headers else text

    def param(self, name: str) -> str | None:
        """Return the value of a parameter; "" where it has none, as in ``;lr``; None where it is absent."""
        return grammar.get_param(self.params, name)

    def has(self, name: str) -> bool:
        """Return whether the parameter is there, with or without a value."""
        return grammar.has_param(self.params, name)

    def with_params(self, **params: str | None) -> Self:
        """Return the same with these parameters besides; ``lr=None`` writes ``;lr``. Raises Unwritable."""
        known = self.params
        for name, value in params.items():
            if value is not None and not _is_paramchars(value):
                raise Unwritable(f"{name}={_short(value)} cannot be a URI parameter: escape what must be")
            known = (*grammar.drop_params(known, name), (name.lower(), value))
        return replace(self, params=known)

    def without(self, *names: str) -> Self:
        """Return the same without these parameters."""
        return replace(self, params=grammar.drop_params(self.params, *names))

    @property
    def aor(self) -> Self:
        """The address of record: scheme, user and host, nothing else (RFC 3261 section 10.3 step 5)."""
        return type(self)(self.scheme, self.user, self.host)

    @property
    def transport(self) -> str:
        """``udp``, ``tcp``, ``tls``, ``ws`` or ``wss``: the parameter, or the scheme's default.

        ``sips`` makes ``tls`` of ``tcp`` and ``wss`` of ``ws`` (RFC 3261 section 26.2.2, RFC 7118 section
        5.2).
        """
        wanted = (self.param("transport") or "").lower()
        if self.scheme == "sips":
            return "wss" if wanted in ("ws", "wss") else "tls"
        return wanted or "udp"

    def equivalent(self, other: Uri) -> bool:
        """Return whether both name the same resource by RFC 3261 section 19.1.4. Not transitive, says the RFC.

        ``tel`` URIs are compared by RFC 3966 section 4.
        """
        if self.scheme == other.scheme == "tel":
            return tel.same(self.host, other.host)
        return (
            (self.scheme, self.user, self.password, self.host, self.port)
            == (other.scheme, other.user, other.password, other.host, other.port)
            and _params_match(self.params, other.params)
            and _header_set(self.headers) == _header_set(other.headers)
        )


@grammar.remembered
def _parse_uri(text: str) -> Uri:
    match = _plain(text)
    if match is None:
        return _uri_by_grammar(text)
    scheme, user, host, port, params = match.groups()
    uri = Uri(scheme, user, host, int(port) if port else None, None, grammar.split_plain_params(params))
    uri._text = text
    return uri


def _uri_by_grammar(text: str) -> Uri:
    match = _sip(text)
    if match is None:
        return _parse_absolute(text)
    scheme, user, password, host, port, params, headers = match.groups()
    if "%" in text:
        user = user and grammar.normalise_escapes(user)
        password = password and grammar.normalise_escapes(password)
        params = grammar.normalise_escapes(params)
    return Uri(
        scheme.lower(),
        user,
        grammar.normalise_host(host),
        grammar.parse_port(port) if port else None,
        password,
        grammar.split_params(params),
        headers or "",
    )


def _parse_absolute(text: str) -> Uri:
    match = _absolute(text)
    if match is None or match[1].lower() in ("sip", "sips"):
        raise SipParseError(f"{_short(text)} is not a URI (RFC 3261 section 19.1.1)")
    return Uri(match[1].lower(), None, match[2])


def _params_match(ours: Params, theirs: Params) -> bool:
    mine, others = ({name: (value or "").lower() for name, value in params} for params in (ours, theirs))
    if any((name in mine) != (name in others) for name in _MUST_BE_IN_BOTH):
        return False
    return all(mine[name] == others[name] for name in mine.keys() & others.keys())


def _header_set(headers: str) -> list[tuple[str, str]]:
    pairs = (item.partition("=") for item in headers.split("&"))
    return sorted((name.lower(), grammar.unescape(value)) for name, _, value in pairs)


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")


@dataclass(slots=True, init=False, eq=False)
class NameAddr:
    """An address with a display name and header parameters: To, From, Contact, Route and their like. Immutable.

    Attributes:
        display: the text itself, without quotes and escapes.
        params: their values as on the wire; read them with `param`.
    """

    uri: Final[Uri]
    display: Final[str | None]
    params: Final[Params]

    def __init__(self, uri: Uri, display: str | None = None, params: Params = ()) -> None:
        self.uri = uri
        self.display = display
        self.params = params

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NameAddr) and (self.uri, self.display, self.params) == (
            other.uri,
            other.display,
            other.params,
        )

    def __hash__(self) -> int:
        return hash((self.uri, self.display, self.params))

    @classmethod
    def parse(cls, text: str) -> NameAddr:
        """Return the name-addr or addr-spec written as `text`.

        Without ``<>`` all parameters belong to the header, and the URI has no ``?``, ``,`` or ``;``
        (section 20).

        Raises:
            SipParseError: it is neither.
        """
        return _parse_name_addr(text)

    def __str__(self) -> str:
        name = "" if self.display is None else grammar.quote(self.display) + " "
        return f"{name}<{self.uri}>{grammar.join_params(self.params)}"

    @property
    def tag(self) -> str | None:
        """The ``tag`` that names one end of a dialog (section 19.3)."""
        return self.param("tag")

    def param(self, name: str) -> str | None:
        """Return the value of a header parameter, unquoted; "" where it has none; None where it is absent."""
        return grammar.get_param(self.params, name)

    def has(self, name: str) -> bool:
        """Return whether the parameter is there, with or without a value."""
        return grammar.has_param(self.params, name)

    def with_param(self, name: str, value: str | None) -> Self:
        """Return the same with this parameter; a value that is no token is quoted; None writes the bare name."""
        return replace(self, params=grammar.set_param(self.params, name, value))

    def without(self, *names: str) -> Self:
        """Return the same without these parameters."""
        return replace(self, params=grammar.drop_params(self.params, *names))


@grammar.remembered
def _parse_name_addr(text: str) -> NameAddr:
    match = _plain_name_addr(text)
    if match is None:
        return _name_addr_by_grammar(text)
    quoted, display, uri, params = match.group(1, 2, 3, 9)
    name = display if quoted is None else quoted
    return NameAddr(_parse_uri(uri), name, grammar.split_plain_params(params))


def _name_addr_by_grammar(text: str) -> NameAddr:
    match = _name_addr(text)
    if match is None:
        raise SipParseError(f'{_short(text)} is not an address: write "name" <uri>;parameters')
    display, bracketed, bare, params = match.groups()
    uri = _parse_uri(bare if bracketed is None else bracketed)
    return NameAddr(uri, _display(display) if display else None, grammar.split_params(params))


def _display(text: str) -> str:
    return grammar.unquote(text) if text[0] == '"' else " ".join(text.split())
