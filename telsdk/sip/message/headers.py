"""The header section of a message: its lines as they came, and an index of them.

A value is taken out of its line when somebody asks for it. So what nobody asks for is written back octet for octet,
be it malformed or not even UTF-8, and what is changed is one line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final, TypeVar

from telsdk.sip.errors import LimitExceeded, SipParseError, Unwritable
from telsdk.sip.limits import MAX_LIST_VALUES
from telsdk.sip.message.names import KEYS, LISTS, key_of
from telsdk.sip.message.shape import EMPTY, Shape, of_keys

T = TypeVar("T")

# A quote that nothing closes takes all that follows: to look for its end at each would take quadratic time.
_comma_or_value = re.compile(
    r',|(?>(?:[^,"<]++|"(?>(?:[^"\\]|\\.)*)"|<[^<>]*+>)+)|".*+|<', re.DOTALL
).finditer
# Octets that are no UTF-8, which are lone surrogates here, break out of nothing.
_unsafe = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udc7f\udd00-\udfff]").search


def split_list(value: str) -> list[str]:
    """Return the values of a comma-separated list: no comma within quotes or ``<>`` separates. Empty values stay.

    Raises:
        LimitExceeded: there are more of them than `telsdk.sip.limits.MAX_LIST_VALUES`.
    """
    if "," not in value:
        return [value]
    return [value[start:end].strip(" \t") for start, end in _list_spans(value)]


def _list_spans(value: str) -> list[tuple[int, int]]:
    spans, start = [], 0
    for match in _comma_or_value(value):
        if match[0] == ",":
            spans.append((start, match.start()))
            start = match.end()
            if len(spans) >= MAX_LIST_VALUES:
                raise LimitExceeded(f"more than {MAX_LIST_VALUES} values in one header field")
    spans.append((start, len(value)))
    return spans


_UNSHOWN: Final = frozenset({"authorization", "proxy-authorization", "identity"})
"""Whose values are good for something in the hands of who reads a log: repr leaves them out."""

_OPEN: Final = frozenset(": \t\r\n")
"""What a line that may have no value ends with: its colon, or blanks behind it."""

_readers: dict[str, set[object]] = {}
"""By key, what has ever read it, to forget by: there are as many as typed fields, whatever peers send."""


_all_readers: set[object] = set()


class Headers:
    """The header fields of a message, in order. Names match in any case, and in their compact form.

    A value read from the wire comes without its line folding, and octets of it that are no UTF-8 come as U+FFFD; its
    line is written as it came until that very line is changed. Values of list fields
    (`telsdk.sip.message.names.LISTS`) can be handled one by one, however they were spread over lines.

    Attributes:
        shape: what the names of the fields tell; to be read.
        raw: the lines as on the wire, folds and all, octets that are no UTF-8 as lone surrogates; to be read.
    """

    __slots__ = ("_typed", "raw", "shape")

    def __init__(
        self,
        fields: Iterable[tuple[str, str]] = (),
        *,
        shape: Shape = EMPTY,
        raw: list[str] | None = None,
    ) -> None:
        """Make a header section of `fields`, each a name and a value.

        Args:
            shape, raw: lines that are taken over as they are, and what their names tell.
        """
        self.shape: Shape = shape
        self.raw: list[str] = [] if raw is None else raw
        self._typed: dict[object, Any] | None = None  # by reader; most messages need none
        for name, value in fields:
            self.add(name, value)

    def get(self, name: str) -> str | None:
        """Return the first value of the field: the first of its list, or its first line. None where it is absent.

        An empty line of a list field holds no value; ``name in headers`` tells that it is there.
        """
        key = KEYS.get(name) or key_of(name)
        at = self.first_at(key)
        if at is None:
            return None
        value = self._value(at)
        return split_list(value)[0] if "," in value and key in LISTS else value

    def all(self, name: str) -> list[str]:
        """Return every value of the field in order, list fields split at their commas; an empty line holds none."""
        key = KEYS.get(name) or key_of(name)
        first = self.shape.first.get(key)
        if first is None:
            return []
        if key not in self.shape.doubled and "," not in (value := self._value(first)):
            return [value] if value or key not in LISTS else []
        values = [self._value(at) for at, known in enumerate(self.shape.keys) if known == key]
        if key not in LISTS:
            return values
        return [one for value in values if value for one in split_list(value)]

    def count(self, name: str) -> int:
        """Return on how many lines the field occurs."""
        return self.shape.keys.count(KEYS.get(name) or key_of(name))

    def add(self, name: str, value: str) -> None:
        """Append a field after all others.

        Raises:
            Unwritable: the name is no token, or the value would not stay within its line.
        """
        self._put(len(self.raw), name, value)

    def insert(self, name: str, value: str) -> None:
        """Put a field before the first of its name, or else before all others: where a new Via belongs."""
        self._put(self.shape.first.get(_writable_key(name), 0), name, value)

    def set(self, name: str, value: str) -> None:
        """Make this the only value of the field, in the place of the first."""
        key = _writable_key(name)
        _check(value)
        at = self.shape.first.get(key)
        if at is None:
            self._put(len(self.raw), name, value)
            return
        if self.shape.keys.count(key) > 1:
            self.remove(name)
            self._put(at, name, value)
            return
        self._forget(key)
        self.raw[at] = f"{name}: {value}"

    def remove(self, name: str) -> None:
        """Remove every value of the field; nothing happens where there is none."""
        key = KEYS.get(name) or key_of(name)
        if key in self.shape.doubled:
            self.delete_lines([at for at, known in enumerate(self.shape.keys) if known == key])
        elif key in self.shape.first:
            self.delete_lines((self.shape.first[key],))

    def pop_first(self, name: str) -> str | None:
        """Remove and return the first value: of a list field, the first in its list. None where absent."""
        key = KEYS.get(name) or key_of(name)
        at = self.shape.first.get(key)
        if at is None:
            return None
        line = self.raw[at]
        if line[-1] in _OPEN or "," in line or "\r" in line:
            return self._replace_first(key, None)
        if self._typed is not None:
            self._forget(key)
        self.shape = self.shape.deleted(at)
        del self.raw[at]
        return readable(value_of(line))

    def drop_first(self, key: str) -> None:
        """Remove the first value of a field that is there, by its canonical key: see `pop_first`."""
        at = self.shape.first[key]
        line = self.raw[at]
        if line[-1] in _OPEN or "," in line or "\r" in line:
            self._replace_first(key, None)
            return
        if self._typed is not None:
            self._forget(key)
        self.shape = self.shape.deleted(at)
        del self.raw[at]

    def drop(self, name: str, count: int) -> None:
        """Remove the first `count` values of a list field, or all where it has fewer."""
        key = KEYS.get(name) or key_of(name)
        gone: list[int] = []
        for at, known in enumerate(self.shape.keys):
            if known != key or not (value := value_of(self.raw[at])):
                continue
            spans = _list_spans(value)
            if len(spans) > count:
                if count:
                    self._forget(key)
                    rest = value[spans[count][0] :].strip(" \t")
                    self.raw[at] = f"{_name(self.raw[at])}: {rest}"
                break
            count -= len(spans)
            gone.append(at)
        self.delete_lines(gone)

    def drop_last(self, name: str) -> None:
        """Remove the last value of a list field; nothing happens where there is none."""
        key = KEYS.get(name) or key_of(name)
        for at in range(len(self.raw) - 1, -1, -1):
            if self.shape.keys[at] == key and (value := value_of(self.raw[at])):
                rest = value[: _list_spans(value)[-1][0]].rstrip(" \t").removesuffix(",").rstrip(" \t")
                if rest:
                    self._forget(key)
                    self.raw[at] = f"{_name(self.raw[at])}: {rest}"
                else:
                    self.delete_lines((at,))
                return

    def replace_first(self, name: str, value: str) -> None:
        """Put `value` in the place of the first value of the field, or add it. The rest of a list stays."""
        key = _writable_key(name)
        _check(value)
        if self.first_at(key) is None:
            self.add(name, value)
        else:
            self._replace_first(key, value)

    def append_to(self, name: str, text: str) -> None:
        """Write `text` behind the first line of the field, which is there; what stood there stays as it came.

        Raises:
            Unwritable: `text` would not stay within its line.
        """
        key = _writable_key(name)
        _check(text)
        at = self.shape.first[key]
        self._forget(key)
        self.raw[at] = (
            self.raw[at].rstrip(" \t\r\n") + text
        )  # a fold may end the line, with nothing behind it

    def insert_line(self, at: int, key: str, line: str) -> None:
        """Put `line` before line `at`, unchecked: for who has written it, and knows that it is one.

        Args:
            key: its canonical key.
        """
        if self._typed is not None:
            self._forget(key)
        self.shape = self.shape.inserted(at, key)
        self.raw.insert(at, line)

    def change_line(self, at: int, key: str, line: str) -> None:
        """Put `line` in the place of line `at`, whose canonical key is `key` too; unchecked as `insert_line`."""
        if self._typed is not None:
            self._forget(key)
        self.raw[at] = line

    def change_read(self, at: int, key: str, line: str, read: object, value: object) -> None:
        """Change a line as `change_line` does, where it is known what `read` makes of the new one: see `know`."""
        typed = self._typed
        if typed is None:
            self._typed = {read: value}
        else:
            if len(typed) > 1 or read not in typed:
                self._forget(key)
            typed[read] = value
        self.raw[at] = line

    def delete_lines(self, at: Sequence[int]) -> None:
        """Remove these lines; they are in order."""
        keys = self.shape.keys
        for key in {keys[i] for i in at}:
            self._forget(key)
        if len(at) == 1:
            self._delete(at[0])
        elif at:
            # At once: a shape for each line on the way would take quadratic time.
            gone = frozenset(at)
            self.raw = [line for i, line in enumerate(self.raw) if i not in gone]
            self.shape = of_keys(tuple([key for i, key in enumerate(keys) if i not in gone]))

    def typed(self, key: str, read: Callable[[Headers], T]) -> T:
        """Return what `read` makes of the field `key` (a canonical key), and keep it until that field changes.

        Raises:
            SipParseError: as `read` does, with the field's name before the reason.
        """
        typed = self._typed
        if typed is not None and read in typed:
            kept: T = typed[read]
            return kept
        try:
            value = read(self)
        except SipParseError as error:
            raise type(error)(f"{key}: {error.reason}", status=error.status) from None
        if read not in _all_readers:
            registered(key, read)
        self.know(read, value)
        return value

    def know(self, read: object, value: object) -> None:
        """Let the parser say what `typed` answers for a reader, which is `registered`."""
        if self._typed is None:
            self._typed = {}
        self._typed[read] = value

    def items(self) -> Iterator[tuple[str, str]]:
        """Yield canonical key (`telsdk.sip.message.names.key_of`) and whole value of each line."""
        for at, key in enumerate(self.shape.keys):
            yield key, self._value(at)

    def first_at(self, key: str) -> int | None:
        """Return where the first line is that holds a value of a field (a canonical key), or None."""
        at = self.shape.first.get(key)
        if at is None or self.raw[at][-1] not in _OPEN or key not in LISTS or value_of(self.raw[at]):
            return at
        lines = self.raw
        return next(
            (i for i, known in enumerate(self.shape.keys) if known == key and value_of(lines[i])), None
        )

    def first_line(self, key: str) -> str | None:
        """Return the whole value of the first line of a field, by its canonical key."""
        at = self.shape.first.get(key)
        return None if at is None else self._value(at)

    def keys(self) -> AbstractSet[str]:
        """Return the canonical keys of the fields that occur."""
        return self.shape.first.keys()

    def repeated(self, among: AbstractSet[str]) -> list[str]:
        """Return the canonical keys, of those in `among`, of the fields that occur on more than one line."""
        doubled = self.shape.doubled
        return [key for key in self.shape.keys if key in doubled and key in among] if doubled else []

    def lines(self) -> list[str]:
        """Return the field lines as they will be written, without their line ends."""
        return self.raw.copy()

    def only(self, *names: str) -> Headers:
        """Return a copy with only these fields, in their order here; lines stay as they came."""
        return self.chosen(tuple([KEYS.get(name) or key_of(name) for name in names]))

    def chosen(self, keys: tuple[str, ...]) -> Headers:
        """Return the same as `only`, for canonical keys."""
        shape, at = self.shape.chosen(keys)
        lines = self.raw
        return Headers(shape=shape, raw=[lines[i] for i in at])

    def extend(self, fields: Headers | Iterable[tuple[str, str]]) -> None:
        """Append all of `fields`; lines of another `Headers` stay as they came."""
        if not isinstance(fields, Headers):
            for name, value in fields:
                self.add(name, value)
            return
        for key in fields.shape.first:
            self._forget(key)
        self.shape = of_keys(self.shape.keys + fields.shape.keys)
        self.raw += fields.raw

    def copy(self) -> Headers:
        """Return an independent copy."""
        return Headers(shape=self.shape, raw=self.raw.copy())

    def __contains__(self, name: str) -> bool:
        return (KEYS.get(name) or key_of(name)) in self.shape.first

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Yield name as written and whole value of each line."""
        for at, line in enumerate(self.raw):
            yield _name(line), self._value(at)

    def __len__(self) -> int:
        """Return the number of lines."""
        return len(self.raw)

    def __repr__(self) -> str:
        shown = [(name, "…" if key_of(name) in _UNSHOWN else value) for name, value in self]
        return f"Headers({shown!r})"

    def _value(self, at: int) -> str:
        value = value_of(self.raw[at])
        return value if value.isascii() else readable(value)

    def _put(self, at: int, name: str, value: str) -> None:
        key = _writable_key(name)
        _check(value)
        self.insert_line(at, key, f"{name}: {value}")

    def _forget(self, key: str) -> None:
        """Forget what was made of the field."""
        typed = self._typed
        readers = _readers.get(key)
        if typed and readers is not None and not readers.isdisjoint(typed):
            for reader in readers:
                typed.pop(reader, None)

    def _delete(self, at: int) -> None:
        self.shape = self.shape.deleted(at)
        del self.raw[at]

    def _replace_first(self, key: str, new: str | None) -> str | None:
        at = self.first_at(key)
        if at is None:
            return None
        self._forget(key)
        line = self.raw[at]
        value = value_of(line)
        end = _end_of_first(value) if "," in value and key in LISTS else len(value)
        first, rest = value[:end].strip(" \t"), value[end + 1 :].strip(" \t")
        if new is None and not rest:
            self._delete(at)
        else:
            left = rest if new is None else f"{new}, {rest}" if rest else new
            self.raw[at] = f"{_name(line)}: {left}"
        return readable(first)


def registered(key: str, read: object) -> None:
    """Note that `read` reads the field `key`, so that what it found is forgotten when the field changes."""
    _readers.setdefault(key, set()).add(read)
    _all_readers.add(read)


def _end_of_first(value: str) -> int:
    """Return where the first value of a list with commas ends."""
    end = value.index(",")
    if '"' in value[:end] or "<" in value[:end]:
        return _list_spans(value)[0][1]
    return end


def value_of(line: str) -> str:
    """Return the value in a field line, without its folds; octets that are no UTF-8 are lone surrogates in it."""
    value = line[line.find(":") + 1 :]
    return _unfold(value) if "\r\n" in value else value.strip(" \t")


def _unfold(value: str) -> str:
    # Not by a regular expression: it would search each run of blanks for a line break many times over.
    return " ".join([part.strip(" \t") for part in value.split("\r\n")]).strip(" \t")


def readable(value: str) -> str:
    """Return `value` with U+FFFD for each octet that is no UTF-8."""
    return value if value.isascii() else value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _name(line: str) -> str:
    return line.partition(":")[0].rstrip(" \t")


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
