"""Text of strangers, made fit for a terminal or a log: one line, nothing in it that controls, and not too long.

Display names, reasons, messages and errors of servers may hold escape sequences, which steer a terminal; line breaks,
which forge a record of a log; and marks that turn the direction of writing, which make a reader see what is not there
(CVE-2021-42574). What people write their names in stays: letters and signs of every script, and emoji.
"""

from __future__ import annotations

import copy
import logging
import sys
import threading
import traceback
import unicodedata
import warnings
from types import TracebackType
from typing import Final

MAX_TEXT: Final = 2_000
"""Characters of a text that are shown."""

MAX_LINES: Final = 80
"""Lines of a traceback that are shown: its first and its last."""

_JOINER: Final = "\u200d"  # between emoji it makes one of several
_SPACES: Final = "Zs"


def plain(value: object, limit: int = MAX_TEXT) -> str:
    """Return `value` as one line of text that only says something, cut to about `limit` characters.

    What does not print is written as Python escapes it, such as ``\\x1b``; a space of any kind becomes the plain one.
    Where the text was cut, it says how many characters were left out.
    """
    text = str(value)
    if len(text) <= limit and text.isprintable():
        return text
    shown: list[str] = []
    length = 0
    for at, char in enumerate(text):
        piece = _shown(text, at, char)
        length += len(piece)
        if length > limit:
            return f"{''.join(shown)}… ({len(text) - at} more characters)"
        shown.append(piece)
    return "".join(shown)


def plain_lines(text: str, limit: int = MAX_TEXT, most: int = MAX_LINES) -> list[str]:
    """Return the lines of `text`, each `plain`; of more than `most` the first and the last."""
    lines = text.rstrip("\n").split("\n")
    if len(lines) > most:
        half = most // 2
        left_out = len(lines) - 2 * half
        lines = [*lines[:half], f"… ({left_out} more lines)", *lines[-half:]]
    return [plain(line, limit) for line in lines]


def _shown(text: str, at: int, char: str) -> str:
    if char.isprintable():
        return char
    if unicodedata.category(char) == _SPACES:
        return " "
    if char == _JOINER and 0 < at < len(text) - 1 and _is_emoji(text[at - 1]) and _is_emoji(text[at + 1]):
        return char
    return char.encode("unicode_escape").decode()


def _is_emoji(char: str) -> bool:
    """Return whether `char` is a symbol, or chooses how the one before it looks."""
    return char == "\ufe0f" or unicodedata.category(char) in ("So", "Sk")


class PlainFormatter(logging.Formatter):
    """Formats records so that what strangers wrote is `plain`: the message, and the traceback below it.

    A record begins in the first column and goes on in others, so that no text in it looks like another record.
    """

    def format(self, record: logging.LogRecord) -> str:
        record = copy.copy(record)  # other handlers get it as it is
        record.message = plain(record.getMessage())
        if self.usesTime():
            record.asctime = self.formatTime(record, self.datefmt)
        lines = [self.formatMessage(record)]
        if record.exc_info:
            lines += _indented(self.formatException(record.exc_info))
        elif record.exc_text:
            lines += _indented(record.exc_text)
        if record.stack_info:
            lines += _indented(record.stack_info)
        return "\n".join(lines)


def _indented(text: str) -> list[str]:
    return [f"    {line}" for line in plain_lines(text)]


def guard_stderr() -> None:
    """Let whatever Python itself writes to stderr be plain: tracebacks, warnings, and records that nobody handles.

    For programs with a terminal; it changes how this whole process reports.
    """
    sys.excepthook = _tell_exception
    threading.excepthook = _tell_thread
    sys.unraisablehook = _tell_unraisable
    warnings.formatwarning = _format_warning
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(PlainFormatter("%(message)s"))


def _tell(text: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write("\n".join([*plain_lines(text), ""]))


def _tell_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    _tell("".join(traceback.format_exception(kind, error, trace)))


def _tell_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_type is SystemExit or args.exc_value is None:
        return
    name = "a thread" if args.thread is None else args.thread.name
    _tell(f"Exception in {name}:\n" + "".join(traceback.format_exception(args.exc_value)))


def _tell_unraisable(args: sys.UnraisableHookArgs) -> None:
    if args.exc_value is not None:
        _tell(
            f"Exception ignored in {args.object!r}:\n" + "".join(traceback.format_exception(args.exc_value))
        )


def _format_warning(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None
) -> str:
    del line
    return f"{filename}:{lineno}: {category.__name__}: {plain(message)}\n"
