"""Every place in the package that logs, read from its source: who logs, what, and with how many values."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "telsdk"
_LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


@dataclass(frozen=True)
class LogLine:
    """One call of a logger."""

    place: str
    text: str  # with its %s
    traceback: bool

    def values(self, hostile: object) -> tuple[object, ...]:
        """What it is called with when everything that may be text is hostile."""
        kinds = re.findall(r"%[-+ #0-9.*]*([a-zA-Z%])", self.text)
        return tuple(hostile if kind in "sra" else 7 for kind in kinds if kind != "%")


def log_lines() -> list[LogLine]:
    return [
        LogLine(f"{file.relative_to(PACKAGE)}:{node.lineno}", _text(node.args[0]), _has_traceback(node))
        for file in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _LEVELS
        and ast.unparse(node.func.value) in ("log", "_log", "logging")
    ]


def _text(node: ast.expr) -> str:
    """The format, which has to stand there: a text that is put together is none that a formatter can tell apart."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.IfExp):
        return _text(node.body)
    raise AssertionError(f"line {node.lineno}: a log line needs its format as it is, and values beside it")


def _has_traceback(node: ast.Call) -> bool:
    return node.func.attr == "exception" or any(key.arg == "exc_info" for key in node.keywords)  # type: ignore[attr-defined]
