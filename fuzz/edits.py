"""Programs of changes to a header section, beside the plainest thing that could stand for it: a list of lines.

Whatever is changed in whatever order, both have the same lines, every field reads the same, and what is remembered of
names and values is what is found when all is looked at anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from fuzz.choices import Choices
from telsdk.sip.errors import SipParseError
from telsdk.sip.message import Headers, Request, Response, parse
from telsdk.sip.message.names import LISTS, key_of
from telsdk.sip.message.readers import READERS, from_tag, to_tag, via
from telsdk.sip.message.shape import Shape, of_keys, of_names

MOST: Final = 40
"""Changes in a program."""

NAMES: Final = (
    "Via",
    "v",
    "VIA",
    "To",
    "t",
    "Contact",
    "m",
    "Route",
    "Subject",
    "X-A",
    "x-a",
    "Content-Length",
)
VALUES: Final = (
    "SIP/2.0/UDP h;branch=z9hG4bKx",
    'SIP/2.0/UDP a;branch=1, SIP/2.0/TCP b;x=","',
    "<sip:a,b@h>;tag=1",
    '"A, B" <sip:a@h>, <sip:b@h>;q=0.5 ,<sip:c@h>',
    '"caf\udce9" <sip:a@h>;tag="\udce9"',
    "7",
    "",
    " , ,",
    "one, two",
    '"unclosed, <sip:h>',
)
INVITE: Final = (
    b'INVITE sip:bob@h SIP/2.0\r\nVia:\r\nv : SIP/2.0/UDP h;branch=z9hG4bK1, SIP/2.0/UDP\r\n\ti;x="\xe9,";branch=2\r\n'
    b'VIA:SIP/2.0/TCP j\r\nFrom: <sip:a@h>;tag=1\r\nt: "\xe9" <sip:b@h>\r\n \r\ni:c\r\nCSeq: 1 INVITE\r\n'
    b'm:"A, B" <sip:a,b@h>,\r\n <sip:c@h>\r\nRoute: <sip:r;lr>,<sip:s;lr>\r\nSubject:one,\r\n two\r\n'
    b"X-A: 1\r\nx-a:2, 3\r\n\r\n"
)
ANSWER: Final = (
    b"SIP/2.0 200 OK\r\nVia: nonsense\r\nVia: SIP/2.0/UDP h\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>;tag=2\r\n"
    b"Call-ID: c\r\nCSeq: 1 INVITE\r\nContact: nobody\r\nDate: x\r\nDate: y\r\nl: 000\r\n\r\n"
)
READINGS: Final = (*READERS.items(), ("from", from_tag), ("to", to_tag), ("via", via))
"""By key, all that reads a field."""


class Lines:
    """A header section as a list of lines, and everything else worked out when it is asked for."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines

    def keys(self) -> list[str]:
        return [key_of(line.partition(":")[0]) for line in self.lines]

    def value(self, at: int) -> str:
        """Without folds; octets that are no UTF-8 are lone surrogates."""
        return re.sub(r"[ \t]*\r\n[ \t]*", " ", self.lines[at].partition(":")[2]).strip(" \t")

    def values(self, key: str) -> list[str]:
        whole = [self.value(at) for at, known in enumerate(self.keys()) if known == key]
        return [one for value in whole if value for one in apart(value)] if key in LISTS else whole

    def first(self, key: str) -> int | None:
        """Where the first line is that holds a value."""
        found = (
            i for i, known in enumerate(self.keys()) if known == key and (self.value(i) or key not in LISTS)
        )
        return next(found, None)

    def insert(self, name: str, value: str) -> None:
        keys = self.keys()
        self.lines.insert(keys.index(key_of(name)) if key_of(name) in keys else 0, f"{name}: {value}")

    def set(self, name: str, value: str) -> None:
        keys = self.keys()
        at = keys.index(key_of(name)) if key_of(name) in keys else len(keys)
        self.remove(name)
        self.lines.insert(at, f"{name}: {value}")

    def remove(self, name: str) -> None:
        self.lines = [line for line, key in zip(self.lines, self.keys(), strict=True) if key != key_of(name)]

    def change_first(self, name: str, new: str | None) -> str | None:
        """Put `new` in the place of the first value, or nothing where it is None; return that value."""
        at = self.first(key_of(name))
        if at is None:
            return None
        value = self.value(at)
        old, *others = apart(value) if key_of(name) in LISTS else [value]
        end = value.find(old) + len(old) if others else len(value)
        rest = value[end:].lstrip(" \t").removeprefix(",").strip(" \t")
        left = [*([] if new is None else [new]), *([rest] if rest else [])]
        written = self.lines[at].partition(":")[0].rstrip(" \t")
        self.lines[at : at + 1] = [f"{written}: {', '.join(left)}"] if left else []
        return old

    def change_last(self, name: str) -> None:
        """Take the last value off, and its line where it was alone."""
        found = [at for at, key in enumerate(self.keys()) if key == key_of(name) and self.value(at)]
        for at in found[-1:]:
            *others, last = apart(self.value(at))
            value = self.value(at)
            rest = value[: value.rindex(last)].rstrip(" \t").removesuffix(",").rstrip(" \t")
            written = self.lines[at].partition(":")[0].rstrip(" \t")
            self.lines[at : at + 1] = [f"{written}: {rest}"] if others else []


def apart(value: str) -> list[str]:
    """The values of a list, one character after the other."""
    found, at = [""], 0
    while at < len(value):
        end = at + 1
        if value[at] == '"':
            closed = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL).match(value, at)
            end = closed.end() if closed else len(value)
        elif value[at] == "<":
            closed = re.compile("<[^<>]*>").match(value, at)
            end = closed.end() if closed else end
        if value[at] == ",":
            found.append("")
        else:
            found[-1] += value[at:end]
        at = end
    return [one.strip(" \t") for one in found]


