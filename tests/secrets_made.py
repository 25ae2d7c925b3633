"""Notes every secret that is made while the tests run, where it is made: what `tests.logscan` looks for."""

from __future__ import annotations

import base64
import functools
import re
from collections.abc import Callable, Iterable
from typing import Any

_RUN = re.compile(r"(?:0x)?([0-9A-Za-z]{16,})")
"""What a machine made stands in a text as one such run; its longest is what it is known by."""

_SHORTEST = 12  # characters of what a person thought of: a shorter word may stand in a text by itself

PATTERNS = {
    "token": re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{16,}"),
    "private key in PEM": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "key of a backup": re.compile(r"AGE-SECRET-KEY-1[0-9A-Z]{20,}"),
}
"""Secrets that show by their form, whoever made them."""

SHOWN_ONCE = frozenset({"phone password", "light password"})
"""What a command shows to the person who asked for it. In no log."""


class Made:
    """The secrets of this run."""

    def __init__(self) -> None:
        self._runs: dict[str, str] = {}  # longest run -> kind
        self._phrases: dict[str, str] = {}

    def machine(self, kind: str, text: str) -> None:
        """Notes what a machine made: hexadecimal, base64 or decimal."""
        longest = max(_RUN.findall(text), key=len, default="")
        if longest:
            self._runs[longest] = kind

    def octets(self, kind: str, data: bytes) -> None:
        """Notes secret octets in every form that they may be written in."""
        forms = (data.hex(), base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode())
        for text in (*forms, str(int.from_bytes(data, "big"))):
            self.machine(kind, text)
        if data.isascii() and data.decode().isprintable():
            self.phrase(kind, data.decode())

    def phrase(self, kind: str, text: str) -> None:
        """Notes what a person may have thought of."""
        if len(text) >= _SHORTEST:
            self._phrases[text] = kind

    def found_in(self, text: str) -> set[str]:
        """The kinds of the secrets that stand in `text`."""
        found = {kind for kind, pattern in PATTERNS.items() if pattern.search(text)}
        found |= {self._runs[run] for run in _RUN.findall(text) if run in self._runs}
        found |= {kind for phrase, kind in self._phrases.items() if phrase in text}
        return found


MADE = Made()


def watch() -> None:
    """Notes from now on what is made in this process. Watching twice is watching once."""
    from cryptography.hazmat.primitives.asymmetric import ec

    from telsdk.credential import deep, delegation, keystore, light, loginfile, passphrase, phone

    _after(ec, "generate_private_key", lambda key, *_, **__: _session_key(key))
    _after(deep.KeystoreSigner, "__init__", _account)
    _after(deep, "backup_secret", lambda made, *_, **__: MADE.octets("secret of a backup", made))
    _after(delegation.Delegation, "encode", lambda made, *_, **__: MADE.machine("delegation", made))
    _after(light, "derive", _light_key)
    _after(passphrase, "generate", lambda made, *_, **__: MADE.phrase("light password", made))
    _after(phone.PhonePasswords, "__init__", _operator)
    _after(phone, "_password", lambda made, *_, **__: MADE.machine("phone password", made))
    _after(loginfile, "save", _login_file)
    _after(keystore, "load", lambda _, _path, phrase: MADE.phrase("passphrase of a keystore", phrase))


def _session_key(key: Any) -> None:
    MADE.octets("P-256 key", key.private_numbers().private_value.to_bytes(66, "big").lstrip(b"\0"))


def _account(_: None, _signer: object, account: Any) -> None:
    MADE.octets("key of an account", bytes(account.key))


def _light_key(key: Any, password: str, *_: object, **__: object) -> None:
    MADE.phrase("light password", password)
    MADE.octets("light key", key._key.secret)


def _login_file(_: None, _login: object, _path: object, phrase: str, *__: object, **___: object) -> None:
    MADE.phrase("passphrase of a login", phrase)


def _operator(_: None, _passwords: object, secrets: Iterable[bytes], *__: object) -> None:
    for secret in secrets:
        MADE.octets("operator's secret", secret)


def _after(owner: Any, name: str, note: Callable[..., None]) -> None:
    """Lets `note` be told the result and the arguments of each call of `owner`'s `name`."""
    plain = getattr(owner, name)
    if hasattr(plain, "watched"):
        return

    @functools.wraps(plain)
    def watched(*args: Any, **kwargs: Any) -> Any:
        result = plain(*args, **kwargs)
        note(result, *args, **kwargs)
        return result

    watched.watched = True  # type: ignore[attr-defined]
    setattr(owner, name, watched)
