"""A custom name such as ``bob.eth``: an alias of one number."""

from __future__ import annotations

import re
from typing import Self

from telsdk.errors import NotFound, TelError

MIN_LABEL = 3
MAX_LABEL = 32
ENS_SUFFIX = ".eth"
"""What names end in on a network where ENS vouches for them."""
OWN_SUFFIX = ".tel"
"""What names end in on a network without ENS, so that none looks like one of ENS's."""
_SUFFIX_LENGTH = len(ENS_SUFFIX)

_LABEL = re.compile(rf"[a-z0-9-]{{{MIN_LABEL},{MAX_LABEL}}}", re.ASCII)
_LETTER = re.compile("[a-z]", re.ASCII)


class NameFormatError(TelError, ValueError):
    """The text is not a name."""


class NameKindError(NotFound, ValueError):
    """On this network no name ends so: there is no ENS, or ENS has to vouch for every name."""


class Name(str):
    """A name in its one canonical form: ``label.eth``, or ``label.tel`` on a network without ENS.

    Upper case is folded, as ENSIP-15 does for ASCII; nothing else is mended. Other than ASCII is refused, because the
    contracts take only the ASCII part of ENSIP-15. Which of the two endings a network has is not asked here:
    see `require_suffix`.

    Raises:
        NameFormatError: the text has another ending, or its label is too short, too long, has another character, or
            no letter, so that it would look like a number.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if not isinstance(text, str):
            raise NameFormatError(f"{text!r} is not a name: write it as text, label.eth")
        folded = text.lower() if text.isascii() else text
        label, suffix = folded[:-_SUFFIX_LENGTH], folded[-_SUFFIX_LENGTH:]
        if suffix not in (ENS_SUFFIX, OWN_SUFFIX) or not _LABEL.fullmatch(label):
            raise NameFormatError(
                f"{text!r} is not a name: write label.eth (label.tel where there is no ENS), the label {MIN_LABEL} "
                f"to {MAX_LABEL} of a-z, 0-9 and -"
            )
        # ENSIP-15 keeps "??--" for encodings such as punycode.
        if label[2:4] == "--":
            raise NameFormatError(f"{text!r} is not a name: no -- at the third place (ENSIP-15)")
        if not _LETTER.search(label):
            raise NameFormatError(f"{text!r} is not a name: it looks like a number, so put a letter into it")
        return super().__new__(cls, folded)

    @property
    def label(self) -> str:
        """The part before ``.eth`` or ``.tel``."""
        return self[:-_SUFFIX_LENGTH]

    @property
    def suffix(self) -> str:
        """``.eth`` or ``.tel``."""
        return self[-_SUFFIX_LENGTH:]

    def require_suffix(self, suffix: str) -> None:
        """Check that this name ends in `suffix`, as all names on a network do.

        Raises:
            NameKindError: it has the other ending.
        """
        if self.suffix == suffix:
            return
        why = "ENS has to vouch for the names" if suffix == ENS_SUFFIX else "there is no ENS"
        raise NameKindError(
            f"{self} is nobody's on this network: {why} here, so they end in {suffix}; did you mean "
            f"{self.label}{suffix}, or another --network?"
        )
