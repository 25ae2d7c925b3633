"""What the names of a header section tell, whatever stands behind their colons.

Peers write their messages in few shapes: the same program puts the same fields in the same order into each of its
INVITEs. So what follows from the names alone (their canonical keys, where each is, whether one is missing or there
twice) is worked out once for each shape and then looked up. A change of the header section leads from one shape to
another, and these steps are remembered as well, as a JavaScript engine does with its hidden classes.

Nothing here is lost when it is forgotten: the table is emptied when it is full, and what is unusual is not kept.
"""

from __future__ import annotations

import re
from typing import Final

from telsdk.sip.errors import SipParseError
from telsdk.sip.limits import MAX_KINDS, MAX_SHAPE_LINES, MAX_SHAPE_NAMES, MAX_SHAPES
from telsdk.sip.message.names import KEYS, key_of

MANDATORY: Final = ("via", "from", "to", "call-id", "cseq")
"""RFC 3261 section 8.1.1, without Max-Forwards, which peers of RFC 2543 do not send."""

_ONCE: Final = frozenset({"from", "to", "call-id", "cseq", "content-length"})
"""What every element reads and what has one value: a second line could be read in two ways (section 7.3.1)."""

_NONE: Final[frozenset[str]] = frozenset()
_STEPS: Final = 64
"""Changes that are remembered of one shape. A proxy makes about ten of each."""


class Shape:
    """The canonical keys of a header section, line by line. Immutable; equal names share one.

    Attributes:
        keys: the key of each line; "" where a line has no name.
        first: where each key stands first.
        doubled: the keys that stand on more than one line.
        problem: why no element takes a message of this shape, or None.
    """

    __slots__ = ("_chosen", "_deleted", "_inserted", "_meets", "doubled", "first", "keys", "problem")

    def __init__(self, keys: tuple[str, ...], unnamed: str | None = None) -> None:
        self.keys = keys
        first: dict[str, int] = {}
        doubled: set[str] = set()
        for at, key in enumerate(keys):
            if key not in first:
                first[key] = at
            else:
                doubled.add(key)
        self.first = first
        self.doubled: frozenset[str] = frozenset(doubled) if doubled else _NONE
        self.problem = unnamed or _problem(first, self.doubled)
        self._inserted: dict[tuple[int, str], Shape] = {}
        self._deleted: dict[int, Shape] = {}
        self._chosen: dict[tuple[str, ...], tuple[Shape, tuple[int, ...]]] = {}
        self._meets: dict[frozenset[str], bool] = {}

    def inserted(self, at: int, key: str) -> Shape:
        """Return the shape with one more line of `key` before line `at`."""
        step = (at, key)
        shape = self._inserted.get(step)
        if shape is None:
            shape = Shape((*self.keys[:at], key, *self.keys[at:]))
            if len(self._inserted) < _STEPS and len(shape.keys) <= MAX_SHAPE_LINES:
                self._inserted[step] = shape
        return shape

    def deleted(self, at: int) -> Shape:
        """Return the shape without line `at`."""
        shape = self._deleted.get(at)
        if shape is None:
            shape = Shape((*self.keys[:at], *self.keys[at + 1 :]))
            if len(self._deleted) < _STEPS and len(shape.keys) <= MAX_SHAPE_LINES:
                self._deleted[at] = shape
        return shape

    def chosen(self, among: tuple[str, ...]) -> tuple[Shape, tuple[int, ...]]:
        """Return the shape of just the lines of these keys, in their order here, and where they are."""
        found = self._chosen.get(among)
        if found is None:
            at = tuple([i for i, key in enumerate(self.keys) if key in among])
            found = of_keys(tuple([self.keys[i] for i in at])), at
            if len(self._chosen) < _STEPS and len(self.keys) <= MAX_SHAPE_LINES:
                self._chosen[among] = found
        return found

    def meets(self, keys: frozenset[str]) -> bool:
        """Return whether a line of any of these keys is here; `keys` is one of the few sets that a program asks for."""
        found = self._meets.get(keys)
        if found is None:
            found = self._meets[keys] = not keys.isdisjoint(self.first)
        return found


