"""The grammar of RFC 3261 section 25.1, as fragments of regular expressions, under the RFC's names.

They are put together where they are used, in `uri`, `headers` and `parser`. No quantifier that could meet the
same character twice gives anything back, so that matching takes time in proportion to the text, whoever wrote
it: one of a single character is possessive, one of a group stands in an atomic group, ``(?>(?:…)*)``. For a
possessive quantifier of a group matches too much in CPython 3.11.0 to 3.11.4 (gh-106052), and an atomic group
around a group that captures can end the process there (gh-101955); `tests/test_patterns.py` holds to both.

Departures from the RFC, each for a reason:

- LWS: lines are unfolded before anything here sees them, so LWS is blanks and tabs.
- host names may have ``_``: names within many private networks do, and it can be confused with nothing.
- comments are within comments no more than four deep: a regular expression cannot count.
- gen-value allows ``:``, because the values of ``received`` and ``maddr`` are IPv6 addresses, written without
  brackets in the one and with them in the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import AddressValueError, IPv6Address
from itertools import pairwise
from typing import Final, TypeVar

from telsdk.sip.errors import LimitExceeded, SipParseError, Unwritable
from telsdk.sip.limits import MAX_PARAMETERS, MAX_REMEMBERED, MAX_REMEMBERED_LENGTH

T = TypeVar("T")

SWS: Final = r"[ \t]*+"
LWS: Final = r"[ \t]++"
TOKEN: Final = r"[A-Za-z0-9.!%*_+`'~-]++"
QUOTED_STRING: Final = r'"(?>(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[\x00-\x09\x0b\x0c\x0e-\x7f])*)"'
WORD: Final = r"""[A-Za-z0-9.!%*_+`'~()<>:\\"/\[\]?{}-]++"""
CALLID: Final = rf"{WORD}(?>(?:@{WORD})?)"

GEN_VALUE: Final = r"[A-Za-z0-9.!%*_+`'~:\[\]-]++"
GENERIC_PARAM: Final = rf"{TOKEN}(?>(?:{SWS}={SWS}(?:{GEN_VALUE}|{QUOTED_STRING}))?)"
PARAMS: Final = rf"(?>(?:{SWS};{SWS}{GENERIC_PARAM})*)"


def _comment(within: str) -> str:
    return rf"\((?>(?:[^()\\\x00-\x08\x0a-\x1f\x7f]|\\[\x00-\x09\x0b\x0c\x0e-\x7f]{within})*)\)"


COMMENT: Final = _comment("|" + _comment("|" + _comment("|" + _comment(""))))
"""Four deep."""


HOSTNAME: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?"
IPV6_REFERENCE: Final = r"\[[0-9A-Fa-f:.]++\]"
HOST: Final = rf"(?:{IPV6_REFERENCE}|{HOSTNAME})"
PORT: Final = r"[0-9]{1,5}+"

ESCAPED: Final = r"%[0-9A-Fa-f]{2}"
UNRESERVED: Final = r"A-Za-z0-9_.!~*'()\-"  # to be put between brackets
USER: Final = rf"(?>(?:[{UNRESERVED}&=+$,;?/]|{ESCAPED})+)"
PASSWORD: Final = rf"(?>(?:[{UNRESERVED}&=+$,]|{ESCAPED})*)"
PARAMCHARS: Final = rf"(?>(?:[{UNRESERVED}\[\]/:&+$]|{ESCAPED})+)"
URI_PARAMETERS: Final = rf"(?>(?:;{PARAMCHARS}(?>(?:={PARAMCHARS})?))*)"
HNV: Final = rf"(?:[{UNRESERVED}\[\]/?:+$]|{ESCAPED})"
HEADERS: Final = rf"(?>{HNV}+)=(?>{HNV}*)(?>(?:&(?>{HNV}+)=(?>{HNV}*))*)"
SCHEME: Final = r"[A-Za-z][A-Za-z0-9+.-]*+"
OPAQUE: Final = rf"(?>(?:[{UNRESERVED};/?:@&=+$,\[\]]|{ESCAPED})+)"

# What nearly every message has, and surely passes all checks that come behind these expressions: whoever only
# wants to know whether a field is well-formed need not take it apart, and whoever does finds its parts in the
# groups, already in their one normal form.
# A leading 0 would make an octet octal to some readers and decimal to others, so it is for nobody.
# No two branches begin alike, and nothing repeats: `re` then takes half the time.
OCTET: Final = "(?:1[0-9]{0,2}+|2(?>(?:[0-4][0-9]?+|5[0-5]?+|[6-9])?)|[3-9][0-9]?+|0)"
IPV4_ADDRESS: Final = rf"{OCTET}\.{OCTET}\.{OCTET}\.{OCTET}"
PLAIN_HOSTNAME: Final = "(?>(?:[a-z0-9]++[.-])*)[a-z][a-z0-9]*+"
PLAIN_PORT: Final = (
    "(?:[1-5][0-9]{4}|[1-9][0-9]{0,3}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])(?![0-9])"
)
PLAIN_HOST: Final = rf"({IPV4_ADDRESS}|{PLAIN_HOSTNAME})(?::({PLAIN_PORT}))?"
"""Groups: host, port."""
PLAIN_URI: Final = rf"(sips?):(?:([{UNRESERVED}]++)@)?{PLAIN_HOST}(;lr|;transport=[a-z]++(?:;lr)?)?"
"""Groups: scheme, user, host, port, parameters."""
PLAIN_NAME_ADDR: Final = (
    rf'(?:"([^"\\\x00-\x1f\x7f]*+)" |({TOKEN}) )?<({PLAIN_URI})>'
    rf"(;(?:tag=({TOKEN})|expires=[0-9]{{1,9}}+))?"
)
"""Groups: display name that was quoted, or was not, URI, the five groups of `PLAIN_URI`, parameters, tag."""
PLAIN_TAG: Final = 10
"""The group of `PLAIN_NAME_ADDR` that has the tag."""
PLAIN_VIA: Final = (
    rf"SIP/2\.0/([A-Z]++) {PLAIN_HOST}"
    rf"((?:;rport;branch={TOKEN}|;branch={TOKEN}(?:;rport(?:=[0-9]++)?)?)(?:;received={IPV4_ADDRESS})?)"
)
"""Groups: transport, host, port, parameters."""

RFC1123_DATE: Final = (
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4} "
    r"[0-9]{2}:[0-9]{2}:[0-9]{2} GMT"
)

