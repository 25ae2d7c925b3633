"""A custom name such as ``bob.eth``: an alias of one number."""

from __future__ import annotations

import re
from typing import Self

from telsdk.errors import TelError

MIN_LABEL = 3
MAX_LABEL = 32
SUFFIX = ".eth"

_LABEL = re.compile(rf"[a-z0-9-]{{{MIN_LABEL},{MAX_LABEL}}}", re.ASCII)


class NameFormatError(TelError, ValueError):
    """The text is not a name."""


class Name(str):
    """A name in its one canonical form, ``label.eth``.

    Upper case is folded, as ENSIP-15 does for ASCII; nothing else is mended. Other than ASCII is refused, because the
    contracts take only the ASCII part of ENSIP-15.

    Raises:
        NameFormatError: the text lacks ``.eth``, or its label is too short, too long or has another character.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if not isinstance(text, str):
            raise NameFormatError(f"{text!r} is not a name: write it as text, label.eth")
        folded = text.lower() if text.isascii() else text
        label, dot, _ = folded.rpartition(SUFFIX)
        if not dot or label + SUFFIX != folded or not _LABEL.fullmatch(label):
            raise NameFormatError(
                f"{text!r} is not a name: write label.eth, the label {MIN_LABEL} to {MAX_LABEL} of a-z, 0-9 and -"
            )
        # ENSIP-15 keeps "??--" for encodings such as punycode.
        if label[2:4] == "--":
            raise NameFormatError(f"{text!r} is not a name: no -- at the third place (ENSIP-15)")
        return super().__new__(cls, folded)

    @property
    def label(self) -> str:
        """The part before ``.eth``."""
        return self[: -len(SUFFIX)]
