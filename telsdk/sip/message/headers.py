"""The header section of a message, and the typed values of the fields every element reads.

`Headers` keeps each line as it came, so that what nobody touched is written back byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any, Final, Self, TypeVar

from telsdk.sip.errors import LimitExceeded, SipParseError, Unwritable
from telsdk.sip.limits import MAX_LIST_VALUES
from telsdk.sip.message import grammar
from telsdk.sip.message.auth_fields import Challenge, Credentials
from telsdk.sip.message.grammar import Params
from telsdk.sip.message.names import KEYS, LISTS, key_of

__all__ = ["CSeq", "Challenge", "Credentials", "Headers", "Via", "split_list"]

T = TypeVar("T")

# A quote that nothing closes takes all that follows: to look for its end at each would take quadratic time.
_comma_or_value = re.compile(r',|(?:[^,"<]++|"(?:[^"\\]|\\.)*+"|<[^<>]*+>)++|".*+|<', re.DOTALL).finditer
_via = re.compile(
    rf"({grammar.TOKEN}){grammar.SWS}/{grammar.SWS}({grammar.TOKEN}){grammar.SWS}/{grammar.SWS}({grammar.TOKEN})"
    rf"{grammar.LWS}({grammar.HOST})(?:{grammar.SWS}:{grammar.SWS}({grammar.PORT}))?+"
    rf"({grammar.PARAMS}){grammar.SWS}"
).fullmatch
_plain_via = re.compile(grammar.PLAIN_VIA).fullmatch
_cseq = re.compile(rf"([0-9]{{1,32}}+){grammar.LWS}({grammar.TOKEN})").fullmatch
_unsafe = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]").search

MAX_CSEQ: Final = 2**31 - 1
"""RFC 3261 section 8.1.1.5."""


def split_list(value: str) -> list[str]:
    """The values of a comma-separated list: no comma within quotes or ``<>`` separates. Empty values stay."""
    if "," not in value:
        return [value]
    return [value[start:end].strip(" \t") for start, end in _list_spans(value)]


def _list_spans(value: str) -> list[tuple[int, int]]:
    spans, start = [], 0
    for match in _comma_or_value(value):
        if match[0] == ",":
            spans.append((start, match.start()))
            start = match.end()
    spans.append((start, len(value)))
    if len(spans) > MAX_LIST_VALUES:
        raise LimitExceeded(f"more than {MAX_LIST_VALUES} values in one header field")
    return spans


_UNSHOWN: Final = frozenset({"authorization", "proxy-authorization", "identity"})
"""Whose values are good for something in the hands of who reads a log: repr leaves them out."""


class Headers:
    """The header fields of a message, in order. Names match in any case, and in their compact form.

    A value read from the wire comes without its line folding; its line is written as it came until that
    very line is changed. Values of list fields (`telsdk.sip.message.names.LISTS`) can be handled one by one,
    however they were spread over lines.
    """

    __slots__ = ("_keys", "_lines", "_typed", "_values")

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._keys: list[str] = []  # parallel lists: list.index and `in` run at the speed of C
        self._values: list[str] = []
        self._lines: list[str] = []
        self._typed: dict[str, dict[object, Any]] = {}  # by key and reader
        for name, value in fields:
            self.add(name, value)

    @classmethod
    def of_lines(cls, keys: list[str], values: list[str], lines: list[str]) -> Self:
        """For the parser: fields already taken apart. The lists must be of one length, and are taken over."""
        self = cls.__new__(cls)
        self._keys, self._values, self._lines, self._typed = keys, values, lines, {}
        return self

    def get(self, name: str) -> str | None:
        """The first value of the field: the first of its list, or its first line. None where it is absent.

        An empty line of a list field holds no value; ``name in headers`` tells that it is there.
        """
        key = KEYS.get(name) or key_of(name)
        at = self._first(key)
        if at is None:
            return None
        value = self._values[at]
        return split_list(value)[0] if key in LISTS and "," in value else value

    def all(self, name: str) -> list[str]:
        """Every value of the field in order, list fields split at their commas; an empty line holds none."""
        key = KEYS.get(name) or key_of(name)
        if key not in self._keys:
            return []
        if self._keys.count(key) == 1:
            value = self._values[self._keys.index(key)]
            if key not in LISTS:
                return [value]
            return split_list(value) if value else []
        values = [value for known, value in zip(self._keys, self._values, strict=True) if known == key]
        if key not in LISTS:
            return values
        return [one for value in values if value for one in split_list(value)]

    def count(self, name: str) -> int:
        """On how many lines the field occurs."""
        return self._keys.count(KEYS.get(name) or key_of(name))

    def add(self, name: str, value: str) -> None:
        """Append a field after all others.

        Raises:
            Unwritable: the name is no token, or the value would not stay within its line.
        """
        self._put(len(self._keys), name, value)

    def insert(self, name: str, value: str) -> None:
        """Put a field before the first of its name, or else before all others: where a new Via belongs."""
        key = _writable_key(name)
        self._put(self._keys.index(key) if key in self._keys else 0, name, value)

    def set(self, name: str, value: str) -> None:
        """Make this the only value of the field, in the place of the first."""
        key = _writable_key(name)
        _check(value)
        at = self._keys.index(key) if key in self._keys else len(self._keys)
        self.remove(name)
        self._put(at, name, value)

    def remove(self, name: str) -> None:
        """Remove every value of the field; nothing happens where there is none."""
        key = key_of(name)
        self._typed.pop(key, None)
        while key in self._keys:
            self._delete(self._keys.index(key))

    def pop_first(self, name: str) -> str | None:
        """Remove and return the first value: of a list field, the first in its list. None where absent."""
        return self._replace_first(key_of(name), None)

    def replace_first(self, name: str, value: str) -> None:
        """Put `value` in the place of the first value of the field, or add it. The rest of a list stays."""
        key = _writable_key(name)
        _check(value)
        if self._first(key) is None:
            self.add(name, value)
        else:
            self._replace_first(key, value)

    def typed(self, key: str, read: Callable[[Headers], T]) -> T:
        """What `read` makes of the field `key` (a canonical key), kept until that field changes.

        Raises:
            SipParseError: as `read` does, with the field's name before the reason.
        """
        known = self._typed.get(key)
        if known is None:
            known = self._typed[key] = {}
        elif read in known:
            kept: T = known[read]
            return kept
        try:
            value = known[read] = read(self)
        except SipParseError as error:
            raise type(error)(f"{key}: {error.reason}", status=error.status) from None
        return value

    def know(self, values: dict[str, dict[object, Any]]) -> None:
        """For the parser: what `typed` is to answer, by key and reader, in the place of all it kept."""
        self._typed = values

    def items(self) -> Iterator[tuple[str, str]]:
        """Canonical key (`telsdk.sip.message.names.key_of`) and whole value of each line."""
        return zip(self._keys, self._values, strict=True)

    def first_line(self, key: str) -> str | None:
        """The whole value of the first line of a field, by its canonical key."""
        try:
            return self._values[self._keys.index(key)]
        except ValueError:
            return None

    def keys(self) -> AbstractSet[str]:
        """The canonical keys of the fields that occur."""
        return set(self._keys)

    def repeated(self, among: AbstractSet[str]) -> list[str]:
        """The canonical keys, of those in `among`, of the fields that occur on more than one line."""
        found = [key for key in self._keys if key in among]
        return [] if len(set(found)) == len(found) else [key for key in found if found.count(key) > 1]

    def lines(self) -> list[str]:
        """The field lines as they will be written, without their line ends."""
        return self._lines.copy()

    def only(self, *names: str) -> Headers:
        """A copy with only these fields, in their order here; lines stay as they came."""
        wanted = {key_of(name) for name in names}
        at = [i for i, key in enumerate(self._keys) if key in wanted]
        return self.of_lines(
            [self._keys[i] for i in at], [self._values[i] for i in at], [self._lines[i] for i in at]
        )

    def extend(self, fields: Headers | Iterable[tuple[str, str]]) -> None:
        """Append all of `fields`; lines of another `Headers` stay as they came."""
        if not isinstance(fields, Headers):
            for name, value in fields:
                self.add(name, value)
            return
        for key in set(fields._keys):
            self._typed.pop(key, None)
        self._keys += fields._keys
        self._values += fields._values
        self._lines += fields._lines

    def copy(self) -> Headers:
        """An independent copy; typed values already read are kept."""
        twin = self.of_lines(self._keys.copy(), self._values.copy(), self._lines.copy())
        # The inner dictionaries may be shared: whoever changes a field lets go of that field's.
        twin._typed = self._typed.copy()
        return twin

    def __contains__(self, name: str) -> bool:
        return (KEYS.get(name) or key_of(name)) in self._keys

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Name as written and whole value of each line."""
        for line, value in zip(self._lines, self._values, strict=True):
            yield line.partition(":")[0].rstrip(" \t"), value

    def __len__(self) -> int:
        """The number of lines."""
        return len(self._keys)

    def __repr__(self) -> str:
        shown = [(name, "…" if key_of(name) in _UNSHOWN else value) for name, value in self]
        return f"Headers({shown!r})"

    def _first(self, key: str) -> int | None:
        """Where the first line is that holds a value of the field."""
        if key not in self._keys:
            return None
        at = self._keys.index(key)
        if self._values[at] or key not in LISTS:
            return at
        return next((i for i, known in enumerate(self._keys) if known == key and self._values[i]), None)

    def _put(self, at: int, name: str, value: str) -> None:
        key = _writable_key(name)
        _check(value)
        self._typed.pop(key, None)
        self._keys.insert(at, key)
        self._values.insert(at, value)
        self._lines.insert(at, f"{name}: {value}")

    def _delete(self, at: int) -> None:
        del self._keys[at], self._values[at], self._lines[at]

    def _replace_first(self, key: str, new: str | None) -> str | None:
        at = self._first(key)
        if at is None:
            return None
        self._typed.pop(key, None)
        value = self._values[at]
        end = _list_spans(value)[0][1] if key in LISTS and "," in value else len(value)
        first, rest = value[:end].strip(" \t"), value[end + 1 :].strip(" \t")
        left = [one for one in (new, rest) if one]
        if not left:
            self._delete(at)
            return first
        value = ", ".join(left)
        name = self._lines[at].partition(":")[0].rstrip(" \t")
        self._values[at], self._lines[at] = value, f"{name}: {value}"
        return first


def _writable_key(name: str) -> str:
    try:
        return KEYS.get(name) or key_of(name)
    except SipParseError as error:
        raise Unwritable(str(error)) from None


def _check(value: str) -> None:
    # str.isprintable is the quick way to say that nothing is wrong with most values.
    if not value.isprintable() and _unsafe(re.sub(r"\\[\x00-\x09\x0b\x0c\x0e-\x7f]", "", value)):
        raise Unwritable(
            f"{value[:80]!r} cannot stand in a header field: line breaks and controls are not text"
        )


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
