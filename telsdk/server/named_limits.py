"""The limits of a server by name, for operators: read from and set in the dataclasses that hold its settings.

    max_users            a field of the settings
    gate.source          a field of the dataclass that stands in the field `gate`

There is no list beside those dataclasses: what is an integer, a float or a `Rate` there is a limit here, with its
default and with the text that stands below the field. A value is written as people or files have it:

    5000, 2.5            of a number
    100/400              of a `Rate`: so many a second, so many at once
    unlimited            of a `Rate`
"""

from __future__ import annotations

import ast
import difflib
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, Final, TypeVar

from telsdk.errors import TelError
from telsdk.net.buckets import UNLIMITED, Rate

SettingsT = TypeVar("SettingsT")
LimitValue = int | float | Rate

_UNLIMITED: Final = "unlimited"


class LimitError(TelError, ValueError):
    """A limit that there is none of, or a value that it cannot have."""


@dataclass(frozen=True, slots=True)
class NamedLimit:
    """One limit.

    Attributes:
        value: what it is now.
        reason: what it limits, in which unit, and why; one line.
    """

    name: str
    value: LimitValue
    reason: str

    @property
    def text(self) -> str:
        """The value as it is written."""
        return written(self.value)


def named_limits(settings: object) -> dict[str, NamedLimit]:
    """Return the limits in `settings`, a dataclass with further ones in its fields, by name."""
    return {one.name: one for one in _walk(settings, "")}


def with_limits(settings: SettingsT, changes: Iterable[tuple[str, str | float]]) -> SettingsT:
    """Return `settings` with these limits, each a name and a value; of one that stands twice, the last holds.

    Raises:
        LimitError: there is no such limit, or it cannot be that.
    """
    for name, value in changes:
        known = named_limits(settings)
        if name not in known:
            raise LimitError(_unknown(name, known))
        settings = _changed(settings, name.split("."), _read(known[name], value))
    return settings


def written(value: LimitValue) -> str:
    """Return a value as it is written."""
    if not isinstance(value, Rate):
        return _number(value)
    return _UNLIMITED if value == UNLIMITED else f"{_number(value.per_second)}/{_number(value.burst)}"


def _number(value: float) -> str:
    """Return the shortest text that is read as the same number again."""
    return str(value).removesuffix(".0")


def _walk(settings: object, prefix: str) -> Iterator[NamedLimit]:
    assert is_dataclass(settings)
    assert not isinstance(settings, type)
    reasons = _reasons(settings.__class__)
    for one in fields(settings):
        value = getattr(settings, one.name)
        if isinstance(value, int | float | Rate) and not isinstance(value, bool):
            yield NamedLimit(prefix + one.name, value, reasons.get(one.name, ""))
        elif is_dataclass(value):
            yield from _walk(value, f"{prefix}{one.name}.")


@cache
def _reasons(settings: type) -> dict[str, str]:
    """Return what stands below each field of a dataclass, in its source."""
    package, _, module = settings.__module__.rpartition(".")
    source = files(package).joinpath(f"{module}.py").read_text(encoding="utf-8")
    found = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef) and node.name == settings.__name__:
            for line, below in zip(node.body, node.body[1:], strict=False):
                if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                    found[line.target.id] = _text(below)
    return found


def _text(node: ast.stmt) -> str:
    if (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ):
        return " ".join(node.value.value.split())
    return ""


def _changed(settings: Any, path: list[str], value: LimitValue) -> Any:
    name, *further = path
    return replace(
        settings, **{name: _changed(getattr(settings, name), further, value) if further else value}
    )


def _read(limit: NamedLimit, value: str | float) -> LimitValue:
    try:
        if isinstance(limit.value, Rate):
            return _rate(str(value))
        number = float(value)
        if isinstance(limit.value, int):
            if number != int(number):
                raise ValueError
            number = int(number)
        if not 0 < number < math.inf:
            raise ValueError
    except (ValueError, OverflowError):
        kind = (
            "two numbers above 0, such as 100/400 (so many a second, so many at once), or unlimited"
            if isinstance(limit.value, Rate)
            else f"a{' whole' if isinstance(limit.value, int) else ''} number above 0"
        )
        raise LimitError(f"{limit.name} cannot be {str(value)[:40]!r}: it is {kind}") from None
    return number


def _rate(text: str) -> Rate:
    if text == _UNLIMITED:
        return UNLIMITED
    per_second, _, burst = text.partition("/")
    rate = Rate(float(per_second), float(burst))
    if not (0 < rate.per_second < math.inf and 1 <= rate.burst < math.inf):
        raise ValueError
    return rate


def _unknown(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    by_last = [one for one in names if one.rpartition(".")[2] == name.rpartition(".")[2]]
    near = by_last or difflib.get_close_matches(name, names, n=1)
    meant = f"did you mean {' or '.join(near)}?" if near else "see --limits for those that there are"
    return f"there is no limit {name!r}: {meant}"
