"""Open the account that signs: a keystore file, whose passphrase is typed or in a file, never an argument."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from telsdk.cli.common.output import working
from telsdk.cli.common.secret import passphrase

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

_APE = "ape:"


def open_account(named: str) -> LocalAccount:
    """Open the account in the keystore that --account names.

    Raises:
        KeystoreError: the file cannot be used, or the passphrase is wrong.
    """
    from telsdk.credential import keystore

    path = keystore_path(named)
    keystore.address(path)  # so that a missing file is told before anybody types its passphrase
    secret = passphrase(f"Passphrase of {path}")
    with working("unlocking the keystore"):
        return keystore.load(path, secret)


def account_address(named: str) -> str:
    """Return the address of the account that --account names. No passphrase is needed.

    Raises:
        KeystoreError: its file does not say.
    """
    from telsdk.credential import keystore

    return keystore.address(keystore_path(named))


def keystore_path(named: str) -> Path:
    """Return the file that --account names, directly or as an ape account.

    Raises:
        KeystoreError: it cannot be the alias of an ape account.
    """
    from telsdk.credential import keystore

    if named.startswith(_APE):
        return keystore.ape_path(named.removeprefix(_APE))
    return Path(named).expanduser()