Params = tuple[tuple[str, str | None], ...]
"""Parameters in order: lower-case name, and value as on the wire with its quotes, or None without ``=``."""

is_token = re.compile(TOKEN).fullmatch
_gen_value = re.compile(GEN_VALUE).fullmatch
_find_params = re.compile(rf";{SWS}({TOKEN})(?:{SWS}={SWS}({GEN_VALUE}|{QUOTED_STRING}))?").findall
_quoted_pair = re.compile(r"\\(.)", re.DOTALL)
_needs_pair = re.compile(r'["\\\x00-\x1f\x7f]')
_is_ipv4_address = re.compile(IPV4_ADDRESS).fullmatch
_label = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?").fullmatch
_escape = re.compile("%([0-9A-Fa-f]{2})")
_unreserved = re.compile(f"[{UNRESERVED}]").fullmatch
_not_user = re.compile(rf"[^{UNRESERVED}&=+$,;?/]")


def remembered(parse: Callable[[str], T]) -> Callable[[str], T]:
    """Give `parse` a bounded memory of its newest results, which must be immutable.

    The From, To, Contact and Via of one call come by in a dozen messages. A long text is not remembered, so
    that nobody can fill the memory with much. A full memory is emptied: to keep what was used last costs each
    new value more than to read the few again that are still wanted.
    """
    memory: dict[str, T] = {}

    def parse_or_remember(text: str) -> T:
        found = memory.get(text)
        if found is None:
            found = parse(text)
            if len(text) <= MAX_REMEMBERED_LENGTH:
                if len(memory) >= MAX_REMEMBERED:
                    memory.clear()
                memory[text] = found
        return found

    return parse_or_remember


def split_params(text: str) -> Params:
    """Return the parameters in `text`, which `PARAMS` or `URI_PARAMETERS` is known to match.

    Raises:
        SipParseError: a name occurs twice (RFC 3261 section 7.3.1).
        LimitExceeded: there are more than `MAX_PARAMETERS`.
    """
    if not text:
        return ()
    if text.count(";") > MAX_PARAMETERS:
        raise LimitExceeded(f"more than {MAX_PARAMETERS} parameters in one value")
    if '"' in text or " " in text or "\t" in text:
        params = [(name.lower(), value or None) for name, value in _find_params(text)]
    else:
        params = []
        for item in text[1:].split(";"):
            name, equals, value = item.partition("=")
            params.append((name.lower(), value if equals else None))
    if len(params) > 1:
        _refuse_twice(params)
    return tuple(params)


def split_plain_params(text: str | None) -> Params:
    """Return the parameters that a ``PLAIN_`` expression matched: none is there twice, all are lower case."""
    if not text:
        return ()
    params = []
    for item in text[1:].split(";"):
        name, equals, value = item.partition("=")
        params.append((name, value if equals else None))
    return tuple(params)