def shown(value: str) -> str:
    """With U+FFFD for octets that are no UTF-8."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


class Run:
    """Both of them in the hands of a program."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.message: Request | Response = parse(choices.one((INVITE, ANSWER)))
        self.headers: Headers = self.message.headers
        self.model = Lines(self.headers.lines())

    def step(self) -> None:
        """One change, or a look at one field."""
        changes: tuple[Callable[[str, str], None], ...] = (
            self._add,
            self._insert,
            self._set,
            self._remove,
            self._pop,
            self._drop,
            self._replace,
            self._append,
            self._lines_by_number,
            self._copy,
            self._extend,
            self._only,
            self._read,
            self._read,
        )
        self.choices.one(changes)(self.choices.one(NAMES), self.choices.one(VALUES))
        assert self.headers.lines() == self.model.lines
        agree(self.headers.shape, Shape(tuple(self.model.keys())))

    def _add(self, name: str, value: str) -> None:
        self.headers.add(name, value)
        self.model.lines.append(f"{name}: {value}")

    def _insert(self, name: str, value: str) -> None:
        self.headers.insert(name, value)
        self.model.insert(name, value)

    def _set(self, name: str, value: str) -> None:
        self.headers.set(name, value)
        self.model.set(name, value)

    def _remove(self, name: str, value: str) -> None:
        del value
        self.headers.remove(name)
        self.model.remove(name)

    def _pop(self, name: str, value: str) -> None:
        del value
        popped, old = self.headers.pop_first(name), self.model.change_first(name, None)
        assert popped == (None if old is None else shown(old))

    def _drop(self, name: str, value: str) -> None:
        """Take off several from one end or the other; in a list none is empty, for nobody drops what is malformed."""
        del value
        if key_of(name) not in LISTS or not all(self.model.values(key_of(name))):
            return
        if self.choices.number(2):
            self.headers.drop_last(name)
            self.model.change_last(name)
        else:
            count = self.choices.number(4)
            self.headers.drop(name, count)
            for _ in range(count):
                self.model.change_first(name, None)

    def _replace(self, name: str, value: str) -> None:
        self.headers.replace_first(name, value)
        if self.model.first(key_of(name)) is None:
            self.model.lines.append(f"{name}: {value}")
        else:
            self.model.change_first(name, value)

    def _append(self, name: str, value: str) -> None:
        keys = self.model.keys()
        if key_of(name) in keys:
            at = keys.index(key_of(name))
            self.headers.append_to(name, value)
            self.model.lines[at] = self.model.lines[at].rstrip(" \t\r\n") + value

    def _lines_by_number(self, name: str, value: str) -> None:
        at, line = self.choices.number(len(self.model.lines) + 1), f"{name}:{value}"
        self.headers.insert_line(at, key_of(name), line)
        self.model.lines.insert(at, line)
        self.headers.change_line(at, key_of(name), line + ",x")
        self.model.lines[at] += ",x"
        if self.choices.number(2):
            also = sorted({at, self.choices.number(len(self.model.lines))})
            self.headers.delete_lines(also)
            self.model.lines = [line for i, line in enumerate(self.model.lines) if i not in also]

    def _copy(self, name: str, value: str) -> None:
        """Go on with a copy; what is done to another one is done to that alone."""
        other, twin = Lines(self.model.lines.copy()), self.headers.copy()
        other.set(name, value)
        twin.set(name, value)
        assert twin.lines() == other.lines
        self.headers = self.headers.copy()

    def _extend(self, name: str, value: str) -> None:
        other = Headers([(name, value), ("v", "SIP/2.0/UDP last")])
        self.headers.extend(other)
        self.model.lines += other.lines()

    def _only(self, name: str, value: str) -> None:
        del value
        wanted = (key_of(name), "via", "to")
        lines = [line for line, key in zip(self.model.lines, self.model.keys(), strict=True) if key in wanted]
        assert self.headers.only(name, "v", "TO").lines() == lines

    def _read(self, name: str, value: str) -> None:
        """What is read of a field is kept until it changes; so it is what is read anew."""
        del value
        anew = Headers(shape=self.headers.shape, raw=self.headers.lines())
        for key, read in READINGS:
            if key == key_of(name):
                assert told(self.headers, key, read) == told(anew, key, read)

    def look(self) -> None:
        """Everything that is remembered is what is found anew."""
        keys = self.model.keys()
        agree(of_keys(tuple(keys)), of_names(tuple([line.partition(":")[0] for line in self.model.lines])))
        assert len(self.headers) == len(keys)
        assert list(self.headers.items()) == [(key, shown(self.model.value(i))) for i, key in enumerate(keys)]
        for key in {*keys, "from"}:
            values = self.model.values(key)
            assert self.headers.all(key) == [shown(value) for value in values]
            assert self.headers.count(key) == keys.count(key)
            first = self.model.first(key)
            assert self.headers.get(key) == (None if first is None else shown(values[0]))
        for name in NAMES:
            self._read(name, "")


def told(headers: Headers, key: str, read: Callable[[Headers], object]) -> object:
    """What the field says, or why it says nothing."""
    try:
        return headers.typed(key, read)
    except SipParseError as error:
        return error.reason


def agree(one: Shape, other: Shape) -> None:
    """Two shapes say the same, however they were come by."""
    assert (one.keys, one.first, one.doubled, one.problem) == (
        other.keys,
        other.first,
        other.doubled,
        other.problem,
    )


def edits(data: bytes) -> None:
    """Any program of changes."""
    run = Run(Choices(data))
    for _ in range(MOST):
        if not run.choices:
            break
        run.step()
    run.look()
