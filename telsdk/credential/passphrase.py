"""Passwords for the light login: make strong ones, and refuse weak ones.

The hash on the chain is public. By KDF 1 anybody can try passwords against it, offline and for ever, and only the
strength of the password itself stands in the way; by KDF 2 they have to ask hubs, unless as many of these as its
threshold guess together.
"""

from __future__ import annotations

import math
import secrets
import unicodedata
from collections.abc import Iterable
from typing import Final

from zxcvbn import zxcvbn

from telsdk.credential.errors import WeakPassword

MIN_SCORE: Final = 3  # on zxcvbn's scale of 0 to 4: at least 10^8 guesses
MAX_LENGTH: Final = 256  # characters
DEFAULT_WORDS: Final = 6
_MEASURED: Final = 72  # zxcvbn looks at no more

_CONSONANTS: Final = "bcdfghjklmnprstvwxyz"
_VOWELS: Final = "aeiou"
_SYLLABLES_A_WORD: Final = 2
BITS_PER_WORD: Final = _SYLLABLES_A_WORD * math.log2(len(_CONSONANTS) * len(_VOWELS))  # 13.3


def generate(words: int = DEFAULT_WORDS) -> str:
    """Make a random passphrase such as ``kuva-memi-rodo-…``. Six words hold 79.7 bits (`BITS_PER_WORD` each).

    Raises:
        WeakPassword: fewer than six words.
    """
    if words < DEFAULT_WORDS:
        raise WeakPassword(f"a passphrase of {words} words can be guessed: take {DEFAULT_WORDS} or more")
    return "-".join(_word() for _ in range(words))


def normalise(password: str) -> bytes:
    """Return the bytes of `password`, the same from every keyboard (RFC 8265, OpaqueString): NFC, plain spaces.

    Raises:
        WeakPassword: empty, longer than `MAX_LENGTH`, or with control characters.
    """
    if not 0 < len(password) <= MAX_LENGTH:
        raise WeakPassword(f"a password has 1 to {MAX_LENGTH} characters, not {len(password)}")
    spaced = "".join(" " if unicodedata.category(c) == "Zs" else c for c in password)
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in spaced):
        raise WeakPassword("a password has no control characters")
    return unicodedata.normalize("NFC", spaced).encode()


def check_strength(password: str, known: Iterable[str] = ()) -> None:
    """Refuse a password that is soon guessed.

    Args:
        known: words that a guesser knows of this person, such as the number and the name.

    Raises:
        WeakPassword: zxcvbn gives it less than `MIN_SCORE`; the message says why, never the password.
    """
    normalise(password)
    guessed = [part for word in known for part in {word, word.partition(".")[0]}]
    result = zxcvbn(password[:_MEASURED], user_inputs=guessed)
    if result["score"] < MIN_SCORE:
        why = result["feedback"]["warning"] or "it is too short or too regular"
        tries = f"10^{float(result['guesses_log10']):.0f}"
        raise WeakPassword(
            f"this password is guessed in about {tries} tries ({why.rstrip('.')}): generate one"
        )


def _word() -> str:
    return "".join(secrets.choice(_CONSONANTS) + secrets.choice(_VOWELS) for _ in range(_SYLLABLES_A_WORD))