def _refuse_twice(params: list[tuple[str, str | None]]) -> None:
    # Of two readers one would take the first, the other the last.
    if len(dict(params)) != len(params):
        names = sorted(name for name, _ in params)
        twice = next(name for name, following in pairwise(names) if name == following)
        raise SipParseError(f"parameter {twice[:40]!r} occurs twice (RFC 3261 section 7.3.1)")


def join_params(params: Params) -> str:
    """Write ``;name=value`` for each; the opposite of `split_params`."""
    return "".join([f";{name}" if value is None else f";{name}={value}" for name, value in params])


def get_param(params: Params, name: str) -> str | None:
    """Return the value of a parameter, unquoted; "" where it has none; None where it is absent."""
    name = name.lower()
    for known, value in params:
        if known == name:
            return "" if value is None else unquote(value)
    return None


def has_param(params: Params, name: str) -> bool:
    """Return whether the parameter is there, with or without a value."""
    name = name.lower()
    for known, _ in params:  # noqa: SIM110 - a generator takes twice the time
        if known == name:
            return True
    return False


def set_param(params: Params, name: str, value: str | None) -> Params:
    """Return `params` with that parameter, in its old place if it was there; quoted where that is needed."""
    name = name.lower()
    new = (name, value if value is None or _gen_value(value) else quote(value))
    if has_param(params, name):
        return tuple(new if old[0] == name else old for old in params)
    return (*params, new)


def drop_params(params: Params, *names: str) -> Params:
    """Return `params` without those."""
    unwanted = {name.lower() for name in names}
    return tuple(param for param in params if param[0] not in unwanted)


def quote(text: str) -> str:
    """Return `text` as a quoted-string.

    Raises:
        Unwritable: it has a line break, which a quoted-string cannot hold.
    """
    if "\r" in text or "\n" in text:
        raise Unwritable(f"{text!r} has a line break, which no quoted string can hold")
    return f'"{_needs_pair.sub(_as_pair, text)}"'


def _as_pair(match: re.Match[str]) -> str:
    return "\\" + match[0]


def unquote(text: str) -> str:
    """Return what a quoted-string stands for; anything else as it is."""
    if text[:1] != '"':
        return text
    text = text[1:-1]
    return _quoted_pair.sub(r"\1", text) if "\\" in text else text


def normalise_escapes(text: str) -> str:
    """Resolve every needless escape in `text`, and put the others in upper case, so that equal means equal.

    RFC 3261 section 19.1.4: an escaped character is the same as itself, unless it is reserved.
    """
    return _escape.sub(_normal_escape, text) if "%" in text else text


def _normal_escape(match: re.Match[str]) -> str:
    char = chr(int(match[1], 16))
    return char if _unreserved(char) else match[0].upper()


def unescape(text: str) -> str:
    """Resolve all escapes in `text`; what is then not UTF-8 becomes U+FFFD. To show, not to compare."""
    if "%" not in text:
        return text
    raw = re.sub(rb"%([0-9A-Fa-f]{2})", lambda m: bytes([int(m[1], 16)]), text.encode("utf-8", "replace"))
    return raw.decode("utf-8", "replace")


def escape_user(text: str) -> str:
    """Write any text as the user part of a SIP URI."""
    return _not_user.sub(lambda m: "".join(f"%{byte:02X}" for byte in m[0].encode("utf-8", "replace")), text)


def normalise_host(host: str) -> str:
    """Return a host that `HOST` matches in the one form by which equal hosts are equal: lower case, no brackets.

    Raises:
        SipParseError: labels, IPv4 or IPv6 address are malformed.
    """
    if host[0] == "[":
        try:
            return IPv6Address(host[1:-1]).compressed
        except AddressValueError:
            raise SipParseError(f"{host!r} is not an IPv6 address") from None
    host = host.lower()
    if host.isalpha() or _is_ipv4_address(host):
        return host
    labels = host.removesuffix(".").split(".")
    if labels[-1].isdecimal():
        raise SipParseError(f"{host[:80]!r} is neither an IPv4 address nor a host name")
    for label in labels if "-" in host or ".." in host else ():
        if not _label(label):
            raise SipParseError(f"{host[:80]!r} is not a host name: label {label[:40]!r}")
    return host


def write_host(host: str, port: int | None = None) -> str:
    """Write ``host:port``, an IPv6 address in brackets."""
    if ":" in host and host[0] != "[":
        host = f"[{host}]"
    return host if port is None else f"{host}:{port}"


def parse_port(digits: str) -> int:
    """Return the port that `digits` write. Raises SipParseError unless it is one of 1 to 65535."""
    port = int(digits)
    if not 0 < port < 65_536:
        raise SipParseError(f"port {digits} is not one of 1 to 65535")
    return port
