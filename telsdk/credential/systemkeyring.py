"""A login file's passphrase in the system's keyring: a random one, so that nobody has to think one up or type it.

The keyring is the desktop's (Secret Service, KWallet), macOS's or Windows's, as the library `keyring` finds it. It
holds the passphrase of a file of `telsdk.credential.loginfile`, never the session key itself. The file alone and the
keyring alone open nothing.
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
EXTRA: Final = "keyring"  # the extra of our distribution that brings the library
_SECRET: Final = 32  # octets
_MARK: Final = 8  # octets


class KeyringError(CredentialError):
    """The system's keyring does not give or keep a passphrase."""


class KeyringMissing(KeyringError):
    """There is no keyring, or the library that speaks to it is not installed."""


class KeyringLocked(KeyringError):
    """The keyring is locked, and nobody unlocked it."""


class KeyringEmptied(KeyringError, LookupError):
    """The keyring no longer has what was put into it, or never kept it."""


def new_entry(label: str) -> str:
    """Make a name for an entry: `label` for people who look into their keyring, and a random mark of its own."""
    return f"{label} {secrets.token_hex(_MARK)}"


def deposit(entry: str) -> str:
    """Make a passphrase, put it into the keyring under the name `entry`, and return it.

    Raises:
        KeyringMissing, KeyringLocked, KeyringError: the keyring does not take it.
        KeyringEmptied: the keyring took it, and does not have it.
    """
    passphrase = secrets.token_urlsafe(_SECRET)
    with _mapped() as keyring:
        keyring.set_password(SERVICE, entry, passphrase)
        kept = keyring.get_password(SERVICE, entry)
    # Some back ends forget by design. A login encrypted under a passphrase that is lost is lost too.
    if kept is None or not hmac.compare_digest(kept.encode(), passphrase.encode()):
        raise KeyringEmptied(
            "the system's keyring keeps nothing: set another back end (`keyring --list-backends`), or log in "
            "without --keyring"
        )
    return passphrase


def probe() -> None:
    """Make sure that there is a keyring, that it is unlocked, and that it keeps what it is given.

    Raises:
        KeyringError: as for `deposit`.
    """
    entry = new_entry("probe")
    deposit(entry)
    remove(entry)


def fetch(entry: str) -> str:
    """Return the passphrase under the name `entry`.

    Raises:
        KeyringMissing, KeyringLocked, KeyringError: the keyring does not give it.
        KeyringEmptied: there is no such entry.
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
    """Remove `entry` from the keyring, if it is there.

    Raises:
        KeyringMissing, KeyringLocked, KeyringError: the keyring cannot be asked.
    """
    with _mapped() as keyring:
        if keyring.get_password(SERVICE, entry) is not None:
            keyring.delete_password(SERVICE, entry)


@contextmanager
def _mapped() -> Iterator[KeyringBackend]:
    """Yield the keyring, and turn what its library raises into errors of ours."""
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
