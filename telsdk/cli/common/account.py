"""The account that signs: from a keystore file, whose passphrase is typed or in a file, never an argument."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from telsdk.cli.common.output import working
from telsdk.cli.common.secret import passphrase

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

_APE = "ape:"


def open_account(named: str) -> LocalAccount:
    """The account in the keystore that --account names.

    Raises:
        KeystoreError: the file cannot be used, or the passphrase is another.
    """
    from telsdk.credential import keystore

    path = keystore_path(named)
    keystore.address(path)  # a missing file is said before its passphrase is asked for
    secret = passphrase(f"Passphrase of {path}")
    with working("unlocking the keystore"):
        return keystore.load(path, secret)


def account_address(named: str) -> str:
    """The address of the account that --account names; needs no passphrase.

    Raises:
        KeystoreError: its file does not say it.
    """
    from telsdk.credential import keystore

    return keystore.address(keystore_path(named))


def keystore_path(named: str) -> Path:
    """The file that --account names: itself, or that of an ape account.

    Raises:
        KeystoreError: it cannot be the alias of an ape account.
    """
    from telsdk.credential import keystore

    if named.startswith(_APE):
        return keystore.ape_path(named.removeprefix(_APE))
    return Path(named).expanduser()
