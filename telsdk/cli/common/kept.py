"""Keep a login on this machine: in a file, under a passphrase that a person or the keyring knows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from telsdk.cli.common import places
from telsdk.cli.common.failure import Failure
from telsdk.cli.common.output import print_line, working
from telsdk.cli.common.secret import LOGIN_PASSPHRASE_FILE, PASSPHRASE_FILE, passphrase
from telsdk.number import Number

if TYPE_CHECKING:
    from telsdk.credential.delegation import Delegation
    from telsdk.credential.loginfile import Label
    from telsdk.credential.session import Login

PASSPHRASE, KEYRING = "passphrase", "keyring"
_ASKING = "asking the system's keyring; it may want to be unlocked"


class Kept(NamedTuple):
    """A login on this machine."""

    number: Number
    chain_id: int
    path: Path


def ready(keyring: bool) -> None:
    """Check the keyring, if it is wanted, before anybody types a password or confirms in a wallet for nothing.

    Raises:
        KeyringError: there is no keyring that keeps what it is given.
    """
    if keyring:
        from telsdk.credential import systemkeyring

        with working(_ASKING):
            systemkeyring.probe()


def keep(session: Login, path: Path, keyring: bool) -> None:
    """Write `session` to `path`, and remove from the keyring what belonged to an earlier login there.

    Raises:
        KeyringError: the keyring does not take the passphrase. Nothing was written.
    """
    from telsdk.credential import loginfile, systemkeyring

    entry: str | None = None
    if keyring:
        entry = systemkeyring.new_entry(f"{session.number} on chain {session.domain.chain_id}")
        with working(_ASKING):
            secret = systemkeyring.deposit(entry)
    else:
        secret = passphrase("New passphrase for this login", LOGIN_PASSPHRASE_FILE, PASSPHRASE_FILE, new=True)
    before = _entry_of(path)
    try:
        with working("encrypting the login"):
            loginfile.save(session, path, secret, entry)
    except BaseException:
        if entry is not None:
            _remove_entry(entry)  # its login was not written; the one before stays
        raise
    if before is not None:
        _remove_entry(before)


def sign(asked: Path, path: Path, delegation: Delegation) -> None:
    """Move the login at `asked`, which waited for `delegation` to be signed, to `path`. Nobody types a passphrase.

    Raises:
        LoginFileError: it is of another session.
    """
    from telsdk.credential import loginfile

    before = _entry_of(path)
    loginfile.sign(asked, path, delegation)
    asked.unlink()
    if before is not None and before != _entry_of(path):
        _remove_entry(before)


def open_login(path: Path) -> Login:
    """Open the login in the file at `path`, with the keyring or a passphrase, as it was kept.

    Raises:
        LoginFileError, KeyringError: it cannot be opened.
    """
    from telsdk.credential import loginfile, systemkeyring

    entry = loginfile.label(path).keyring
    if entry is None:
        secret = passphrase(f"Passphrase of the login {path.name}", LOGIN_PASSPHRASE_FILE, PASSPHRASE_FILE)
    else:
        with working(_ASKING):
            secret = systemkeyring.fetch(entry)
    with working("unlocking the login"):
        return loginfile.load(path, secret)


def tickets(path: Path, number: Number) -> Mapping[int, bytes]:
    """Return what hubs gave this device for the password of `number`, where a login to it is kept at `path`."""
    label = _label(path)
    return {} if label is None or label.number != number else label.tickets


def unlocked_by(path: Path) -> str | None:
    """Return what opens the login at `path`; None when its file is damaged."""
    label = _label(path)
    return None if label is None else PASSPHRASE if label.keyring is None else KEYRING


def find(address: str, chain_id: int | None, file: Path | None) -> Kept:
    """Return the only login on this machine to the number or name `address`. The files say whose they are.

    Args:
        file: look only into this one.

    Raises:
        LoginFileError: `file` is no login.
        Failure: there is no such login, or one on each of several chains.
    """
    candidates = [_read(file)] if file is not None else [Kept(*own, own.login) for own in places.logins()]
    fitting = [
        one
        for one in candidates
        if address in (str(one.number), _name_of(one.path)) and chain_id in (None, one.chain_id)
    ]
    if len(fitting) > 1:
        chains = ", ".join(str(one.chain_id) for one in fitting)
        raise Failure(f"there are logins to {address} on several chains: say which by --chain-id ({chains})")
    if not fitting:
        place = "on this machine: see `telsdk login list`" if file is None else f"in {file}"
        raise Failure(f"there is no login to {address} {place}")
    return fitting[0]


def forget(path: Path) -> None:
    """Remove the login at `path`, and what the keyring holds for it."""
    entry = _entry_of(path)
    if entry is not None:
        _remove_entry(entry)
    path.unlink()


def _remove_entry(entry: str) -> None:
    """Remove an entry of the keyring. If that fails, only note it: without its file the entry opens nothing."""
    from telsdk.credential import systemkeyring

    try:
        with working(_ASKING):
            systemkeyring.remove(entry)
    except systemkeyring.KeyringError as error:
        text = f"note: the entry {entry!r} of {systemkeyring.SERVICE} stays in the keyring: {error}"
        print_line(text, err=True)


def _entry_of(path: Path) -> str | None:
    label = _label(path)
    return None if label is None else label.keyring


def _name_of(path: Path) -> str | None:
    label = _label(path)
    return None if label is None else label.name


def _label(path: Path) -> Label | None:
    """Return what the file says in clear; None when it is damaged or missing."""
    from telsdk.credential import loginfile
    from telsdk.credential.errors import LoginFileError

    try:
        return loginfile.label(path)
    except (LoginFileError, FileNotFoundError):
        return None


def _read(path: Path) -> Kept:
    from telsdk.credential import loginfile

    label = loginfile.label(path)
    return Kept(label.number, label.domain.chain_id, path)
