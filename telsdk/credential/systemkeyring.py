"""A login file's passphrase in the system's keyring: made by chance, so nobody has to think up or type one.

The keyring is the desktop's (Secret Service, KWallet), macOS's or Windows's, as the library `keyring` finds it. It
holds a passphrase for a file of `telsdk.credential.loginfile`, and never the session key itself: either alone opens
nothing.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from telsdk.credential.errors import CredentialError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE: Final = "telsdk"
EXTRA: Final = "keyring"  # of the distribution: brings the library
_SECRET: Final = 32  # octets
_MARK: Final = 8  # octets


class KeyringError(CredentialError):
    """The system's keyring does not give or keep a passphrase."""


class KeyringMissing(KeyringError):
    """There is no keyring, or the library that speaks to it is not installed."""


class KeyringLocked(KeyringError):
    """The keyring is locked, and nobody unlocked it."""


class KeyringEmptied(KeyringError, LookupError):
    """The keyring no longer has what was put there, or never kept it."""


def new_entry(label: str) -> str:
    """A name for an entry: `label` for people who look into their keyring, and a mark that no other has."""
    return f"{label} {secrets.token_hex(_MARK)}"


def deposit(entry: str) -> str:
    """A new passphrase, which the keyring keeps under the name `entry`.

    Raises:
        KeyringMissing, KeyringLocked, KeyringError: it does not take it.
        KeyringEmptied: it took it, and does not have it.
    """
    passphrase = secrets.token_urlsafe(_SECRET)
    with _mapped() as keyring:
        keyring.set_password(SERVICE, entry, passphrase)
        kept = keyring.get_password(SERVICE, entry)
    # Some back ends forget by design, and a login encrypted under what is lost is lost.
    if kept is None or not hmac.compare_digest(kept.encode(), passphrase.encode()):
        raise KeyringEmptied(
            "the system's keyring keeps nothing: set another back end (`keyring --list-backends`), or log in "
            "without --keyring"
        )
    return passphrase


def probe() -> None:
    """Makes sure that there is a keyring, that it is unlocked, and that it keeps what it is given.

    Raises:
        KeyringError: as `deposit`.
    """
    entry = new_entry("probe")
    deposit(entry)
    remove(entry)


def fetch(entry: str) -> str:
    """The passphrase under the name `entry`.

    Raises:
        KeyringMissing, KeyringLocked, KeyringError: the keyring does not give it.
        KeyringEmptied: it is not there.
    """
    with _mapped() as keyring:
        passphrase: str | None = keyring.get_password(SERVICE, entry)
    if passphrase is None:
        raise KeyringEmptied(
            f"the system's keyring has no entry {entry!r} of {SERVICE}: it was emptied, or is another user's; "
            "log in again"
        )
    return passphrase


def remove(entry: str) -> None:
    """Takes `entry` out of the keyring, if it is there.

    Raises:
        KeyringMissing, KeyringLocked, KeyringError: the keyring cannot be asked.
    """
    with _mapped() as keyring:
        if keyring.get_password(SERVICE, entry) is not None:
            keyring.delete_password(SERVICE, entry)


@contextmanager
def _mapped() -> Iterator[KeyringBackend]:
    """The keyring. What its library raises within leaves as ours."""
    try:
        import keyring
        from keyring import errors
    except ModuleNotFoundError as error:
        raise KeyringMissing(
            f"{error.name} is missing: pip install 'telprotocol[{EXTRA}]', or log in without --keyring"
        ) from error
    try:
        yield keyring.get_keyring()
    except errors.NoKeyringError as error:
        raise KeyringMissing(
            "this system has no keyring that is running (on a server there is seldom one): start it, or log "
            "in without --keyring"
        ) from error
    except (errors.KeyringLocked, errors.InitError) as error:
        raise KeyringLocked(
            f"the system's keyring is locked ({error}): unlock it and try again, or log in without --keyring"
        ) from error
    except errors.KeyringError as error:
        raise KeyringError(f"the system's keyring refuses: {error}") from error