def _problem(first: dict[str, int], doubled: frozenset[str]) -> str | None:
    for key in first:
        if key in doubled and key in _ONCE:
            return f"{key} occurs more than once (RFC 3261 section 7.3.1)"
    for key in MANDATORY:
        if key not in first:
            return f"{key} is missing (RFC 3261 section 8.1.1)"
    return None


EMPTY: Final = Shape(())
"""The shape of no line at all."""

_known: dict[tuple[str, ...], Shape] = {}
_by_keys: dict[tuple[str, ...], Shape] = {}


def of_names(names: tuple[str, ...]) -> Shape:
    """Return the shape of lines that begin with `names`, as they came: in any case, in compact form, with blanks
    before the colon. A name that is none has the key ""; then `Shape.problem` tells the first of them."""
    shape = _known.get(names)
    if shape is None:
        shape = _shape(names)
        if (
            shape.problem is None
            and len(names) <= MAX_SHAPE_LINES
            and sum(map(len, names)) <= MAX_SHAPE_NAMES
        ):
            if len(_known) >= MAX_SHAPES:
                _known.clear()
            _known[names] = shape
    return shape


class Form:
    """One expression that takes a header section apart whose lines begin as those of a shape that comes often.

    Attributes:
        match: matches start line and header section, and has each of their lines in a group.
        shape: what the names of the lines tell.
        line_ends: what is left of the octets without all that may stand in a line.
    """

    __slots__ = ("line_ends", "match", "shape")

    def __init__(self, names: tuple[str, ...], shape: Shape) -> None:
        lines = "".join([rf"\r\n({re.escape(name)}:[^\r]*+)" for name in names])
        self.match = re.compile(rf"([^\r]*+){lines}").fullmatch
        self.shape = shape
        self.line_ends = b"\r\n" * len(names)


KIND: Final = 11
"""How much of a start line tells a kind of message: a method, or a status. It need not, since a form matches or not."""

OFTEN: Final = 32
"""How many messages of one kind have to have one shape before it gets a form: to make one takes as long as to read 30
messages without."""

FORMS: Final = 4
"""Forms that are tried with each kind of message."""

forms: dict[str, list[Form]] = {}
"""The forms of each kind of message, the newest first; made anew when it was emptied."""

_seen: dict[tuple[str, tuple[str, ...]], int] = {}
"""How often each shape came that has no form, by kind and names; the same."""


def note(start: str, names: tuple[str, ...], shape: Shape) -> None:
    """Take note that a message came with this shape, which `of_names` gave for these names; make the form of one that
    comes often."""
    if shape.problem is not None or not names or sum(map(len, names)) > MAX_SHAPE_NAMES:
        return
    kind = start[:KIND]
    times = _seen.get((kind, names), 0) + 1
    if times < OFTEN:
        if len(_seen) >= MAX_SHAPES:
            _seen.clear()
        _seen[kind, names] = times
        return
    _seen.pop((kind, names), None)
    if len(forms) >= MAX_KINDS and kind not in forms:
        forms.clear()
    known = forms.setdefault(kind, [])
    known.insert(0, Form(names, shape))
    del known[FORMS:]


def of_keys(keys: tuple[str, ...]) -> Shape:
    """Return the shape of lines with these canonical keys."""
    shape = _by_keys.get(keys)
    if shape is None:
        shape = Shape(keys)
        if len(keys) <= MAX_SHAPE_LINES and sum(map(len, keys)) <= MAX_SHAPE_NAMES:
            if len(_by_keys) >= MAX_SHAPES:
                _by_keys.clear()
            _by_keys[keys] = shape
    return shape


def _shape(names: tuple[str, ...]) -> Shape:
    keys: list[str] = []
    unnamed: str | None = None
    for name in names:
        key = KEYS.get(name)
        if key is None:
            try:
                key = key_of(name)
            except SipParseError as error:
                key, unnamed = "", unnamed or error.reason
        keys.append(key)
    return Shape(tuple(keys), unnamed)
